"""A list as a verifiable credential: made, signed, and read back as a verifier would before it is seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson

from ler_trust.contracts import Engine, StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.did import KeyKind, VerificationMethod
from ler_trust.model.engine import Material, SecuredCredential
from ler_trust.model.instant import format_instant
from ler_trust.model.status import StatusList
from ler_trust.status.version import ListSigner, ListVersion, not_published
from ler_trust.suites.signing import add_proof, sign_vc_jose

CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
CONTEXTS_2021: Final = (
    "https://www.w3.org/2018/credentials/v1",
    "https://w3id.org/vc/status-list/2021/v1",
    "https://w3id.org/security/data-integrity/v2",
)
RDFC: Final[Mapping[KeyKind, str]] = MappingProxyType(
    {
        KeyKind.ED25519: "eddsa-rdfc-2022",
        KeyKind.P256: "ecdsa-rdfc-2019",
        KeyKind.P384: "ecdsa-rdfc-2019",
    }
)
JCS: Final[Mapping[KeyKind, str]] = MappingProxyType(
    {
        KeyKind.ED25519: "eddsa-jcs-2022",
        KeyKind.P256: "ecdsa-jcs-2019",
        KeyKind.P384: "ecdsa-jcs-2019",
    }
)

Secure = Callable[[Mapping[str, Any], ListVersion, ListSigner], bytes]
Document = Callable[[ListVersion, str, StatusFormat], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CredentialForm:
    """Says a list as a credential of ``status_format``; ``document`` and ``secure`` make it."""

    status_format: StatusFormat
    engine: Engine
    document: Document
    secure: Secure

    def make(self, version: ListVersion, signer: ListSigner) -> bytes:
        """Return the signed credential; takes CPU time, and no other.

        Raises ``Undecided('request.unavailable')`` when what was signed does not read back as ``version``.
        """
        body = self.secure(self.document(version, signer.issuer, self.status_format), version, signer)
        secured = self._authenticated(body, signer)
        if secured is None or (secured.id, secured.issuer) != (version.address, signer.issuer):
            raise not_published("the signed list does not verify")
        self._require_said(secured.document or {}, version)
        return body

    def unsigned(self, version: ListVersion, issuer: str) -> Mapping[str, Any]:
        """Return the credential as its issuer is to sign it; takes CPU time, and no other.

        Raises ``Undecided('request.unavailable')`` when it does not read back as ``version``.
        """
        made = self.document(version, issuer, self.status_format)
        self._require_said(made, version)
        return made

    def _require_said(self, document: Mapping[str, Any], version: ListVersion) -> None:
        try:
            decoded = self.status_format.decode(document, max_bytes=len(version.bits))
        except Undecided as finding:
            raise not_published(finding.detail) from finding
        if (decoded.bits, decoded.purposes) != (version.bits, (version.purpose,)):
            raise not_published("the signed list does not say what the state does")

    def _authenticated(self, body: bytes, signer: ListSigner) -> SecuredCredential | None:
        method = VerificationMethod(signer.method, signer.issuer, signer.public_key)
        [survey] = self.engine.survey([body])
        needs = {need: (method,) for need in survey.keys if need.method == method.id}
        [outcome] = self.engine.authenticate([body], Material(needs), documents=True)
        held = outcome.failure is None and all(proof.failure is None for proof in outcome.proofs)
        return outcome.secured if held else None


def document(version: ListVersion, issuer: str, status_format: StatusFormat) -> Mapping[str, Any]:
    """Return the list as a credential of VCDM 2.0, whose context has the terms (Bitstring §2.2)."""
    return {
        "@context": [CONTEXT],
        "id": version.address,
        "type": ["VerifiableCredential", status_format.list_credential_type],
        "issuer": issuer,
        "validFrom": format_instant(version.published_at),
        "validUntil": format_instant(version.valid_until),
        "credentialSubject": _subject(version, status_format),
    }


def document_2021(version: ListVersion, issuer: str, status_format: StatusFormat) -> Mapping[str, Any]:
    """Return the list as a credential of VCDM 1.1, as verifiers of StatusList2021 know them."""
    return {
        "@context": list(CONTEXTS_2021),
        "id": version.address,
        "type": ["VerifiableCredential", status_format.list_credential_type],
        "issuer": issuer,
        "issuanceDate": format_instant(version.published_at),
        "expirationDate": format_instant(version.valid_until),
        "credentialSubject": _subject(version, status_format),
    }


def _subject(version: ListVersion, status_format: StatusFormat) -> Mapping[str, Any]:
    status_list = StatusList(status_format.entry_type, (version.purpose,), version.bits, version.ttl)
    return {"id": f"{version.address}#list", **status_format.encode(status_list)}


def with_proof(suites: Mapping[KeyKind, str]) -> Secure:
    """Return what secures a credential by a Data Integrity proof, with the suite for the signer's key."""

    def secure(unsigned: Mapping[str, Any], version: ListVersion, signer: ListSigner) -> bytes:
        signed = add_proof(unsigned, signer, suites[signer.kind], created=version.published_at)
        return orjson.dumps(signed)

    return secure


def as_jwt(unsigned: Mapping[str, Any], version: ListVersion, signer: ListSigner) -> bytes:
    """Return a credential as ``vc+jwt`` (VC-JOSE-COSE 1.0 §3.1.1)."""
    return sign_vc_jose(unsigned, signer, issued=version.published_at).encode("ascii")
