"""Issuers with fixed keys and the badges they issue, for every test that needs a signed credential.

Everything is determined by the arguments, except RSA keys, which are made once in a test run.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from ler_trust.errors import Failure
from ler_trust.model.did import KeyKind, VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed, Material
from ler_trust.model.instant import Instant, parse_date_time_stamp
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose, sign_vc_jwt

CONTEXT_V1: Final = "https://www.w3.org/2018/credentials/v1"
CONTEXT_V2: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
ED25519_2020: Final = "https://w3id.org/security/suites/ed25519-2020/v1"
CREATED: Final = "2025-06-01T12:00:00Z"

ENGINE: Final = ReferenceEngine()

_NOT_BOUND: Final = Failure(
    decided=True, code="proof.key_not_bound", detail="not a key of the issuer's", pointer=""
)


def instant(stamp: str) -> Instant:
    """Return the instant that ``stamp`` names."""
    return parse_date_time_stamp(stamp)[0]


@cache
def signer(
    kind: KeyKind = KeyKind.ED25519, name: str = "issuer", *, method: str | None = None
) -> LocalSigner:
    """Return the key of the issuer called ``name``: a did:key unless ``method`` gives its address."""
    if kind is KeyKind.RSA:
        key = generate_private_key(public_exponent=65537, key_size=2048)
        return LocalSigner(key, method=method or f"did:web:{name}.example.org#key-1")
    return LocalSigner.from_seed(kind, sha256(f"{name} {kind}".encode()).digest(), method=method)


def badge(issuer: str, /, number: int = 1, *, version: str = "2.0", **members: Any) -> dict[str, Any]:
    """Return an unsigned Open Badge numbered ``number``, in either data model, with ``members`` added."""
    first = {"2.0": "validFrom", "1.1": "issuanceDate"}[version]
    contexts = {
        "2.0": [CONTEXT_V2, OPEN_BADGES, ED25519_2020],
        "1.1": [CONTEXT_V1, OPEN_BADGES, DATA_INTEGRITY, ED25519_2020],
    }
    return {
        "@context": contexts[version],
        "id": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"Teamwork {number}",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Example College"},
        first: "2025-01-01T00:00:00Z",
        "credentialSubject": {
            "id": f"did:example:learner-{number}",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://college.example.org/achievements/teamwork",
                "type": ["Achievement"],
                "name": "Teamwork",
                "description": "Works well with others.",
                "criteria": {"narrative": "Nominated by peers and confirmed by staff."},
            },
        },
        **members,
    }


def signed_badge(
    cryptosuite: str = "eddsa-rdfc-2022",
    by: LocalSigner | None = None,
    number: int = 1,
    *,
    version: str = "2.0",
    **members: Any,
) -> dict[str, Any]:
    """Return a badge with one Data Integrity proof by ``by``."""
    by = by or signer()
    document = badge(by.issuer, number, version=version, **members)
    return add_proof(document, by, cryptosuite, created=instant(CREATED))


def jose_badge(by: LocalSigner | None = None, number: int = 1, **members: Any) -> str:
    """Return a badge as a ``vc+jwt``."""
    by = by or signer()
    return sign_vc_jose(badge(by.issuer, number, **members), by, issued=instant(CREATED))


def jwt_badge(by: LocalSigner | None = None, number: int = 1, *, version: str = "2.0", **members: Any) -> str:
    """Return a badge as a JWT with claims, in the form of its data model."""
    by = by or signer()
    return sign_vc_jwt(badge(by.issuer, number, version=version, **members), by)


def verification_method(by: LocalSigner) -> VerificationMethod:
    """Return the key of ``by`` as a resolver finds it."""
    return VerificationMethod(by.method, by.issuer, by.public_key)


def material(
    items: Sequence[bytes], *signers: LocalSigner, contexts: Mapping[str, bytes] | None = None
) -> Material:
    """Return what a resolver gathers for ``items`` that knows the documents of ``signers`` and no others."""
    needs = [need for survey in ENGINE.survey(items) for need in survey.keys]
    return Material({need: _found(need, signers) for need in needs}, contexts or {})


def _found(need: KeyNeed, signers: Sequence[LocalSigner]) -> tuple[VerificationMethod, ...] | Failure:
    own = [one for one in signers if one.issuer == need.issuer]
    found = tuple(verification_method(one) for one in own if need.method in (None, one.method))
    return found or _NOT_BOUND


def authenticate(item: bytes | str | dict[str, Any], *signers: LocalSigner, **options: Any) -> Authentication:
    """Return what the reference engine says of one item when the documents of ``signers`` are known."""
    content = encoded(item)
    known = signers or (signer(),)
    return ENGINE.authenticate([content], material([content], *known), **options)[0]


def encoded(item: bytes | str | dict[str, Any]) -> bytes:
    """Return the bytes of an item given as bytes, as a token or as a JSON object."""
    if isinstance(item, dict):
        return orjson.dumps(item)
    return item.encode() if isinstance(item, str) else item


def failure_of(authentication: Authentication) -> Failure | None:
    """Return why an item with one proof did not hold: its own failure, else its proof's."""
    return authentication.failure or authentication.proofs[0].failure


def code_of(authentication: Authentication) -> str | None:
    """Return the code of :func:`failure_of`, ``None`` for an item that holds."""
    failure = failure_of(authentication)
    return None if failure is None else failure.code
