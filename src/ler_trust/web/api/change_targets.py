"""Which entry of which list each requested change means."""

import asyncio
from collections.abc import Sequence
from typing import Final

from ler_trust.errors import Conflict
from ler_trust.model.records import ListRecord, StatusChange
from ler_trust.status.publisher import StatusPublisher
from ler_trust.web.api.status_change_models import Change, Changes
from ler_trust.web.problems import Problem

_PURPOSES: Final = {"revoked": "revocation", "suspended": "suspension", "active": "suspension"}
_WORDS: Final = {"revocation": "revoked", "suspension": "suspended"}
_INDEX_DIGITS: Final = 20
_PAUSE: Final = 1_000  # changes: some milliseconds

Place = tuple[ListRecord, int]


async def targets(
    publisher: StatusPublisher, tenant: str, body: Changes, home: ListRecord | None
) -> Sequence[tuple[str, StatusChange]]:
    """Return the list and the change that each of ``body.changes`` means, in order.

    ``home`` is the list that the path names, if it names one. Raises a problem that points at the first
    change that cannot be meant.
    """
    for position, change in enumerate(body.changes):
        _require_one_name(change, f"/changes/{position}", home)
    referenced = await _referenced(publisher, tenant, body, home)
    found = []
    for position, change in enumerate(body.changes):
        if position % _PAUSE == _PAUSE - 1:
            await asyncio.sleep(0)  # others have their turn
        pointer = f"/changes/{position}"
        if change.reference is not None:
            record, index = referenced[position]
        elif change.entry is not None:
            record, index = await _by_entry(publisher, tenant, change.entry, home, pointer + "/entry")
        else:
            record, index = _by_index(change, home, pointer)
        found.append((record.id, _change(change, body, record, index, pointer)))
    return found


def _require_one_name(change: Change, pointer: str, home: ListRecord | None) -> None:
    named = [each for each in (change.index, change.entry, change.reference) if each is not None]
    if len(named) != 1 or (home is None and change.index is not None):
        ways = "the entry or the reference" if home is None else "the index, the entry or the reference"
        raise Problem("request.malformed", f"give {ways}, one of them", pointer)


def _change(change: Change, body: Changes, record: ListRecord, index: int, pointer: str) -> StatusChange:
    status = change.status or body.status
    wanted = _WORDS[record.purpose]
    if status is None:
        raise Problem("request.malformed", "give the status, here or for all changes", pointer)
    if status not in ("active", wanted):
        raise Problem("request.invalid", f"this list's entries are active or {wanted}", pointer + "/status")
    reason = body.reason if change.reason is None else change.reason
    return StatusChange(index, int(status == wanted), reason, change.reason_code or body.reason_code)


def _by_index(change: Change, home: ListRecord | None, pointer: str) -> Place:
    if home is None or change.index is None:
        raise Problem("request.malformed", "give the entry or the reference", pointer)
    return home, change.index


async def _by_entry(
    publisher: StatusPublisher, tenant: str, entry: dict[str, object], home: ListRecord | None, pointer: str
) -> Place:
    url, text = _named(entry)
    record = home if home is not None else await _list_at(publisher, tenant, url)
    if record is None or url != record.url:
        whose = "this list" if home is not None else "a list of yours"
        raise Problem("request.invalid", f"the entry is not one of {whose}", pointer)
    if not (isinstance(text, str) and len(text) < _INDEX_DIGITS and text.isascii() and text.isdigit()):
        raise Problem("request.invalid", "not an index", pointer + "/statusListIndex")
    return record, int(text)


def _named(entry: dict[str, object]) -> tuple[object, object]:
    """Return the list's own address, and the index as text, that an entry names in whichever form."""
    claim = entry.get("status_list")
    url, text = entry.get("statusListCredential"), entry.get("statusListIndex")
    if isinstance(claim, dict):
        index = claim.get("idx")
        url, text = claim.get("uri"), str(index) if type(index) is int else None
    return url.partition("?as=")[0] if isinstance(url, str) else None, text


async def _list_at(publisher: StatusPublisher, tenant: str, url: object) -> ListRecord | None:
    if not isinstance(url, str):
        return None
    try:
        return await publisher.book.known(tenant, url.rpartition("/")[2])
    except Conflict:
        return None


async def _referenced(
    publisher: StatusPublisher, tenant: str, body: Changes, home: ListRecord | None
) -> dict[int, Place]:
    """Return the place of every change that names a reference, by its position."""
    by_purpose: dict[str, list[tuple[int, str]]] = {}
    for position, change in enumerate(body.changes):
        if change.reference is not None:
            purpose = _purpose(change, body, home, f"/changes/{position}")
            by_purpose.setdefault(purpose, []).append((position, change.reference))
    places: dict[int, Place] = {}
    for purpose, named in by_purpose.items():
        found = await publisher.referenced(tenant, purpose, [reference for _, reference in named])
        for (position, _), place in zip(named, found, strict=True):
            if place is None or (home is not None and place[0] != home.id):
                pointer = f"/changes/{position}/reference"
                raise Problem("request.not_found", f"the reference has no entry for {purpose}", pointer)
            places[position] = (await publisher.book.known(tenant, place[0]), place[1])
    return places


def _purpose(change: Change, body: Changes, home: ListRecord | None, pointer: str) -> str:
    status = change.status or body.status
    if status is None:
        raise Problem("request.malformed", "give the status, here or for all changes", pointer)
    return _PURPOSES[status] if home is None else home.purpose
