"""A credential's validity period (VCDM 2.0 §4.9, VCDM 1.1 §4.6 and §4.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.errors import Failure
from ler_trust.model.instant import Instant, parse_date_time_stamp

# The members of each data model, its own first. Those of the other bind too when they are there: under
# signatures over RDF a context can be exchanged for one that has both.
_FIRST: Final[Mapping[str, tuple[str, str]]] = {
    "1.1": ("issuanceDate", "validFrom"),
    "2.0": ("validFrom", "issuanceDate"),
}
_LAST: Final[Mapping[str, tuple[str, str]]] = {
    "1.1": ("expirationDate", "validUntil"),
    "2.0": ("validUntil", "expirationDate"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Both ends of the period, which member states the first, what is wrong, what is only unusual."""

    first_name: str
    first: Instant | None
    last: Instant | None
    fault: Failure | None
    warnings: tuple[Failure, ...]


def read_period(document: Mapping[str, Any], version: str) -> Period:
    """Return the period that ``document``, of the data model ``version``, states: the narrowest one."""
    findings: list[Failure] = []
    firsts = _instants(document, _FIRST[version], findings)
    lasts = _instants(document, _LAST[version], findings)
    if version == "1.1" and "issuanceDate" not in document:
        findings.append(_fault("issuanceDate is missing", "issuanceDate"))
    first_name, first = max(firsts.items(), key=lambda item: item[1], default=("", None))
    last_name, last = min(lasts.items(), key=lambda item: item[1], default=("", None))
    if first is not None and last is not None and first > last:
        findings.append(_fault(f"{first_name} is later than {last_name}", last_name))
    fault = next((finding for finding in findings if finding.decided), None)
    return Period(first_name, first, last, fault, tuple(one for one in findings if not one.decided))


def _instants(
    document: Mapping[str, Any], names: tuple[str, ...], findings: list[Failure]
) -> dict[str, Instant]:
    """Return the instants of the members that can be read; what is wrong or unusual goes to ``findings``."""
    found: dict[str, Instant] = {}
    for name in names:
        if name in document:
            try:
                found[name], has_offset = parse_date_time_stamp(document[name])
            except TypeError:
                findings.append(_fault(f"{name} is not text", name))
            except ValueError as error:
                findings.append(_fault(f"{name}: {error}", name))
            else:
                findings.extend([] if has_offset else [_no_offset(name)])
    return found


def _no_offset(name: str) -> Failure:
    detail = f"{name} has no offset and was read as UTC"
    return Failure(decided=False, code="validity.malformed", detail=detail, pointer=f"/{name}")


def _fault(detail: str, name: str) -> Failure:
    return Failure(decided=True, code="validity.malformed", detail=detail, pointer=f"/{name}")
