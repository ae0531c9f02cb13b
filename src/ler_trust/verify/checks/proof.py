"""Was it signed by the issuer it names? One result a proof, and each must hold."""

from collections.abc import Sequence

from ler_trust.model.did import DidDocument
from ler_trust.model.engine import Authentication, ProofOutcome
from ler_trust.model.instant import SECOND, format_instant
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.verify.binding import controller_of_method
from ler_trust.verify.checks.result import failed
from ler_trust.verify.evidence import Evidence
from ler_trust.verify.period import outside_period


def check_proofs(authentication: Authentication, evidence: Evidence, policy: Policy) -> list[CheckResult]:
    """Return one result for each proof: the engine's word on the signature, then the proof's own period.

    A policy that leaves validity out leaves the proof's period out as well.
    """
    return [check_proof(proof, evidence, policy) for proof in authentication.proofs]


def holds(results: Sequence[CheckResult]) -> bool:
    """Return whether there is a proof and every one holds."""
    return bool(results) and all(result.outcome is CheckOutcome.PASS for result in results)


def check_proof(proof: ProofOutcome, evidence: Evidence, policy: Policy) -> CheckResult:
    """Return the result for one proof."""
    shown = _shown(proof, evidence)
    failure = proof.failure
    if failure is None and policy.validity:
        failure = outside_period(proof, evidence.at, policy.clock_skew * SECOND)
    if failure is not None:
        return failed("proof", failure, pointer=failure.pointer or proof.pointer, evidence=shown)
    return CheckResult("proof", CheckOutcome.PASS, pointer=proof.pointer, evidence=shown)


def _shown(proof: ProofOutcome, evidence: Evidence) -> dict[str, str]:
    shown = {"suite": proof.suite}
    if proof.method is not None:
        shown["key"] = proof.method
        document = evidence.documents.get(controller_of_method(proof.method))
        if isinstance(document, DidDocument):
            shown["resolved_at"] = format_instant(document.resolved_at)
    return shown
