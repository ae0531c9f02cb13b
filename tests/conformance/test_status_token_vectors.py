"""Token Status List: the encodings and the signed token that its specification publishes."""

from typing import Any

import orjson

from ler_trust.codec.jwk import public_key
from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Failure
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed
from ler_trust.model.instant import SECOND
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.status import StatusListEvidence, StatusReference
from ler_trust.status.client import StatusListClient
from status_lists.token_status_list import TokenStatusList
from tests.kit.clock import SteppedClock
from tests.kit.vectors import VECTORS, needs_vectors

FORMAT = TokenStatusList()
MAX_BYTES = DEFAULT_LIMITS.list_bytes
DEFINED = (1, 2, 3, 12, 13, 14, 15)
FOLDER = VECTORS / "oauth-wg+draft-ietf-oauth-status-list"

pytestmark = needs_vectors


def value(found: Any, index: int) -> int:
    reference = StatusReference(FORMAT.entry_type, "https://a.example", index, "status")
    return FORMAT.look_up(found, reference, min_entries=1).value


def set_entries(bits: bytes, size: int) -> dict[int, int]:
    """Return the entries that are not 0, found another way than by looking each of them up."""
    per_byte = 8 // size
    return {
        place * per_byte + at: number
        for place, byte in enumerate(bits)
        if byte
        for at in range(per_byte)
        if (number := byte >> at * size & (1 << size) - 1)
    }


# Set in the list of two bits and missing from the table beside it.
UNLISTED = {(2, 1_048_576): {25_460: 1}}


def test_published_encodings_decode() -> None:
    cases = orjson.loads((FOLDER / "status_list_encodings.json").read_bytes())
    assert {case["bits"] for case in cases} == {1, 2, 4, 8}
    for case in cases:
        size = case["bits"]
        found = FORMAT.decode({"status_list": {"bits": size, "lst": case["lst"]}}, max_bytes=MAX_BYTES)
        if "bytes" in case:
            assert found.bits == bytes(case["bytes"])
            continue
        expected = {int(index): number for index, number in case["statuses"].items() if number}
        expected |= UNLISTED.get((size, case["size"]), {})
        assert set_entries(found.bits, size) == expected
        assert found.entries(1) == case["size"]
        for index, number in expected.items():
            if number in DEFINED:
                assert value(found, index) == number


async def test_published_token_verifies_and_says_what_it_should() -> None:
    case = orjson.loads((FOLDER / "status_list_token.json").read_bytes())
    clock = SteppedClock(1_700_000_000 * SECOND)
    public = {name: member for name, member in case["key"].items() if name != "d"}
    method = VerificationMethod("https://example.com#12", "https://example.com", public_key(public))
    needs: list[KeyNeed] = []

    class Page:
        async def fetch(self, request: FetchRequest) -> Fetched:
            assert "application/statuslist+jwt" in request.accept
            body = case["jwt"].encode()
            return Fetched(request.url, body, "application/statuslist+jwt", clock.now())

    async def keys(need: KeyNeed, now: int, renewed: bool) -> tuple[VerificationMethod, ...] | Failure:
        assert now == clock.now()
        assert not renewed
        needs.append(need)
        return (method,)

    async def authenticate(items: Any, now: int, *, asks: bool = True) -> list[Authentication]:
        raise AssertionError("a token is not a credential")

    client = StatusListClient(Page(), authenticate, {FORMAT.entry_type: FORMAT}, clock, keys=keys)
    [found] = (await client.find([(case["uri"], FORMAT.entry_type)], clock.now())).values()
    assert isinstance(found, StatusListEvidence), found
    assert [value(found.list, index) for index in range(16)] == case["statuses"]
    assert needs == [KeyNeed("https://example.com", None, "assertionMethod")]
    assert not found.is_another_than(case["uri"])
    assert found.fresh_until == clock.now() + 900 * SECOND  # its ttl of twelve hours, cut to the policy's
