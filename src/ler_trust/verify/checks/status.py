"""Has the issuer revoked or suspended it? One result a status entry, each judged by itself (law 5)."""

from ler_trust.errors import Failure
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.status.entries import ended_before
from ler_trust.status.judge import judge_status
from ler_trust.status.rules import KeepsLists, StatusRules, nobody
from ler_trust.verify.evidence import Evidence


def check_status(secured: SecuredCredential, evidence: Evidence, policy: Policy) -> list[CheckResult]:
    """Return what each status entry says by the lists gathered; a record without entries passes, saying so.

    Asked about the past, a list speaks of that time where its publisher keeps it, else of the present.
    """
    if not secured.status:
        return [CheckResult("status", CheckOutcome.PASS, evidence={"entries": 0})]
    rules = StatusRules.of(policy, evidence.limits, _keepers(evidence, policy))
    return list(
        judge_status(
            secured,
            evidence.lists,
            evidence.formats,
            rules,
            evidence.now,
            at=evidence.at if evidence.at < evidence.now else None,
            ended=ended_before(policy, evidence.at),
        )
    )


def _keepers(evidence: Evidence, policy: Policy) -> KeepsLists:
    """Return who the registries say keeps lists for others; without registries to ask nobody does."""
    trust = evidence.trust
    if isinstance(trust, Failure):
        return nobody
    return lambda issuer, kind: trust.keeps_lists(
        issuer, kind, now=evidence.now, registries=policy.registries
    )
