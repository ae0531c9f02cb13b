"""Lists of ten million entries: one byte is read to look one up, and nothing but the bits is kept."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from ler_trust.contracts import Fetched, FetchRequest, StatusFormat
from ler_trust.errors import Failure, Undecided
from ler_trust.model.engine import Authentication
from ler_trust.model.instant import DAY, SECOND, format_instant
from ler_trust.model.limits import MIB
from ler_trust.model.records import Role
from ler_trust.model.status import ListKey, StatusList, StatusListEvidence, StatusReference
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose
from status_lists.bitstring import BitstringStatusList
from status_lists.token_status_list import TokenStatusList
from tests.kit.clock import SteppedClock
from tests.kit.issuing import CONTEXT_V2, encoded, signed_badge, signer, verification_method
from tests.kit.list_tokens import cwt, jwt
from tests.kit.running_service import NOON, Outside, running
from tests.kit.status_format_contract import WatchedBytes
from tests.kit.world import entry

MANY = 10_000_000
CONSTANT = 64 * 1024  # bytes beside the bits
URL = "https://college.example.org/status/large"
TOKENS, BITSTRING = TokenStatusList(), BitstringStatusList()


def noise(size: int) -> bytes:
    """Return bytes that do not compress: the worst a publisher can send."""
    return Random(7).randbytes(size)  # noqa: S311 - noise, not a secret


def token_claims(bits: bytes, size: int) -> dict[str, Any]:
    listed = StatusList(TOKENS.entry_type, ("status",), bits, size=size)
    now = SteppedClock().now() // SECOND
    return {"iss": signer().issuer, "sub": URL, "iat": now, "exp": now + 86_400, **TOKENS.encode(listed)}


def retained(status_format: StatusFormat, content: dict[str, Any]) -> tuple[StatusList, int]:
    """Return a decoded list, and how many bytes are in use because of it."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    decoded = status_format.decode(content, max_bytes=16 * MIB)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return decoded, after - before


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_ten_million_entries_of_a_token_take_their_bits_and_a_constant(size: int) -> None:
    bits = noise(MANY * size // 8)
    decoded, taken = retained(TOKENS, token_claims(bits, size))
    assert decoded.bits == bits
    assert decoded.entries(1) == MANY
    assert len(bits) <= taken <= len(bits) + CONSTANT


def test_a_hundred_million_single_bits_take_as_much() -> None:
    bits = bytes(100_000_000 // 8)
    subject = BITSTRING.encode(StatusList(BITSTRING.entry_type, ("revocation",), bits))
    content = {"type": [BITSTRING.list_credential_type], "credentialSubject": subject}
    decoded, taken = retained(BITSTRING, content)
    assert decoded.bits == bits
    assert len(bits) <= taken <= len(bits) + CONSTANT


@pytest.mark.parametrize(("status_format", "size"), [(TOKENS, 8), (BITSTRING, 8), (BITSTRING, 1)])
def test_look_up_reads_one_byte_wherever_the_entry_is(status_format: StatusFormat, size: int) -> None:
    bits = WatchedBytes(MANY)
    purposes = ("status", "message")
    own_size = size if status_format is TOKENS else None
    listed = StatusList(status_format.entry_type, purposes, bits, size=own_size)
    last = MANY * 8 // size - 1
    for index in (0, 1, last // 2, last):
        bits.read.clear()
        purpose = "status" if status_format is TOKENS else "message"
        reference = StatusReference(status_format.entry_type, URL, index, purpose, size)
        assert status_format.look_up(listed, reference, min_entries=1).value == 0
        assert bits.read == [1]


class Publisher:
    """One large list at one address, and the key it is signed by; ``bounds`` are those it was asked with."""

    def __init__(self, body: bytes, keeping: Keeping | None = None) -> None:
        self.body = body
        self.clock = SteppedClock()
        self.bounds: list[int] = []
        self.client = StatusListClient(
            self, self._no_credentials, {TOKENS.entry_type: TOKENS}, self.clock, keeping, keys=self._keys
        )

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.bounds.append(request.max_bytes)
        if len(self.body) > request.max_bytes:
            raise Undecided("fetch.too_large")
        return Fetched(request.url, self.body, "application/octet-stream", self.clock.now())

    async def find(self) -> StatusListEvidence | Failure:
        key: ListKey = (URL, TOKENS.entry_type)
        return (await self.client.find([key], self.clock.now()))[key]

    async def _no_credentials(
        self, items: Sequence[bytes], now: int, *, asks: bool = True
    ) -> Sequence[Authentication]:
        raise AssertionError("a token is not a credential")

    async def _keys(self, need: Any, now: int, renewed: bool) -> Any:
        return (verification_method(signer()),)


@pytest.mark.parametrize("form", [jwt, cwt])
async def test_ten_million_entries_of_eight_bits_that_do_not_compress(form: Any) -> None:
    bits = noise(MANY)
    publisher = Publisher(form(token_claims(bits, 8), signer()))
    found = await publisher.find()
    assert isinstance(found, StatusListEvidence)
    assert found.list.bits == bits
    assert publisher.bounds == [Keeping().body_bytes, Keeping().large_body_bytes]
    assert publisher.client.kept_bytes <= len(bits) + CONSTANT
    await publisher.find()
    assert len(publisher.bounds) == 2  # kept like any other


async def test_list_beyond_every_bound() -> None:
    publisher = Publisher(b"x" * 1_000, Keeping(body_bytes=10, large_body_bytes=999))
    found = await publisher.find()
    assert isinstance(found, Failure)
    assert found.code == "status.list_too_large"


def large_list(by: LocalSigner, bits: bytes) -> dict[str, Any]:
    subject = BITSTRING.encode(StatusList(BITSTRING.entry_type, ("revocation",), bits))
    return {
        "@context": [CONTEXT_V2],
        "id": URL,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": by.issuer,
        "validFrom": format_instant(NOON - DAY),
        "validUntil": format_instant(NOON + DAY),
        "credentialSubject": {"id": f"{URL}#list", **subject},
    }


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
async def test_service_reads_lists_larger_than_any_record(tmp_path: Path, suite: str) -> None:
    """Twelve million entries that do not compress: the list is twice as large as a record may be."""
    bits = noise(12_000_000 // 8)
    document = large_list(signer(), bits)
    if suite == "vc+jwt":
        body = sign_vc_jose(document, signer()).encode()
    else:
        body = encoded(add_proof(document, signer(), suite, created=NOON - DAY))
    async with running(tmp_path, outside=Outside({URL: body})) as service:
        items = [
            {"id": str(index), "credential": orjson.loads(encoded(record))}
            for index in (0, 5_999_999, 11_999_999)
            for record in [signed_badge(number=index, credentialStatus=entry(URL, index))]
        ]
        request = {"items": items, "policy": "any-issuer"}
        response = await service.post("/v1/verify", request, await service.headers(Role.VERIFIER))
        results = (await response.json())["results"]
    for result in results:
        index = int(result["id"])
        is_set = bits[index // 8] >> 7 - index % 8 & 1
        assert result["outcome"] == ("invalid" if is_set else "valid"), result
        assert result["reason"] == ("status.revoked" if is_set else None)
