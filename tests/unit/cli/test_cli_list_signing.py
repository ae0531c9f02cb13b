"""Lists that their issuer signs, from the command line: given out as JSON, uploaded from a file."""

import csv
import json
from pathlib import Path

import pytest

from ler_trust.cli.main import run
from tests.kit.issuers_own import OwnIssuer

ISSUER = OwnIssuer()


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LER_TRUST_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("LER_TRUST_PUBLIC_BASE_URL", "https://trust.example.org")


@pytest.fixture
def list_id(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["keys", "add-signing", ISSUER.method]) == 0
    key, did = capsys.readouterr().out.splitlines()
    assert did == ISSUER.did
    assert run(["lists", "create", "--purpose", "revocation", "--key", key]) == 0
    return capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("form", ["credential", "vc-jwt", "token-cwt"])
def test_what_is_given_out_is_signed_and_uploaded(
    list_id: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, signed = tmp_path / "unsigned.json", tmp_path / "signed"
    assert run(["lists", "unsigned", list_id, "--form", form, "--output", str(given)]) == 0
    unsigned = json.loads(given.read_text())
    body = ISSUER.signed(unsigned)
    signed.write_bytes(body + (b"\n" if form == "vc-jwt" else b""))
    upload = ["lists", "upload", list_id, str(signed), "--version", unsigned["version"], "--form", form]
    assert run(upload) == 0
    assert capsys.readouterr().out.startswith("Served from now on, sequence 0, valid until ")
    if form == "credential":
        assert run(["lists", "publish", list_id]) == 0
        assert capsys.readouterr().out.strip() == body.decode()


def test_what_was_not_signed_is_not_uploaded(
    list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lists", "unsigned", list_id]) == 0
    text = capsys.readouterr().out
    path = tmp_path / "unsigned.json"
    path.write_text(text)
    version = json.loads(text)["version"]
    assert run(["lists", "upload", list_id, str(path), "--version", version]) == 64
    assert "[request.other_rendering]" in capsys.readouterr().err
    assert run(["lists", "upload", list_id, str(path), "--version", "1" + version]) == 1
    assert "[request.stale_version]" in capsys.readouterr().err
    assert run(["lists", "publish", list_id]) == 1
    assert "[request.not_signed]" in capsys.readouterr().err


def test_entries_in_another_form(list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lists", "allocate", list_id, "--form", "status-list-2021"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "StatusList2021Entry"
    assert run(["lists", "allocate", list_id, "--form", "nothing"]) == 1
    source, output = tmp_path / "names.csv", tmp_path / "entries.csv"
    source.write_text("reference\n2026/1\n")
    file = ["lists", "allocate-file", str(source), "--purpose", "revocation", "--output", str(output)]
    assert run([*file, "--form", "token-jwt"]) == 0
    [row] = csv.DictReader(output.read_text().splitlines())
    claim = json.loads(row["credentialStatus"])["status_list"]
    assert str(claim["idx"]) == row["statusListIndex"]
    assert claim["uri"] == row["statusListCredential"] + "?as=token-jwt"
