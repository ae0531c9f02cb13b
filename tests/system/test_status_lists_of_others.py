"""Lists made and signed by independent libraries are found, believed and read as they were meant."""

import asyncio
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.status import ListKey, StatusListEvidence, StatusReference
from tests.kit.command_line import serving
from tests.kit.node_libraries import ListPlan, made
from tests.kit.web_stub import WebStub
from tests.kit.world import FORMATS, NOW, World
from tests.system.test_status_over_http import present

BASE = "https://lists.example.org/"
LENGTH = 131_072
SET = (0, 7, 8, 77_777, LENGTH - 1)
STATUSES = {0: 1, 1: 2, 9: 3, 77_777: 2, LENGTH - 1: 1}
RECORDS = (0, 1, 2, 9)
BITSTRINGS = {
    "bitstring": "ed25519",
    "bitstring-suspension": "ed25519",
    "bitstring-jcs": "ed25519",
    "bitstring-p256": "p256",
}
LISTS_2021 = {"status-list-2021": "ed25519", "status-list-2021-suspension": "p256"}
CREDENTIALS = BITSTRINGS | LISTS_2021 | {"revocation-list-2020": "ed25519"}
FORMS = ("token", "cwt", "owf-token", "owf-cwt")
SIZES = (1, 2, 4, 8)
TOKENS = [f"{form}-{size}" for form in FORMS for size in SIZES]


def kind_of(name: str) -> str:
    if name in BITSTRINGS:
        return "BitstringStatusListEntry"
    return "StatusList2021Entry" if name in LISTS_2021 else "RevocationList2020Status"


def plan(base: str, now: int) -> ListPlan:
    begins, until = format_instant(now - DAY), format_instant(now + DAY)
    return ListPlan(SET, STATUSES, LENGTH, base, RECORDS, begins, until)


def body_of(content: Any) -> bytes:
    return b64decode(content["cbor"]) if isinstance(content, dict) else content.encode()


# ── One list after another, as it is kept ───────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return made(plan(BASE, NOW), tmp_path_factory.mktemp("node"))


async def found(lists: dict[str, Any], name: str, kind: str) -> StatusListEvidence:
    world = World()
    world.web.pages[BASE + name] = body_of(lists["lists"][name])
    key: ListKey = (BASE + name, kind)
    evidence = (await world.lists.find([key], NOW))[key]
    assert isinstance(evidence, StatusListEvidence), evidence
    assert not evidence.is_another_than(BASE + name)
    return evidence


def values(evidence: StatusListEvidence, kind: str, *indexes: int) -> list[int]:
    [purpose] = evidence.list.purposes
    look_up = FORMATS[kind].look_up
    references = [StatusReference(kind, evidence.url, index, purpose) for index in indexes]
    return [look_up(evidence.list, reference, min_entries=LENGTH).value for reference in references]


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_list_credentials_of_digital_bazaar(lists: dict[str, Any], name: str) -> None:
    kind = kind_of(name)
    evidence = await found(lists, name, kind)
    assert evidence.issuer == lists["issuers"][CREDENTIALS[name]]
    assert int.from_bytes(evidence.list.bits, "big").bit_count() == len(SET)
    assert values(evidence, kind, *SET) == [1] * len(SET)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", SIZES)
async def test_list_tokens(lists: dict[str, Any], form: str, size: int) -> None:
    evidence = await found(lists, f"{form}-{size}", "status_list")
    assert evidence.issuer == lists["issuers"]["p256"]
    expected = {index: value if value < 1 << size else 1 for index, value in STATUSES.items()}
    assert values(evidence, "status_list", *expected) == list(expected.values())
    assert sum(byte != 0 for byte in evidence.list.bits) <= len(STATUSES)
    assert values(evidence, "status_list", 2, 10, 77_776, LENGTH - 2) == [0, 0, 0, 0]
    assert evidence.list.entries(1) == LENGTH


# ── Whole records, by a service that fetches the lists ──────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Live:
    """What a running service answers for each record, by list and index, and what it has fetched for that."""

    results: dict[str, dict[str, Any]]
    fetched: list[str]


async def answered(folder: Path) -> Live:
    """Have the libraries make lists and records, and a running service judge the records."""
    async with WebStub() as publisher:
        content = await asyncio.to_thread(made, plan(publisher.url("/"), present()), folder)
        for name, each in content["lists"].items():
            publisher.answer(f"/{name}", body_of(each))
        items = [
            {"id": name, "credential": text if text.startswith("ey") else orjson.loads(text)}
            for name, text in content["records"].items()
        ]

        def ask() -> list[dict[str, Any]]:
            with serving(folder, LER_TRUST_OUTBOUND__DEVELOPMENT_HOSTS=publisher.authority) as service:
                answer = service.call("POST", "/v1/verify", {"policy": "any-issuer", "items": items})
                results: list[dict[str, Any]] = answer["results"]
                return results

        results = await asyncio.to_thread(ask)
        return Live({each["id"]: each for each in results}, [asked.path for asked in publisher.requests])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return asyncio.run(answered(tmp_path_factory.mktemp("live")))


@pytest.mark.parametrize("name", CREDENTIALS)
def test_records_with_an_entry_in_list_credentials(live: Live, name: str) -> None:
    reason = "status.suspended" if name.endswith("suspension") else "status.revoked"
    for index in RECORDS:
        result = live.results[f"{name}/{index}"]
        expected = ("invalid", reason) if index in SET else ("valid", None)
        assert (result["outcome"], result["reason"]) == expected, result


@pytest.mark.parametrize("name", TOKENS)
def test_records_with_an_entry_in_list_tokens(live: Live, name: str) -> None:
    one_bit = name.endswith("-1")
    reasons = {0: "status.revoked", 1: "status.revoked" if one_bit else "status.suspended"}
    if one_bit:
        reasons[9] = "status.revoked"  # 3 is specific to an application, and does not fit
    for index in RECORDS:
        result = live.results[f"{name}/{index}"]
        reason = reasons.get(index)
        assert (result["outcome"], result["reason"]) == ("invalid" if reason else "valid", reason), result
        [status] = [check for check in result["checks"] if check["check"] == "status"]
        value = STATUSES.get(index, 0)
        assert status["evidence"]["value"] == (min(value, 1) if one_bit else value)


def test_each_list_is_fetched_once(live: Live) -> None:
    assert sorted(live.fetched) == sorted(f"/{name}" for name in [*CREDENTIALS, *TOKENS])
