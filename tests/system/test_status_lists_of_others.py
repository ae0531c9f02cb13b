"""Lists made and signed by independent libraries are found, believed and read as they were meant."""

from base64 import b64decode
from typing import Any

import pytest

from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.status import ListKey, StatusListEvidence, StatusReference
from tests.kit.node_lists import ListPlan, installed, made
from tests.kit.world import FORMATS, NOW, World

BASE = "https://lists.example.org/"
LENGTH = 131_072
SET = (0, 7, 8, 77_777, LENGTH - 1)
STATUSES = {0: 1, 1: 2, 9: 3, 77_777: 2, LENGTH - 1: 1}
KINDS = {
    "bitstring": "BitstringStatusListEntry",
    "status-list-2021": "StatusList2021Entry",
    "revocation-list-2020": "RevocationList2020Status",
}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = installed(tmp_path_factory.mktemp("node"))
    begins, ends = format_instant(NOW - DAY), format_instant(NOW + DAY)
    return made(folder, ListPlan(SET, STATUSES, LENGTH, BASE, begins, ends))


async def found(lists: dict[str, Any], name: str, kind: str) -> StatusListEvidence:
    content = lists["lists"][name]
    world = World()
    body = b64decode(content["cbor"]) if isinstance(content, dict) else content.encode()
    world.web.pages[BASE + name] = body
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


@pytest.mark.parametrize("name", KINDS)
async def test_list_credentials_of_digital_bazaar(lists: dict[str, Any], name: str) -> None:
    kind = KINDS[name]
    evidence = await found(lists, name, kind)
    assert evidence.issuer == lists["issuers"]["credentials"]
    assert int.from_bytes(evidence.list.bits, "big").bit_count() == len(SET)
    assert values(evidence, kind, *SET) == [1] * len(SET)


@pytest.mark.parametrize("form", ["token", "cwt"])
@pytest.mark.parametrize("size", [1, 2, 4, 8])
async def test_list_tokens(lists: dict[str, Any], form: str, size: int) -> None:
    evidence = await found(lists, f"{form}-{size}", "status_list")
    assert evidence.issuer == lists["issuers"]["tokens"]
    expected = {index: value if value < 1 << size else 1 for index, value in STATUSES.items()}
    assert values(evidence, "status_list", *expected) == list(expected.values())
    assert sum(byte != 0 for byte in evidence.list.bits) <= len(STATUSES)
    assert values(evidence, "status_list", 2, 10, 77_776, LENGTH - 2) == [0, 0, 0, 0]
    assert evidence.list.entries(1) == LENGTH
