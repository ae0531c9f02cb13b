"""Plain records: the common kind, whose verdict is put together from parts that many records share.

A record is plain when every proof on it holds, it conforms, it lies within its dates, it contains no other
credential, and each of its status entries is of the usual kind. What is said of such records differs in
little: a batch of thousands has some dozens of distinct proofs, lists and issuers. The engine names the
distinct *cells*, the pipeline says once of each what it would say of a record, and the engine puts the
answers together. So one place alone knows what a check means, and there is no object for each record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ler_trust.errors import Failure
from ler_trust.model.instant import Instant
from ler_trust.model.report import Outcome


@dataclass(frozen=True, slots=True)
class PlainTerms:
    """What a record must keep to in order to be plain.

    ``at`` is the time of interest and ``skew`` (microseconds) what clocks may be off. ``periods`` says
    whether proofs outside their own period count as not holding, ``dates`` whether the record's dates are
    looked at. ``kinds`` are the types of status entry whose format says ``is_plain``, ``None`` when status
    is not looked at. A record has ``status_entries`` entries at most.
    """

    at: Instant
    skew: int
    periods: bool
    dates: bool
    kinds: frozenset[str] | None
    status_entries: int


class ProofCell(NamedTuple):
    """Proofs that hold and differ in nothing that is reported of them."""

    pointer: str
    suite: str
    method: str | None


class StatusCell(NamedTuple):
    """Status entries that differ in their index alone, on records of one issuer.

    ``pointer`` is where in the record the entry stands.
    """

    pointer: str
    type: str
    list_url: str
    purpose: str
    issuer: str


class ActCell(NamedTuple):
    """Acts of issuing of which the registries say the same.

    ``issued_at`` is that of one of them; the others lie between the same two turns, or have none either.
    """

    issuer: str
    types: tuple[str, ...]
    issued_at: Instant | None
    issued_at_source: str


class Part(NamedTuple):
    """What is said of a cell: check results as JSON objects with commas between, ``b""`` for none.

    ``failed`` and ``unknown`` are the codes of the first result of that outcome that decides, ``passed`` says
    whether one that decides has passed.
    """

    checks: bytes
    failed: str | None = None
    unknown: str | None = None
    passed: bool = False


class StatusPart(NamedTuple):
    """What is said of a status cell: ``clear`` or ``set``, by the entry's bit in ``bits``.

    Without ``bits`` ``clear`` is said of every entry.
    """

    clear: Part
    set: Part
    bits: bytes | None


class ActPart(NamedTuple):
    """What is said of an act: ``part``, then the stated time of issuance as text, then ``rest``.

    Without ``rest`` the time is not told. ``issuer`` is the JSON value that names the issuer.
    """

    part: Part
    rest: bytes | None
    issuer: bytes


class DatesPart(NamedTuple):
    """What is said of dates: ``part``, followed by the dates as further members and ``rest``.

    Without ``rest`` no date is told.
    """

    part: Part
    rest: bytes | None


@dataclass(frozen=True, slots=True)
class PlainParts:
    """What the pipeline says of each cell, in the order in which the engine named them.

    ``dates`` is the same for all records, and so is ``no_status``: for those without a status entry, for all
    when status is not looked at. ``heads`` has, by outcome and the code that decided, the beginning of a
    report up to and including the bracket that opens its checks.
    """

    proofs: Sequence[Part]
    warnings: Sequence[Part]
    dates: DatesPart
    statuses: Sequence[StatusPart]
    no_status: Part
    acts: Sequence[ActPart]
    schemas: Sequence[Part]
    heads: Mapping[tuple[Outcome, str | None], bytes]


class Answer(NamedTuple):
    """The report on one record, ready to be sent: ``body`` is a JSON object without the caller's own id."""

    outcome: Outcome
    reason: str | None
    body: bytes


Warnings = tuple[Failure, ...]
"""A cell of records with the same warnings about their form."""
