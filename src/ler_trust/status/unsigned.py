"""A list as its issuer is to sign it, in each form, and whether what was signed is exactly that. Pure.

What is uploaded may differ from what was given out in its signature alone. Nothing here checks signatures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ler_trust.codec import base64url, json_safe
from ler_trust.errors import Rejected, Undecided
from ler_trust.model.limits import KIB, Limits
from ler_trust.model.status import ListSecuring
from ler_trust.status import cose, token_forms
from ler_trust.status.version import IssuersKey, ListVersion
from ler_trust.suites import signing, token

ROOM: Final = 8 * KIB  # bytes that proofs, names and white space may add to what is signed
_PROOF: Final = frozenset(
    {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue", "@context"}
)

Require = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One form of a list before it is signed.

    ``said`` are the members that tell the issuer what to sign (values that JSON has); ``require`` raises
    ``Rejected('request.other_rendering')`` for bytes that say anything else; ``most`` is how many bytes the
    signed form may have; ``secured_by`` says what is to be checked of the signature.
    """

    said: Mapping[str, Any] = field(repr=False)
    require: Require = field(repr=False)
    most: int
    secured_by: ListSecuring


def as_document(
    document: Mapping[str, Any], version: ListVersion, key: IssuersKey, suites: Sequence[str]
) -> Unsigned:
    """Return a credential to be secured by one Data Integrity proof of one of ``suites``."""
    proofs = []
    for suite in suites:
        proof, data = signing.unsigned_proof(document, key.method, key.kind, suite, version.published_at)
        proofs.append({"proof": proof, "to_be_signed": base64url.encode(data)})
    most = len(orjson.dumps(document)) + ROOM

    def require(body: bytes) -> None:
        found = _json(body, most)
        proof = found.pop("proof", None)
        _require_same(found, document, "")
        _require_proof(proof, document, key, suites)

    return Unsigned({"document": document, "proofs": proofs}, require, most, ListSecuring.CREDENTIAL)


def as_credential_jwt(document: Mapping[str, Any], version: ListVersion, key: IssuersKey) -> Unsigned:
    """Return a credential to be secured as ``vc+jwt`` (VC-JOSE-COSE 1.0 §3.1.1)."""
    parts = signing.vc_jose_parts(document, key.method, version.published_at)
    return _jwt(*parts, key, ListSecuring.CREDENTIAL)


def as_token_jwt(version: ListVersion, key: IssuersKey) -> Unsigned:
    """Return a Status List Token to be signed as a JWT (draft-ietf-oauth-status-list §5.1)."""
    return _jwt(*token_forms.jwt_parts(version, key), key, ListSecuring.TOKEN)


def as_token_cwt(version: ListVersion, key: IssuersKey) -> Unsigned:
    """Return a Status List Token to be signed as a CWT (§5.2): header and claims byte for byte as given."""
    protected, payload = token_forms.cwt_parts(version, key)
    most = len(protected) + len(payload) + ROOM

    def require(body: bytes) -> None:
        try:
            cose.parse(body)
            found = cose.loads(body).value
        except (Rejected, Undecided) as finding:
            raise _other(f"{finding.code.name}: {finding.detail}") from finding
        if list(found[:3]) != [protected, {}, payload]:
            raise _other("header or claims are not, byte for byte, what was to be signed")

    said = {
        "protected": base64url.encode(protected),
        "payload": base64url.encode(payload),
        "to_be_signed": base64url.encode(token_forms.to_be_signed(protected, payload)),
    }
    return Unsigned(said, require, most, ListSecuring.TOKEN)


def _jwt(
    header: Mapping[str, Any], claims: Mapping[str, Any], key: IssuersKey, secured_by: ListSecuring
) -> Unsigned:
    full = {"alg": signing.algorithm_name(key.kind), **header}
    text = signing.signing_input(full, claims).encode("ascii")
    most = len(text) + ROOM

    def require(body: bytes) -> None:
        try:
            found = token.parse(body.decode("ascii"), Limits(item_bytes=most))
        except UnicodeDecodeError as error:
            raise _other("not a JWT") from error
        except (Rejected, Undecided) as finding:
            raise _other(f"{finding.code.name}: {finding.detail}") from finding
        _require_same(found.header, full, " in the header")
        _require_same(found.payload, claims, "")

    said = {"header": full, "claims": claims, "to_be_signed": base64url.encode(text)}
    return Unsigned(said, require, most, secured_by)


def _json(body: bytes, most: int) -> dict[str, Any]:
    try:
        found = json_safe.loads(body, Limits(item_bytes=most))
    except Rejected as finding:
        raise _other(f"{finding.code.name}: {finding.detail}") from finding
    if not isinstance(found, dict):
        raise _other("not a JSON object")
    return found


def _require_proof(
    proof: object, document: Mapping[str, Any], key: IssuersKey, suites: Sequence[str]
) -> None:
    if not isinstance(proof, dict):
        raise _other("there is not one proof")
    for name in proof.keys() - _PROOF:
        raise _other(f"the proof has {name[:64]!r}")
    expected = {
        "type": "DataIntegrityProof",
        "verificationMethod": key.method,
        "proofPurpose": "assertionMethod",
    }
    for name, value in expected.items():
        if proof.get(name) != value:
            raise _other(f"the proof's {name} is not {value}")
    if proof.get("cryptosuite") not in suites:
        raise _other(f"the proof's cryptosuite is not {' or '.join(suites)}")
    if "@context" in proof:
        _require_same({"@context": proof["@context"]}, {"@context": document["@context"]}, " in the proof")


def _require_same(found: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    """Raise ``Rejected`` unless all members are there, no others, and each says the same to the letter."""
    for name in found.keys() - expected.keys():
        raise _other(f"there is {name[:64]!r}{where}, which was not to be signed")
    for name, value in expected.items():
        if name not in found or _written(found[name]) != _written(value):
            raise _other(f"{name}{where} is not what was to be signed")


def _written(value: object) -> bytes:
    # As text: 1, 1.0 and true are the same to Python and not to those who read the list.
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _other(detail: str) -> Rejected:
    return Rejected("request.other_rendering", detail)
