"""The files for containers name what is there, and leave out what must not be in an image."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from ler_trust.config import PREFIX, Settings, load_settings
from ler_trust.config_variables import wrong_variables

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = (ROOT / "docker/Dockerfile").read_text("utf-8")
COMPOSE: Final = (ROOT / "docker/compose.yaml").read_text("utf-8")
IGNORED: Final = (ROOT / ".dockerignore").read_text("utf-8").split()
STAGES: Final = re.split(r"^(?=FROM )", DOCKERFILE.replace("\\\n", " "), flags=re.MULTILINE)[1:]
FINAL: Final = STAGES[-1]


def instructions(stage: str, name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", stage, re.MULTILINE)


def is_left_out(path: str) -> bool:
    """Tell whether ``.dockerignore`` keeps a path out of what is sent to be built."""
    parts = path.split("/")
    heads = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    for pattern in IGNORED:
        names = parts if pattern.startswith("**/") else heads
        if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            return True
    return False


def copied() -> list[str]:
    """Return what is copied from the repository."""
    given = [line.split()[:-1] for stage in STAGES for line in instructions(stage, "COPY")]
    return [name for names in given if not names[0].startswith("--from") for name in names]


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_is_there_and_is_sent(path: str) -> None:
    assert (ROOT / path).exists()
    assert not is_left_out(path)


def test_everything_that_is_installed_is_copied() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    [folders] = re.findall(r"^package-dir = {(.*)}$", project, re.MULTILINE)
    roots = {each.split("/")[0] for each in re.findall(r'"([^"]+)"', folders)}
    assert {*roots, "native", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"} <= set(copied())


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        "build/node/package.json",
        "native/target/release/libler_trust_native.so",
        "src/ler_trust/_native.cpython-311-x86_64-linux-gnu.so",
        "src/ler_trust/__pycache__/config.cpython-311.pyc",
        "ler_trust.egg-info/PKG-INFO",
        "src/ler-trust.sqlite3",
        "src/ler-trust.sqlite3-wal",
        "tests/conftest.py",
    ],
)
def test_what_was_made_on_this_machine_does_not_get_in(path: str) -> None:
    assert is_left_out(path)


@pytest.mark.parametrize("path", ["native/src/lib.rs", "native/.cargo/config.toml", "native/Cargo.lock"])
def test_what_the_engine_is_built_of_gets_in(path: str) -> None:
    assert (ROOT / path).exists()
    assert not is_left_out(path)


def test_nothing_is_built_or_installed_in_the_image_itself() -> None:
    [base] = instructions(FINAL, "FROM")
    assert f"{base} AS build" in instructions(STAGES[-2], "FROM")  # what is copied is of the same Python
    assert not re.search(r"apt-get|pip |cargo|rustup|gcc", FINAL)
    assert "import ler_trust._native" in STAGES[-2]


def test_the_service_is_nobody_in_particular_and_says_how_it_is() -> None:
    [user] = instructions(FINAL, "USER")
    assert user.isdigit()
    assert int(user) > 0
    assert f"useradd --uid {user} " in FINAL
    assert "/livez" in FINAL.partition("HEALTHCHECK")[2]
    assert FINAL.index("USER") > FINAL.index("COPY")


def test_settings_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inside = dict(re.findall(rf"({PREFIX}\w+)=(\S+)", FINAL))
    outside = dict(re.findall(rf"^      ({PREFIX}\w+): (.+)$", COMPOSE, re.MULTILINE))
    assert len(inside) == 3
    assert len(outside) == 3
    assert wrong_variables(Settings, PREFIX, {**inside, **outside}) == []
    given = {"POSTGRES_PASSWORD": "secret", "LER_TRUST_PUBLIC_BASE_URL": "https://trust.example.org"}
    values = inside | {
        name: re.sub(r"\${(\w+):[^}]+}", lambda found: given[found[1]], text)
        for name, text in outside.items()
    }
    values["LER_TRUST_DATA_FOLDER"] = str(tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.engine, settings.http.host) == ("native", "0.0.0.0")  # noqa: S104
    assert settings.base_url == "https://trust.example.org"
    assert settings.store_url == "postgresql://ler_trust:secret@postgres/ler_trust"


def test_the_port_is_the_one_the_service_listens_on() -> None:
    port = str(load_settings().http.port)
    assert instructions(FINAL, "EXPOSE") == [port]
    assert f'"127.0.0.1:{port}:{port}"' in COMPOSE
    assert f"127.0.0.1:{port}/livez" in FINAL


def test_requests_under_way_may_finish() -> None:
    [seconds] = re.findall(r"stop_grace_period: (\d+)s", COMPOSE)
    assert float(seconds) > load_settings().http.stop_seconds
