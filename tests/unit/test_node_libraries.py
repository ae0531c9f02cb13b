"""What the tests compare with is installed once, by the lock; its absence is said, and never passed over."""

import json
import os
from pathlib import Path

import pytest

from tests.kit import node_libraries
from tests.kit.node_libraries import SOURCE, installed
from tests.kit.servers import NODE_INSTRUCTION, node_programs


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is all of PATH beside the shell: a ``node`` and an ``npm`` that counts its runs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "node", "echo v20.11.0")
    program(folder, "npm", f'echo "$@" >> {tmp_path}/runs')
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_absence_is_said_with_what_to_do(programs: Path, tmp_path: Path, missing: str) -> None:
    (programs / missing).unlink()
    with pytest.raises(RuntimeError, match=r"Install them \(`apt-get install nodejs npm`"):
        installed(tmp_path / "libraries")


@pytest.mark.parametrize("version", ["v18.20.4", "", "something else"])
def test_node_too_old_is_none(programs: Path, version: str) -> None:
    program(programs, "node", f"echo {version}")
    assert node_programs() is None
    assert "Node.js 20" in NODE_INSTRUCTION


def test_second_run_needs_no_network(programs: Path, tmp_path: Path) -> None:
    for _ in range(2):
        folder = installed(tmp_path / "libraries")
    assert len((tmp_path / "runs").read_text().splitlines()) == 1
    assert (folder / "make.mjs").read_bytes() == (SOURCE / "make.mjs").read_bytes()
    (folder / "installed").write_text("another lock")
    installed(folder)
    assert len((tmp_path / "runs").read_text().splitlines()) == 2


def test_installation_that_failed_is_tried_again(programs: Path, tmp_path: Path) -> None:
    program(programs, "npm", "echo no network >&2; exit 1")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no network"):
            installed(tmp_path / "libraries")


def test_lock_has_every_library_by_its_digest() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert packages[""]["dependencies"] == wanted
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for path, package in packages.items():
        assert not path or package["integrity"].startswith("sha512-"), path
        assert "resolved" not in package  # so that whichever registry is configured can serve it


def test_libraries_are_kept_where_make_clean_finds_them() -> None:
    assert os.path.relpath(node_libraries.FOLDER, SOURCE.parents[2]) == os.path.join("build", "node")
