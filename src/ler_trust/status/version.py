"""One version of a list: what all its renderings are made of."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ler_trust.contracts import Signer
from ler_trust.errors import Conflict, Undecided
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.model.instant import Instant
from ler_trust.status.turns import Turns

T = TypeVar("T")


class ListSigner(Signer, Protocol):
    """A signer that also tells its public key, with which what it signed is checked."""

    @property
    def public_key(self) -> PublicKey:
        """Return the key that verifiers will find at ``method``."""
        ...

    @property
    def threads(self) -> Executor | None:
        """Return the threads in which to wait for its signatures, ``None`` for those that anything uses."""
        ...


async def beside(signer: ListSigner, work: Callable[[], T], turns: Turns) -> T:
    """Return what ``work``, which signs by ``signer``, returns; it is done beside the event loop, in turn.

    A signer that is far away and does not answer keeps its own threads waiting and nobody else's, and takes
    nobody's turn.
    """
    loop = asyncio.get_running_loop()
    if signer.threads is not None:
        return await loop.run_in_executor(signer.threads, work)
    async with turns.turn():
        return await loop.run_in_executor(None, work)


@dataclass(frozen=True, slots=True)
class IssuersKey:
    """A key that its issuer keeps: what it has signed can be checked here, and nothing be signed with it."""

    issuer: str
    method: str
    kind: KeyKind


@dataclass(frozen=True, slots=True)
class ListVersion:
    """A list at one sequence, to be said in one form or another.

    ``address`` is where it is served; ``bits`` has one bit an entry, the first the most significant of byte
    0; ``ttl`` is in microseconds; ``aggregation`` is where the issuer's lists are named.
    """

    address: str
    purpose: str
    bits: bytes = field(repr=False)
    published_at: Instant
    valid_until: Instant
    ttl: int
    aggregation: str | None = None


def bits_of(length: int, values: Mapping[int, int]) -> bytes:
    """Return ``length`` entries as bits, those of ``values`` set that are not 0."""
    bits = bytearray(length // 8)
    for index, value in values.items():
        if value:
            bits[index // 8] |= 0x80 >> index % 8
    return bytes(bits)


SignerSource = Callable[[str, str], Awaitable[ListSigner | IssuersKey]]
"""A tenant's signing key by its id; raises ``Conflict('request.not_found')``."""


def signing(key: ListSigner | IssuersKey) -> ListSigner:
    """Return ``key`` if it signs here; raises ``Conflict('request.not_signed')`` for one its issuer keeps."""
    if isinstance(key, IssuersKey):
        raise Conflict("request.not_signed", "this list is signed by its issuer alone")
    return key


def not_published(detail: str) -> Undecided:
    """Return what is said when something was made that must not be seen."""
    return Undecided("request.unavailable", f"{detail}; it was not published")
