"""Reads a secured document as a verifiable credential (VCDM 2.0 §4, VCDM 1.1 §4).

What keeps it from being a conforming one is reported beside what could be read, the first finding
that decides: the proof has held, so the issuer really said this.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.codec.pointer import child
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import Instant
from ler_trust.model.limits import Limits
from ler_trust.suites.embedded import embedded_credentials
from ler_trust.suites.members import CONTEXT_V1, CONTEXT_V2, as_list, first_context, identifier, is_url, texts
from ler_trust.suites.period import Period, read_period

_UNSUPPORTED: Final = (
    "ClrCredential",
    "VerifiablePresentation",
    "EnvelopedVerifiableCredential",
    "EnvelopedVerifiablePresentation",
)
_TYPED: Final = ("credentialStatus", "credentialSchema", "termsOfUse", "evidence", "refreshService")


@dataclass(frozen=True, slots=True)
class Issued:
    """When the proof says that it was made, and which member says so; ``at`` is ``None`` when none does."""

    at: Instant | None
    source: str


def require_supported(document: Mapping[str, Any]) -> None:
    """Raise ``Undecided('format.unsupported')``, by name, for a record that is not one plain credential."""
    kinds = texts(document.get("type"))
    for name in _UNSUPPORTED:
        if name in kinds:
            raise Undecided("format.unsupported", f"a {name}", "/type")


def issuer_of(document: Mapping[str, Any]) -> str:
    """Return the issuer's id; raises ``Rejected('format.credential')`` when there is none."""
    issuer = identifier(document.get("issuer"))
    if issuer is None:
        raise Rejected("format.credential", "the issuer is not named", "/issuer")
    return issuer


def read(
    document: Mapping[str, Any], issuer: str, issued: Issued, limits: Limits, *, keep: bool
) -> SecuredCredential:
    """Return the fields of ``document``, which has no proof any more; all of it too when ``keep``."""
    version = "1.1" if first_context(document) == CONTEXT_V1 else "2.0"
    period = read_period(document, version)
    embedded, too_many = embedded_credentials(document, limits)
    at, source = (issued.at, issued.source) if issued.at is not None else (period.first, period.first_name)
    status = _entries(document, "credentialStatus")
    return SecuredCredential(
        version=version,
        id=identifier(document.get("id")),
        types=texts(document.get("type")),
        issuer=issuer,
        valid_from=period.first,
        valid_until=period.last,
        issued_at=at,
        issued_at_source=source if at is not None else "",
        status=tuple((place, entry) for place, entry in status if isinstance(entry, dict)),
        schemas=tuple(
            kind for _, schema in _entries(document, "credentialSchema") for kind in _types(schema)
        ),
        embedded=embedded,
        malformed=_first_fault(document, period, limits) or too_many,
        warnings=period.warnings,
        document=document if keep else None,
    )


def _first_fault(document: Mapping[str, Any], period: Period, limits: Limits) -> Failure | None:
    try:
        for check in _CHECKS:
            check(document)
        if period.fault is not None:
            return period.fault
        _require_few_entries(document, limits)
    except (Rejected, Undecided) as finding:
        return Failure.of(finding)
    return None


def _check_context(document: Mapping[str, Any]) -> None:
    if first_context(document) not in (CONTEXT_V1, CONTEXT_V2):
        raise Rejected("context.order", pointer="/@context")
    for index, context in enumerate(document["@context"]):
        if not isinstance(context, dict) and not is_url(context):
            raise Rejected("format.credential", "neither a URL nor an object", child("/@context", index))


def _check_id(document: Mapping[str, Any]) -> None:
    if "id" in document and not is_url(document["id"]):
        raise Rejected("format.credential", "the id is not a URL", "/id")


def _check_type(document: Mapping[str, Any]) -> None:
    kinds = document.get("type")
    if "VerifiableCredential" not in texts(kinds) or len(texts(kinds)) != len(as_list(kinds)):
        raise Rejected("format.credential", "the type does not include VerifiableCredential", "/type")


def _check_issuer(document: Mapping[str, Any]) -> None:
    if not is_url(identifier(document.get("issuer"))):
        raise Rejected("format.credential", "the issuer is not a URL", "/issuer")


def _check_subject(document: Mapping[str, Any]) -> None:
    subjects = as_list(document.get("credentialSubject"))
    if not subjects or not all(isinstance(subject, dict) and subject for subject in subjects):
        raise Rejected("format.credential", "no subject with a claim about it", "/credentialSubject")
    for subject in subjects:
        if "id" in subject and not is_url(subject["id"]):
            raise Rejected("format.credential", "the subject's id is not a URL", "/credentialSubject")


def _check_typed(document: Mapping[str, Any]) -> None:
    for name in _TYPED:
        for pointer, entry in _entries(document, name):
            if not _types(entry):
                raise Rejected("format.credential", f"{name} without a type", pointer)
    for pointer, schema in _entries(document, "credentialSchema"):
        if not is_url(identifier(schema)):
            raise Rejected("format.credential", "credentialSchema without an id", pointer)


def _require_few_entries(document: Mapping[str, Any], limits: Limits) -> None:
    count = len(_entries(document, "credentialStatus"))
    if count > limits.status_entries:
        raise Undecided("status.too_many", f"{count}, more than {limits.status_entries}", "/credentialStatus")


_CHECKS: Final[tuple[Callable[[Mapping[str, Any]], None], ...]] = (
    _check_context,
    _check_id,
    _check_type,
    _check_issuer,
    _check_subject,
    _check_typed,
)


def _entries(document: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    """Return the value or values of a member with their pointers; none when it is not there."""
    if name not in document:
        return []
    value = document[name]
    if not isinstance(value, list):
        return [(f"/{name}", value)]
    return [(f"/{name}/{index}", entry) for index, entry in enumerate(value)]


def _types(entry: object) -> tuple[str, ...]:
    return texts(entry.get("type")) if isinstance(entry, dict) else ()
