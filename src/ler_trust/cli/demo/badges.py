"""Open Badges for the demonstration: written, signed, some of them spoilt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ler_trust.cli.demo.plan import Fate, Form, Planned
from ler_trust.codec import base64url
from ler_trust.contracts import Signer
from ler_trust.model.instant import DAY, Instant, format_instant
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact, sign_vc_jose, sign_vc_jwt

BADGE_TYPE: Final = "OpenBadgeCredential"
_CONTEXT_V1: Final = "https://www.w3.org/2018/credentials/v1"
_CONTEXT_V2: Final = "https://www.w3.org/ns/credentials/v2"
_OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_STATUS: Final = "https://www.w3.org/ns/credentials/status/v1"
_ED25519_2020: Final = "https://w3id.org/security/suites/ed25519-2020/v1"
_IN_V1: Final = frozenset({Form.ED25519_2020, Form.VC_JWT})
_ISSUED_BEFORE: Final = 30 * DAY  # how long ago the badges say they were issued
_EXPIRED_FOR: Final = 1 * DAY  # well past what clocks may differ by
_SKILLS: Final = (
    "Welding",
    "Bookkeeping",
    "First Aid",
    "Data Analysis",
    "Forklift Operation",
    "Team Leadership",
)

Badge = dict[str, Any] | str


@dataclass(frozen=True, slots=True)
class Pen:
    """What an issuer signs with: its signer, and the time it is."""

    signer: Signer
    now: Instant


def issue(planned: Planned, pen: Pen, status: Sequence[Mapping[str, Any]]) -> Badge:
    """Return the signed badge that ``planned`` asks for, with its status entries."""
    document = _document(planned, pen, status)
    if planned.fate is Fate.FORGED:
        return _forge(document, pen)
    badge = _sign(document, planned.form, pen)
    if planned.fate is Fate.TAMPERED and isinstance(badge, dict):
        badge["credentialSubject"]["achievement"]["name"] = "Neurosurgery"
    return badge


def _document(planned: Planned, pen: Pen, status: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = (
        ("issuanceDate", "expirationDate") if planned.form in _IN_V1 else ("validFrom", "validUntil")
    )
    skill = _SKILLS[planned.number % len(_SKILLS)]
    document = {
        "@context": _contexts(planned.form),
        "id": UUID(int=planned.number, version=4).urn,
        "type": ["VerifiableCredential", BADGE_TYPE],
        "name": skill,
        "issuer": {"id": pen.signer.issuer, "type": ["Profile"], "name": planned.role.title},
        first: format_instant(pen.now - _ISSUED_BEFORE),
        "credentialSubject": {
            "id": f"did:example:learner-{planned.number}",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"https://college.example.org/achievements/{planned.number % len(_SKILLS)}",
                "type": ["Achievement"],
                "name": skill,
                "description": f"Has shown the skills of {skill.lower()}.",
                "criteria": {"narrative": "Assessed at work and confirmed by two examiners."},
            },
        },
    }
    if planned.fate is Fate.EXPIRED:
        document[last] = format_instant(pen.now - _EXPIRED_FOR)
    return document | ({"credentialStatus": list(status)} if status else {})


def _contexts(form: Form) -> list[str]:
    if form is Form.ED25519_2020:
        return [_CONTEXT_V1, _OPEN_BADGES, _STATUS, _ED25519_2020]
    return [_CONTEXT_V1, _OPEN_BADGES, _STATUS] if form in _IN_V1 else [_CONTEXT_V2, _OPEN_BADGES]


def _sign(document: dict[str, Any], form: Form, pen: Pen) -> Badge:
    issued = pen.now - _ISSUED_BEFORE
    if form is Form.VC_JWT:
        return sign_vc_jwt(document, pen.signer, issued=issued)
    if form is Form.VC_JOSE:
        return sign_vc_jose(document, pen.signer, issued=issued)
    return add_proof(document, pen.signer, form.value, created=issued)


def _forge(document: dict[str, Any], pen: Pen) -> str:
    """Claim to be the issuer, and bring the key to be checked with along in the token's header."""
    forger = LocalSigner(Ed25519PrivateKey.generate())
    key = {"kty": "OKP", "crv": forger.kind.value, "x": base64url.encode(forger.public_key.material)}
    return sign_compact({"typ": "vc+jwt", "cty": "vc", "kid": forger.method, "jwk": key}, document, forger)
