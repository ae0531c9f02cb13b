"""A registrar's files: entries for ten thousand graduates, and their revocations, as CSV in and out."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ler_trust.cli.main import run

GRADUATES = 10_000


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LER_TRUST_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("LER_TRUST_PUBLIC_BASE_URL", "https://trust.example.org")


@pytest.fixture
def list_id(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["keys", "create-signing"]) == 0
    key = capsys.readouterr().out.splitlines()[0]
    assert run(["lists", "create", "--purpose", "revocation", "--key", key]) == 0
    return capsys.readouterr().out.splitlines()[0]


def written(path: Path, columns: str, *rows: str) -> str:
    path.write_text("\n".join((columns, *rows)) + "\n", encoding="utf-8")
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert run(arguments) == status
    return capsys.readouterr().err


def test_ten_thousand_entries_and_revocations_from_files(
    list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"graduate-{number}" for number in range(GRADUATES)]
    source = written(tmp_path / "graduates.csv", "name,reference", *(f"x,{name}" for name in names))
    tables = []
    for output in ("first.csv", "again.csv"):
        arguments = (source, "--purpose", "revocation", "--output", str(tmp_path / output))
        assert said(capsys, "lists", "allocate-file", *arguments) == "10,000 entries for revocation.\n"
        tables.append((tmp_path / output).read_text(encoding="utf-8"))
    assert tables[0] == tables[1]
    rows = list(csv.DictReader(tables[0].splitlines()))
    assert [row["reference"] for row in rows] == names
    places = {(row["statusListCredential"], row["statusListIndex"]) for row in rows}
    assert len(places) == GRADUATES
    assert json.loads(rows[0]["credentialStatus"])["statusListIndex"] == rows[0]["statusListIndex"]
    changes = written(tmp_path / "changes.csv", "reference", *names)
    words = said(capsys, "lists", "change-file", changes, "--status", "revoked", "--dry-run")
    assert words == "10,000 changes are possible; 0 of them set what is set already.\n"
    for _ in range(2):
        said(capsys, "lists", "change-file", changes, "--status", "revoked")
    trails = []
    for known in {row["statusListCredential"].rpartition("/")[2] for row in rows}:
        assert run(["lists", "history", known, "--format", "ndjson"]) == 0
        trails += [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(trails) == GRADUATES


def test_rows_may_name_entries_and_say_their_own_status(
    list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lists", "allocate", list_id]) == 0
    entry = json.loads(capsys.readouterr().out)
    row = f"{entry['statusListCredential']},{entry['statusListIndex']},revoked,lapsed,not renewed"
    columns = "statusListCredential,statusListIndex,status,reason_code,reason"
    said(capsys, "lists", "change-file", written(tmp_path / "changes.csv", columns, row))
    output = tmp_path / "trail.csv"
    said(capsys, "lists", "history", list_id, "--output", str(output))
    [change] = csv.DictReader(output.read_text(encoding="utf-8").splitlines())
    assert (change["reason_code"], change["reason"]) == ("lapsed", "not renewed")


@pytest.mark.parametrize(
    ("columns", "row", "sentence"),
    [
        ("reference", "a", "line 2: status is not"),
        ("reference,status", "a,gone", "line 2: status is not"),
        ("reference,status", ",revoked", "line 2: give a reference"),
        ("reference,status,reason_code", "a,revoked,whim", "there is no reason_code whim"),
        ("statusListCredential,statusListIndex,status", "https://x,one,revoked", "line 2: give a reference"),
    ],
)
def test_row_that_cannot_be_meant_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], columns: str, row: str, sentence: str
) -> None:
    changes = written(tmp_path / "changes.csv", columns, row)
    assert sentence in said(capsys, "lists", "change-file", changes, status=64)


def test_one_unknown_reference_changes_nothing(
    list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "graduates.csv", "reference", "a")
    said(capsys, "lists", "allocate-file", source, "--purpose", "revocation", "--output", str(tmp_path / "o"))
    changes = written(tmp_path / "changes.csv", "reference", "a", "b")
    words = said(capsys, "lists", "change-file", changes, "--status", "revoked", status=1)
    assert "line 3: no entry" in words
    assert run(["lists", "history", list_id]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"name\nx\n", "no column reference"), (b"reference\na\na\n", "twice"), (b"reference\n\xff\n", "UTF-8")],
)
def test_file_without_references_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, sentence: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    words = said(capsys, "lists", "allocate-file", str(path), "--purpose", "revocation", status=64)
    assert sentence in words


def test_changes_of_a_later_time_are_scheduled(
    list_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "graduates.csv", "reference", "a")
    said(capsys, "lists", "allocate-file", source, "--purpose", "revocation", "--output", str(tmp_path / "o"))
    options = ("lists", "change-file", source, "--status", "revoked", "--at")
    said(capsys, *options, "2001-01-01T00:00:00Z", status=1)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert said(capsys, *options, tomorrow) == f"1 changes take effect at {tomorrow}.\n"
