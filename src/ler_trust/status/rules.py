"""What a policy asks of status lists, and whose lists count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from ler_trust.model.instant import SECOND
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.model.policy import Policy

KeepsLists = Callable[[str, str], bool]
"""Whether somebody may keep lists for others: by identifier and the type of what holds the list."""


def nobody(issuer: str, kind: str) -> bool:
    """Return that nobody keeps lists for others."""
    del issuer, kind
    return False


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What a policy asks of status lists.

    ``grace`` (microseconds) is how long past its freshness a list that could not be renewed still counts,
    ``skew`` (microseconds) how far the issuer's clock may be behind at the end of the list's validity;
    ``min_entries`` the fewest entries it may have, ``usual_entries`` the fewest that go without a warning;
    ``keeps_lists`` tells whose lists count beside the credential issuer's own, ``None`` for anybody's: those
    are then reported with a warning, and so is a list that names another address as its own.
    """

    grace: int = 0
    skew: int = 0
    min_entries: int = DEFAULT_LIMITS.status_list_bits
    usual_entries: int = DEFAULT_LIMITS.status_list_bits
    max_references: int = DEFAULT_LIMITS.status_entries
    keeps_lists: KeepsLists | None = nobody

    @classmethod
    def of(cls, policy: Policy, limits: Limits, keeps_lists: KeepsLists = nobody) -> Self:
        """Return the rules of ``policy``.

        Whose word counts is a matter of recognition: a policy that does not require it for issuers does not
        for the issuers of lists. ``keeps_lists`` tells who is recognised to keep lists for others.
        """
        return cls(
            policy.stale_list_grace * SECOND,
            policy.clock_skew * SECOND,
            policy.min_list_entries,
            limits.status_list_bits,
            limits.status_entries,
            keeps_lists if policy.issuer else None,
        )
