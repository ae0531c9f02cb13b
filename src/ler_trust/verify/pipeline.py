"""The pure walk of one credential, from its authentication and the evidence to its report.

(1) format     could it be read as a secured credential at all
(2) proof      every proof: signature, key, period
(3) form       is what was secured a conforming credential
(4) validity   within its own dates
(5) status     every status entry
(6) issuer     recognised for this type, here, then and now
(7) embedded   every credential inside it, judged by this same walk
(8) named      what was not checked is listed as such

A failure in (1) or (2) ends the walk: nothing an unauthenticated document says is evaluated, so an
expired forgery is reported as a forgery.
"""

from collections.abc import Sequence
from dataclasses import replace

from ler_trust.errors import Failure
from ler_trust.model.engine import Authentication, SecuredCredential
from ler_trust.model.policy import Policy
from ler_trust.model.report import CheckOutcome, CheckResult, IssuerName, Outcome, Report
from ler_trust.verify.checks.issuer import check_issuer
from ler_trust.verify.checks.proof import holds
from ler_trust.verify.checks.result import failed, skipped
from ler_trust.verify.checks.status import check_status
from ler_trust.verify.checks.validity import check_validity
from ler_trust.verify.evidence import Evidence
from ler_trust.verify.fold import fold

EVALUATED = ("validity", "status", "issuer")


def authenticated(authentication: Authentication, proofs: Sequence[CheckResult]) -> bool:
    """Return whether what the item says may be believed: it can be read, and each of ``proofs`` holds."""
    return authentication.failure is None and authentication.secured is not None and holds(proofs)


def judge(
    authentication: Authentication,
    proofs: Sequence[CheckResult],
    evidence: Evidence,
    policy: Policy,
    children: Sequence[Report] = (),
) -> Report:
    """Return the report on one credential.

    ``proofs`` is what :func:`ler_trust.verify.checks.proof.check_proofs` says of it; ``children`` are the
    reports on the credentials inside it.
    """
    if authentication.failure is not None:  # (1)
        return report_failure(authentication.failure)
    secured = authentication.secured  # (2)
    if secured is None or not holds(proofs):
        return _report([*proofs, *_not_run()], None)
    checks = [*proofs, *say_form(secured)]  # (3)
    checks += say_validity(secured, evidence, policy)  # (4)
    checks += say_status(secured, evidence, policy)  # (5)
    found, issuer = say_issuer(secured, evidence, policy)  # (6)
    checks += [*found, *_say_embedded(children), *say_named(secured)]  # (7), (8)
    return _report(checks, issuer, children)


def report_failure(failure: Failure) -> Report:
    """Return the report on something that could not be read as a credential."""
    return _report([failed("format", failure), *_not_run("proof", *EVALUATED)], None)


def _report(
    checks: Sequence[CheckResult], issuer: IssuerName | None, children: Sequence[Report] = ()
) -> Report:
    outcome, reason = fold(checks)
    return Report(outcome, reason, tuple(checks), issuer, children=tuple(children))


def _not_run(*names: str) -> list[CheckResult]:
    return [skipped(name, "check.not_run") for name in names or EVALUATED]


def say_form(secured: SecuredCredential) -> list[CheckResult]:
    """Return what keeps the record from conforming, or what is unusual about its form."""
    if secured.malformed is not None:
        return [failed("format", secured.malformed)]
    return [
        CheckResult("format", CheckOutcome.WARNING, found.code, found.pointer, found.detail, decides=False)
        for found in secured.warnings
    ]


def say_validity(secured: SecuredCredential, evidence: Evidence, policy: Policy) -> list[CheckResult]:
    """Return what the policy wants to be said of the record's own dates."""
    return _governed([check_validity(secured, evidence.at, policy)], "validity", policy)


def say_status(secured: SecuredCredential, evidence: Evidence, policy: Policy) -> list[CheckResult]:
    """Return what the policy wants to be said of the record's status entries."""
    return _governed(check_status(secured, evidence, policy), "status", policy)


def say_issuer(
    secured: SecuredCredential, evidence: Evidence, policy: Policy
) -> tuple[list[CheckResult], IssuerName]:
    """Return what the policy wants to be said of the issuer, and the issuer's name as a registry has it."""
    if not (policy.issuer or policy.report_unrequired):
        return [skipped("issuer", "check.not_required")], IssuerName(secured.issuer, None)
    found, issuer = check_issuer(secured, evidence, policy)
    return _governed(found, "issuer", policy), issuer


def say_named(secured: SecuredCredential) -> list[CheckResult]:
    """Return what was not checked, by name."""
    named = [skipped("holder", "holder.not_checked")]
    if secured.schemas:
        named.insert(0, skipped("schema", "schema.not_checked", "declared: " + ", ".join(secured.schemas)))
    return named


def _governed(results: Sequence[CheckResult], name: str, policy: Policy) -> list[CheckResult]:
    """Apply the policy to a check: it decides, or is reported without deciding, or is left out by name."""
    if {"validity": policy.validity, "status": policy.status, "issuer": policy.issuer}[name]:
        return list(results)
    if policy.report_unrequired:
        return [replace(result, decides=False) for result in results]
    return [skipped(name, "check.not_required")]


def _say_embedded(children: Sequence[Report]) -> list[CheckResult]:
    """Name endorsements that do not hold; they are others' words about the record and do not decide on it."""
    codes = {Outcome.INVALID: "embedded.not_valid", Outcome.INDETERMINATE: "embedded.undecided"}
    return [
        CheckResult("embedded", CheckOutcome.WARNING, codes[child.outcome], child.pointer, decides=False)
        for child in children
        if child.outcome in codes
    ]
