"""Wave one: the documents that hold the keys, each distinct identifier asked for once."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

from ler_trust.contracts import Resolver
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.in_time import each_in_time
from ler_trust.model.did import DidDocument

RESOLUTIONS_AT_ONCE: Final = 64  # a batch from thousands of issuers must not open thousands of sockets
_ELSEWHERE: Final = Failure(False, "did.unreachable", "the document is not in hand", retryable=True)
_LATE: Final = Failure(False, "did.unreachable", "resolution did not finish in time", retryable=True)


async def gather_documents(
    resolve: Callable[[str], Awaitable[DidDocument]], identifiers: Collection[str], seconds: float
) -> dict[str, DidDocument | Failure]:
    """Resolve each identifier; what cannot be had in ``seconds`` overall is a failure value."""

    async def outcome(identifier: str) -> DidDocument | Failure:
        try:
            return await resolve(identifier)
        except (Rejected, Undecided) as finding:
            return Failure.of(finding)

    found = await each_in_time(identifiers, outcome, at_once=RESOLUTIONS_AT_ONCE, seconds=seconds)
    return {identifier: found.get(identifier, _LATE) for identifier in identifiers}


async def resolve_documents(
    resolver: Resolver, identifiers: Collection[str], seconds: float
) -> dict[str, DidDocument | Failure]:
    """Return each identifier's document: those in hand at once, the others as ``gather_documents`` does."""
    kept = documents_at_hand(resolver, identifiers)
    missing = [identifier for identifier, document in kept.items() if document is _ELSEWHERE]
    return kept | (await gather_documents(resolver.resolve, missing, seconds) if missing else {})


def documents_at_hand(resolver: Resolver, identifiers: Collection[str]) -> dict[str, DidDocument | Failure]:
    """Return each identifier's document if it is in hand, else a failure; asks nobody."""
    return {identifier: resolver.kept(identifier) or _ELSEWHERE for identifier in identifiers}
