"""Every signed badge of the Digital Credentials Consortium's fixtures, judged offline as its row says."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from tests.kit.command_line import ler_trust

FOLDER: Final = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[3] / "shared" / "vectors"))
NAME: Final = "digitalcredentials+vc-test-fixtures"
SITE: Final = "https://digitalcredentials.github.io/vc-test-fixtures/"
# Some badges name their list where the same file was published before.
FORMER_SITE: Final = "https://raw.githubusercontent.com/digitalcredentials/verifier-core/refs/heads/main/src/test-fixtures/status/"
LISTS: Final = "statusLists/didkey-ed25519Signature2020/"

EXPECTED: Final[Mapping[str, tuple[str, set[str | None]]]] = {
    "valid": ("valid", {None}),
    "revoked": ("invalid", {"status.revoked"}),
    "expired": ("invalid", {"validity.expired"}),
    "revoked;expired": ("invalid", {"status.revoked", "validity.expired"}),
    "not-yet-valid": ("invalid", {"validity.not_yet_valid"}),
    "status:status-list-expired": ("indeterminate", {"status.list_expired"}),
    "status:status-list-not-yet-valid": ("indeterminate", {"status.list_not_yet_valid"}),
    "status:status-list-tampered": ("indeterminate", {"status.list_signature", "status.list_malformed"}),
    # Its DID document cannot be had, and what cannot be had decides nothing.
    "invalid:did-resolution": ("indeterminate", {"did.unreachable"}),
}

pytestmark = pytest.mark.skipif(
    not (FOLDER / NAME).is_dir(), reason=f"NOT RUN: the vectors are not at {FOLDER}; set LER_VECTORS"
)


def _rows() -> list[dict[str, Any]]:
    lines = (FOLDER / "manifest.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["file"].startswith(NAME + "/") and row["kind"] == "signed-document"]


def _offline(directory: Path) -> Path:
    """Make a folder that answers for the fixtures' web site: lists and DID documents by their URLs."""
    index = {}
    for path in sorted((FOLDER / NAME).rglob("*")):
        name = path.relative_to(FOLDER / NAME).as_posix()
        if path.is_file() and name.startswith(("statusLists/", "dids/")):
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(path.read_bytes())
            index[SITE + name] = name
            if name.startswith(LISTS):
                index[FORMER_SITE + name.removeprefix(LISTS)] = name
    (directory / "index.json").write_bytes(orjson.dumps(index))
    return directory


def test_every_signed_fixture_is_judged_as_its_manifest_row_says(tmp_path: Path) -> None:
    rows = _rows()
    files = [str(FOLDER / row["file"]) for row in rows]
    offline = str(_offline(tmp_path))
    ran = ler_trust("verify", "--json", "--policy", "any-issuer", "--offline", offline, *files)
    assert ran.status == 1, ran.errors
    answers = [json.loads(line) for line in ran.output.splitlines()]
    assert [answer["item"] for answer in answers] == files
    wrong = {
        row["file"]: (row["expected"], answer["outcome"], answer["reason"])
        for row, answer in zip(rows, answers, strict=True)
        if not _agrees(row["expected"], answer)
    }
    assert not wrong
    assert len(rows) == 36


def _agrees(expected: str, answer: dict[str, Any]) -> bool:
    outcome, reasons = EXPECTED[expected]
    codes = {
        check["code"]
        for check in answer["checks"]
        if check["outcome"] == "fail" and check.get("decides", True)
    }
    agrees = answer["outcome"] == outcome and answer["reason"] in reasons
    return agrees and (expected != "revoked;expired" or codes == reasons)


def test_the_same_fixtures_without_their_files_leave_did_web_and_status_undecided(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{}")
    rows = [row for row in _rows() if "/didWeb/" in row["file"] or "-revokedStatus-noExpiry" in row["file"]]
    files = [str(FOLDER / row["file"]) for row in rows]
    ran = ler_trust("verify", "--json", "--policy", "any-issuer", "--offline", str(tmp_path), *files)
    assert ran.status == 2, ran.errors
    reasons = {json.loads(line)["reason"] for line in ran.output.splitlines()}
    assert reasons == {"did.unreachable", "status.list_unreachable"}
