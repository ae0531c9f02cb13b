"""An issuer's status lists as its own software keeps them: which entry belongs to which badge."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

from ler_trust.cli.demo.client import Client
from ler_trust.cli.demo.plan import Fate, Planned
from ler_trust.status.allocation import MAX_ENTRIES
from ler_trust.status.changes import MAX_CHANGES
from ler_trust.status.publisher import PURPOSES

_CHANGES: Final = {Fate.REVOKED: ("revocation", "revoked"), Fate.SUSPENDED: ("suspension", "suspended")}

_Each = TypeVar("_Each")
Entry = Mapping[str, Any]


class StatusDesk:
    """One list a purpose, and an entry in each for every badge; ``open`` makes it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.urls: list[str] = []  # where the lists are published
        self._lists: dict[str, str] = {}  # the path of each purpose's list, for the issuer
        self._entries: dict[str, dict[str, Entry]] = defaultdict(dict)  # by badge, by purpose

    @classmethod
    async def open(cls, client: Client, signing_key: str, badges: Sequence[Planned]) -> Self:
        """Create the lists, signed with ``signing_key``, and allocate the entries for ``badges``."""
        desk = cls(client)
        for purpose in PURPOSES:
            answer = await client.post("/v1/status-lists", {"purpose": purpose, "signing_key": signing_key})
            desk.urls.append(answer["url"])
            desk._lists[purpose] = f"/v1/status-lists/{answer['id']}"
            for some in _chunks(badges, MAX_ENTRIES):
                await desk._allocate(purpose, some)
        return desk

    async def _allocate(self, purpose: str, badges: Sequence[Planned]) -> None:
        answer = await self._client.post(f"{self._lists[purpose]}/entries", {"count": len(badges)})
        for planned, entry in zip(badges, answer["entries"], strict=True):
            self._entries[planned.id][purpose] = entry

    def entries(self, planned: Planned) -> Sequence[Entry]:
        """Return the entries that go into a badge."""
        return list(self._entries[planned.id].values())

    async def change(self, badges: Sequence[Planned]) -> None:
        """Revoke and suspend those of ``badges`` whose fate that is."""
        for fate, (purpose, status) in _CHANGES.items():
            entries = [self._entries[planned.id][purpose] for planned in badges if planned.fate is fate]
            for some in _chunks(entries, MAX_CHANGES):
                changes = [{"entry": entry, "status": status, "reason": "demonstration"} for entry in some]
                await self._client.post(f"{self._lists[purpose]}/changes", {"changes": changes})


def _chunks(items: Sequence[_Each], size: int) -> Iterator[Sequence[_Each]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
