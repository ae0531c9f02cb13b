"""Everything gathered for a batch, as one frozen value for the pure half of the walk."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ler_trust.contracts import StatusFormat, TrustView
from ler_trust.errors import Failure
from ler_trust.model.instant import Instant
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.status import ListKey, StatusListEvidence
from ler_trust.verify.binding import Documents


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks may rely on.

    ``now`` is when the evidence was gathered, ``at`` the time of interest (the same, unless the caller asked
    about another time). ``lists`` is by list, ``formats`` by the type of status entry.
    """

    now: Instant
    at: Instant
    documents: Documents = field(repr=False)
    lists: Mapping[ListKey, StatusListEvidence | Failure] = field(repr=False)
    trust: TrustView | Failure = field(repr=False)
    formats: Mapping[str, StatusFormat] = field(repr=False)
    limits: Limits = DEFAULT_LIMITS
