"""Attacks on status lists, against the real engine and client: what is not sound is never "not revoked"."""

import gzip
import time
import tracemalloc
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from ler_trust.contracts import Fetched, FetchRequest, StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import Authentication, SecuredCredential
from ler_trust.model.instant import DAY, Instant, format_instant
from ler_trust.model.status import StatusList
from ler_trust.status.client import StatusListClient
from ler_trust.status.entries import references
from ler_trust.status.judge import judge_status
from ler_trust.status.rules import StatusRules
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose
from status_lists.bitstring import BitstringStatusList
from tests.kit.clock import SteppedClock
from tests.kit.issuing import CONTEXT_V2, ENGINE, material, signer
from tests.kit.status_format_contract import ENTRIES, bits_with, gzip_bomb

URL = "https://lists.example.org/1"
FORMAT = BitstringStatusList()
FORMATS: dict[str, StatusFormat] = {FORMAT.entry_type: FORMAT}
COLLEGE, STRANGER = signer(), signer(name="stranger")
REVOKED, CLEAR = 7, 8


def unsigned(**members: Any) -> dict[str, Any]:
    """Return the college's list; ``members`` replace its own, those of ``credentialSubject`` one by one."""
    now = SteppedClock().now()
    subject = {
        "id": f"{URL}#list",
        **FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), bits_with(REVOKED))),
        **members.pop("credentialSubject", {}),
    }
    document = {
        "@context": [CONTEXT_V2],
        "id": URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": COLLEGE.issuer,
        "validFrom": format_instant(now - DAY),
        "validUntil": format_instant(now + DAY),
        "credentialSubject": subject,
    }
    return {name: value for name, value in (document | members).items() if value is not None}


def signed(by: LocalSigner = COLLEGE, **members: Any) -> dict[str, Any]:
    return add_proof(unsigned(**members), by, "eddsa-rdfc-2022", created=SteppedClock().now() - DAY)


class World:
    """One address that answers as told, and a client that knows the keys of the college and the stranger."""

    def __init__(self, answer: bytes | dict[str, Any] | Undecided) -> None:
        self.answer = orjson.dumps(answer) if isinstance(answer, dict) else answer
        self.clock = SteppedClock()
        self.asked: list[str] = []
        self.client = StatusListClient(self, self.authenticate, FORMATS, self.clock)

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request.url)
        if isinstance(self.answer, Undecided):
            raise self.answer
        return Fetched(request.url, self.answer, "application/vc", self.clock.now())

    async def authenticate(
        self, items: Sequence[bytes], now: Instant, *, asks: bool = True
    ) -> Sequence[Authentication]:
        assert now == self.clock.now()
        return ENGINE.authenticate(items, material(items, COLLEGE, STRANGER), documents=True)

    async def status(self, index: int | str = REVOKED, **members: Any) -> tuple[str, str | None]:
        """Return what the status check says of a credential of the college's."""
        entry = {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": URL,
            **members,
        }
        secured = SecuredCredential(
            "2.0", "urn:x:1", (), COLLEGE.issuer, status=(("/credentialStatus", entry),)
        )
        lists = await self.client.find(references(secured, FORMATS), self.clock.now())
        [result] = judge_status(secured, lists, FORMATS, StatusRules(), self.clock.now())
        return result.outcome.value, result.code


async def test_honest_list_is_believed() -> None:
    assert await World(signed()).status(REVOKED) == ("fail", "status.revoked")
    assert await World(signed()).status(CLEAR) == ("pass", None)
    compact = sign_vc_jose(unsigned(), COLLEGE).encode()
    assert await World(compact).status(REVOKED) == ("fail", "status.revoked")


@pytest.mark.parametrize("index", [REVOKED, CLEAR])
async def test_list_signed_by_a_stranger(index: int) -> None:
    assert await World(signed(STRANGER, issuer=STRANGER.issuer)).status(index) == (
        "unknown",
        "status.list_issuer",
    )


async def test_list_of_the_issuer_signed_by_a_stranger() -> None:
    assert await World(signed(STRANGER)).status() == ("unknown", "status.list_signature")


async def test_list_with_a_second_proof_that_does_not_hold() -> None:
    twice = add_proof(signed(), COLLEGE, "eddsa-rdfc-2022", created=0)
    twice["proof"][1]["proofValue"] = twice["proof"][0]["proofValue"]
    assert await World(twice).status() == ("unknown", "status.list_signature")


async def test_unsigned_list() -> None:
    assert await World(unsigned()).status() == ("unknown", "status.list_signature")


async def test_list_with_a_bit_cleared_after_signing() -> None:
    subject = FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), bits_with(CLEAR)))
    forged = signed()
    forged["credentialSubject"] |= subject
    assert await World(forged).status() == ("unknown", "status.list_signature")


async def test_list_without_its_type() -> None:
    assert await World(signed(type=["VerifiableCredential"])).status() == ("unknown", "status.list_malformed")


async def test_list_with_another_purpose() -> None:
    other = signed(credentialSubject={"statusPurpose": "suspension"})
    assert await World(other).status() == ("unknown", "status.list_purpose")


@pytest.mark.parametrize(
    ("index", "code"),
    [
        (ENTRIES, "status.index_out_of_range"),
        (10**30, "status.index_out_of_range"),
        (-1, "status.entry_malformed"),
        ("007", "status.entry_malformed"),
        ("1e9", "status.entry_malformed"),
    ],
)
async def test_index_that_leads_nowhere(index: int | str, code: str) -> None:
    assert await World(signed()).status(index) == ("unknown", code)


async def test_short_list() -> None:
    short = FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), bytes(ENTRIES // 8 - 1)))
    assert await World(signed(credentialSubject=short)).status() == ("unknown", "status.list_too_short")


def holding(compressed: bytes) -> dict[str, Any]:
    text = "u" + urlsafe_b64encode(compressed).rstrip(b"=").decode()
    return unsigned(credentialSubject={"encodedList": text})


async def test_gzip_bomb_with_a_good_signature() -> None:
    """The signature covers 1.4 MB of text that stands for a gibibyte: the record's own cap stops it first."""
    bomb = World(sign_vc_jose(holding(gzip_bomb()), COLLEGE).encode())
    assert await bomb.status() == ("unknown", "status.list_too_large")


async def test_gzip_bomb_below_the_records_cap() -> None:
    bomb = World(sign_vc_jose(holding(gzip_bomb()[: 512 * 1024]), COLLEGE).encode())
    started = time.perf_counter()
    tracemalloc.start()
    assert await bomb.status() == ("unknown", "status.list_too_large")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 128 * 1024 * 1024
    assert time.perf_counter() - started < 10


async def test_second_gzip_member_that_clears_the_first() -> None:
    members = gzip.compress(bits_with(REVOKED)) + gzip.compress(bytes(ENTRIES // 8))
    two = add_proof(holding(members), COLLEGE, "eddsa-rdfc-2022", created=0)
    assert await World(two).status() == ("unknown", "status.list_malformed")


@pytest.mark.parametrize("index", [REVOKED, CLEAR])
async def test_expired_list(index: int) -> None:
    ended = format_instant(SteppedClock().now() - DAY)
    assert await World(signed(validUntil=ended)).status(index) == ("unknown", "status.list_expired")


async def test_list_from_the_future() -> None:
    later = format_instant(SteppedClock().now() + DAY // 2)
    assert await World(signed(validFrom=later)).status() == ("unknown", "status.list_not_yet_valid")


async def test_list_whose_end_cannot_be_read_has_not_got_none() -> None:
    endless = World(sign_vc_jose(unsigned(validUntil="never"), COLLEGE).encode())
    assert await endless.status(CLEAR) == ("unknown", "status.list_malformed")


async def test_list_unreachable() -> None:
    assert await World(Undecided("fetch.timeout", retryable=True)).status() == (
        "unknown",
        "status.list_unreachable",
    )


async def test_list_that_cannot_be_renewed_is_not_taken_as_it_was() -> None:
    world = World(signed())
    assert await world.status(CLEAR) == ("pass", None)
    world.answer = Undecided("fetch.timeout", retryable=True)
    world.clock.advance(301)
    assert await world.status(CLEAR) == ("unknown", "status.list_unreachable")


async def test_status_list_that_points_at_itself() -> None:
    entry = FORMAT.read_entry(
        {
            "type": FORMAT.entry_type,
            "statusPurpose": "revocation",
            "statusListIndex": str(REVOKED),
            "statusListCredential": URL,
        }
    )
    world = World(signed(credentialStatus=FORMAT.entry(entry)))
    assert await world.status(CLEAR) == ("pass", None)
    assert world.asked == [URL]


async def test_answer_that_is_not_a_list_at_all() -> None:
    for answer in (b"", b"<html></html>", b"[]", b"null", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000):
        world = World(answer)
        [found] = (await world.client.find([(URL, FORMAT.entry_type)], world.clock.now())).values()
        assert isinstance(found, Failure)
        assert not found.decided
