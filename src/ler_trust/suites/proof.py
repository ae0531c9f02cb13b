"""One Data Integrity proof, read from its JSON (Data Integrity 1.0 §2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ler_trust.codec import multibase
from ler_trust.errors import Rejected
from ler_trust.model.instant import Instant, parse_date_time_stamp
from ler_trust.suites import table
from ler_trust.suites.cryptosuite import Cryptosuite

PURPOSE: Final = "assertionMethod"  # the relationship that a credential's key must be under (VCDM 2.0 §4.12)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of a supported suite, in form; ``members`` is the whole of it as received."""

    members: Mapping[str, Any]
    suite: Cryptosuite
    method: str
    signature: bytes
    previous: tuple[str, ...]
    created: Instant | None
    expires: Instant | None


def read(value: Any) -> Proof:
    """Return the proof that ``value`` holds.

    Raises ``Undecided('proof.suite_unsupported')``, ``Rejected('proof.malformed')``, or
    ``Rejected('proof.purpose')`` when the proof was not made to assert a credential.
    """
    if not isinstance(value, dict):
        raise Rejected("proof.malformed", "the proof is not an object")
    suite = table.suite_of(value)
    method, purpose = _text(value, "verificationMethod"), _text(value, "proofPurpose")
    created, expires = _instant(value, "created"), _instant(value, "expires")
    if suite.created_required and created is None:
        raise Rejected("proof.malformed", f"{suite.name} must have created")
    if purpose != PURPOSE:
        raise Rejected("proof.purpose", f"the proof's purpose is not {PURPOSE}")
    return Proof(value, suite, method, _signature(value), _previous(value), created, expires)


def _text(proof: Mapping[str, Any], name: str) -> str:
    value = proof.get(name)
    if not isinstance(value, str) or not value:
        raise Rejected("proof.malformed", f"the proof has no {name}")
    return value


def _instant(proof: Mapping[str, Any], name: str) -> Instant | None:
    if name not in proof:
        return None
    try:
        instant, _ = parse_date_time_stamp(_text(proof, name))
    except ValueError as error:
        raise Rejected("proof.malformed", f"{name}: {error}") from None
    return instant


def _signature(proof: Mapping[str, Any]) -> bytes:
    try:
        return multibase.decode_base58btc(_text(proof, "proofValue"))
    except ValueError as error:
        raise Rejected("proof.malformed", f"proofValue: {error}") from None


def _previous(proof: Mapping[str, Any]) -> tuple[str, ...]:
    named = proof.get("previousProof", [])
    ids = named if isinstance(named, list) else [named]
    if "previousProof" in proof and (not ids or not all(isinstance(one, str) and one for one in ids)):
        raise Rejected("proof.malformed", "previousProof does not name a proof")
    return tuple(ids)
