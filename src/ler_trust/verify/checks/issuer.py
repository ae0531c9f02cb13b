"""Is the issuer recognised for this type of record, here, then and now?"""

from typing import Any, Final

from ler_trust.errors import Failure
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import format_instant
from ler_trust.model.policy import AuthorisedWhen, Policy
from ler_trust.model.report import CheckOutcome, CheckResult, IssuerName
from ler_trust.model.statement import RegistryMatch, TrustAnswer
from ler_trust.verify.checks.result import failed
from ler_trust.verify.evidence import Evidence

_HOW_TO_ADD: Final = (
    "no registry that this policy trusts has a statement about the issuer; a governor can add one with "
    "`ler-trust registry add-statement` or POST /v1/registries/{registry}/statements"
)


def check_issuer(
    secured: SecuredCredential, evidence: Evidence, policy: Policy
) -> tuple[list[CheckResult], IssuerName]:
    """Ask the registries about the issuer at the stated time of issuance and at the time of interest.

    Returns the results and the issuer's name as a registry has it. An issuer that no registry knows is
    ``unknown``; one that is known and not authorised is ``fail``, unless another registry could not be asked.
    """
    if isinstance(evidence.trust, Failure):
        return [failed("issuer", evidence.trust)], IssuerName(secured.issuer, None)
    answer = evidence.trust.answer(
        secured.issuer,
        secured.types,
        issued_at=evidence.at if secured.issued_at is None else secured.issued_at,
        now=evidence.at,
        jurisdiction=policy.jurisdiction,
        registries=policy.registries,
    )
    name = next((match.entity_name for match in answer.matching if match.entity_name), None)
    return _judge(answer, secured, policy), IssuerName(secured.issuer, name)


def _judge(answer: TrustAnswer, secured: SecuredCredential, policy: Policy) -> list[CheckResult]:
    accepted = next((match for match in answer.matching if _authorised(match, policy)), None)
    shown = _shown(answer, accepted, secured)
    if accepted is not None:
        passed = CheckResult("issuer", CheckOutcome.PASS, evidence=shown)
        return [passed] if accepted.now else [passed, _no_longer(accepted)]
    if answer.unchecked:
        names = ", ".join(name for name, _ in answer.unchecked)
        failure = Failure(False, "issuer.registry_unreachable", f"not asked: {names}", retryable=True)
    elif answer.matching:
        refusal = next((match.refusal for match in answer.matching if match.refusal), None)
        failure = Failure(True, refusal or "issuer.time_not_authorised", "a registry knows the issuer")
    else:
        failure = Failure(False, "issuer.not_recognised", _HOW_TO_ADD)
    return [failed("issuer", failure, pointer="/issuer", evidence=shown)]


def _authorised(match: RegistryMatch, policy: Policy) -> bool:
    if policy.authorised_when is AuthorisedWhen.ISSUANCE:
        return match.at_issuance
    if policy.authorised_when is AuthorisedWhen.NOW:
        return match.now
    return match.at_issuance and match.now


def _no_longer(match: RegistryMatch) -> CheckResult:
    return CheckResult(
        "issuer",
        CheckOutcome.WARNING,
        "issuer.no_longer_authorised",
        "/issuer",
        "authorised at the stated time of issuance, which nothing but the issuer's word confirms",
        decides=False,
        evidence={"registry": match.registry, "sequence": match.sequence},
    )


def _shown(answer: TrustAnswer, accepted: RegistryMatch | None, secured: SecuredCredential) -> dict[str, Any]:
    shown: dict[str, Any] = {"sequence": answer.sequence}
    if accepted is not None:
        shown |= {"registry": accepted.registry, "at_issuance": accepted.at_issuance, "now": accepted.now}
    if secured.issued_at is not None:
        shown |= {
            "issued_at": format_instant(secured.issued_at),
            "issued_at_source": secured.issued_at_source,
        }
    shown["matching"] = [_match_shown(match) for match in answer.matching]
    shown["unchecked"] = [{"registry": name, "reason": failure.detail} for name, failure in answer.unchecked]
    return shown


def _match_shown(match: RegistryMatch) -> dict[str, Any]:
    return {
        "registry": match.registry,
        "name": match.registry_name,
        "authority": match.authority,
        "statement": match.statement,
        "sequence": match.sequence,
        "at_issuance": match.at_issuance,
        "now": match.now,
        "refusal": match.refusal,
    }
