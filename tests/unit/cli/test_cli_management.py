"""The commands that change something: what they refuse, and what ``doctor`` finds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ler_trust.cli.main import run


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("LER_TRUST_DATA_FOLDER", str(folder))
    monkeypatch.setenv("LER_TRUST_PUBLIC_BASE_URL", "https://trust.example.org")
    return folder


def _lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    status = run(arguments)
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out.splitlines()


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = run(arguments)
    return status, capsys.readouterr().err.rsplit("[", 1)[-1].rstrip("]\n")


def _new_list(capsys: pytest.CaptureFixture[str], purpose: str) -> tuple[str, str]:
    key = _lines(capsys, "keys", "create-signing")[0]
    list_id = _lines(capsys, "lists", "create", "--purpose", purpose, "--key", key)[0]
    (entry,) = _lines(capsys, "lists", "allocate", list_id)
    return list_id, json.loads(entry)["statusListIndex"]


def test_a_revocation_is_in_the_published_list_and_final(capsys: pytest.CaptureFixture[str]) -> None:
    list_id, index = _new_list(capsys, "revocation")
    before = json.loads(_lines(capsys, "lists", "publish", list_id)[0])
    _lines(capsys, "lists", "revoke", list_id, index)
    after = json.loads(_lines(capsys, "lists", "publish", list_id)[0])
    assert before["credentialSubject"]["encodedList"] != after["credentialSubject"]["encodedList"]
    assert _refused(capsys, "lists", "reinstate", list_id, index) == (1, "request.conflict")


def test_a_suspension_can_be_lifted(capsys: pytest.CaptureFixture[str]) -> None:
    list_id, index = _new_list(capsys, "suspension")
    before = json.loads(_lines(capsys, "lists", "publish", list_id)[0])
    _lines(capsys, "lists", "suspend", list_id, index)
    _lines(capsys, "lists", "reinstate", list_id, index)
    after = json.loads(_lines(capsys, "lists", "publish", list_id)[0])
    assert before["credentialSubject"]["encodedList"] == after["credentialSubject"]["encodedList"]
    assert _refused(capsys, "lists", "revoke", list_id, index) == (1, "request.conflict")


def test_what_is_not_there_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    list_id, index = _new_list(capsys, "revocation")
    assert _refused(capsys, "lists", "revoke", "nothing", "1") == (1, "request.not_found")
    free = str(int(index) ^ 1)
    assert _refused(capsys, "lists", "revoke", list_id, free) == (1, "request.not_allocated")
    assert _refused(capsys, "lists", "show", list_id, "--tenant", "other") == (1, "request.not_found")
    assert _refused(capsys, "registry", "suspend", "nothing") == (1, "request.not_found")
    assert _refused(capsys, "keys", "revoke", "nothing") == (1, "request.not_found")
    assert _refused(capsys, "policies", "show", "nothing") == (64, "request.not_found")


def test_what_cannot_be_meant_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    key = _lines(capsys, "keys", "create-signing", "--name", "college")[0]
    assert _refused(capsys, "keys", "create-signing", "--name", "college") == (1, "request.conflict")
    assert _refused(capsys, "keys", "create-signing", "--kind", "RSA") == (64, "request.invalid")
    assert _refused(capsys, "keys", "create", "--role", "emperor") == (64, "request.invalid")
    assert _refused(capsys, "lists", "create", "--purpose", "fun", "--key", key) == (1, "request.invalid")
    assert _refused(capsys, "lists", "revoke", "x", "-1")[0] == 64
    policy = tmp_path / "policy.json"
    policy.write_text('{"colour": 1}')
    assert _refused(capsys, "policies", "put", "own", str(policy)) == (64, "request.invalid")
    assert _refused(capsys, "policies", "put", "own", str(tmp_path / "absent"))[0] == 64


def test_an_issuer_that_nobody_knows_is_undecided(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "evaluate", "did:web:nobody.example.org", "--type", "OpenBadgeCredential"]) == 2
    assert json.loads(capsys.readouterr().out)["matching"] == []


def test_doctor_is_content_with_a_service_that_was_started(capsys: pytest.CaptureFixture[str]) -> None:
    _lines(capsys, "keys", "create-signing")
    assert "wrong" not in "\n".join(_lines(capsys, "doctor"))


def test_doctor_changes_nothing(data: Path) -> None:
    assert run(["doctor"]) == 0
    assert not data.exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: (data / "master.key").chmod(0o644), "can be read by others"),
        (lambda data: (data / "master.key").unlink(), "is gone"),
        (lambda data: (data / "master.key").write_text("short"), "64 hexadecimal digits"),
        (lambda data: (data / "ler-trust.sqlite3").write_bytes(b"not a database" * 100), "database"),
    ],
    ids=["mode", "gone", "broken key", "broken database"],
)
def test_doctor_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], data: Path, damage: Callable[[Path], object], words: str
) -> None:
    _lines(capsys, "keys", "create-signing")
    damage(data)
    assert run(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "wrong" in shown
    assert words in " ".join(shown.split())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LER_TRUST_DID_METHODS", "key,nothing", "nothing"),
        ("LER_TRUST_HTTP__PORT", "many", "http.port"),
        ("LER_TRUST_OUTBOUND__DEVELOPMENT_HOSTS", "localhost:9000", "without TLS"),
    ],
)
def test_doctor_reads_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert run(["doctor"]) == 1
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["keys", "list"],
        ["keys", "list-signing"],
        ["lists", "show"],
        ["registry", "list"],
        ["policies", "list"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_what_only_looks_leaves_nothing_behind(data: Path, command: list[str]) -> None:
    assert run(command) == 0
    assert not data.exists()


def test_the_master_key_is_replaced_without_losing_a_signing_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LER_TRUST_MASTER_KEY", "0a" * 32)
    list_id, index = _new_list(capsys, "revocation")
    monkeypatch.setenv("LER_TRUST_MASTER_KEY_PREVIOUS", "0a" * 32)
    monkeypatch.setenv("LER_TRUST_MASTER_KEY", "0b" * 32)
    assert _lines(capsys, "keys", "reseal") == ["1 secrets are sealed with the present master key."]
    monkeypatch.delenv("LER_TRUST_MASTER_KEY_PREVIOUS")
    _lines(capsys, "lists", "revoke", list_id, index)
    _lines(capsys, "lists", "publish", list_id)
    other = _lines(capsys, "keys", "create-signing")[0]
    _lines(capsys, "lists", "rekey", list_id, "--key", other)
    assert json.loads(_lines(capsys, "lists", "publish", list_id)[0])["issuer"].startswith("did:key:")
    monkeypatch.setenv("LER_TRUST_MASTER_KEY", "0c" * 32)
    assert _refused(capsys, "keys", "reseal") == (64, "request.configuration")
