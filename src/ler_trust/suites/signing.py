"""Makes what the verifier checks: keys held in memory, Data Integrity proofs, tokens.

The same inputs give the same bytes: ECDSA draws its nonce from the key and the message (RFC 6979).
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import shake_256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ler_trust.codec import base64url, keys, multibase, multikey
from ler_trust.codec.contexts import with_added
from ler_trust.contracts import Signer
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.model.instant import SECOND, Instant, format_instant, parse_date_time_stamp
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites import table
from ler_trust.suites.credential import issuer_of
from ler_trust.suites.cryptosuite import DATA_INTEGRITY_PROOF, Cryptosuite, Workspace, hash_data
from ler_trust.suites.data_integrity import matching, signed_with
from ler_trust.suites.members import CONTEXT_V1, as_list, first_context
from ler_trust.suites.proof import PURPOSE
from ler_trust.suites.signatures import Algorithm

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

_CURVES: Final[Mapping[KeyKind, tuple[EllipticCurve, HashAlgorithm]]] = {
    KeyKind.P256: (SECP256R1(), SHA256()),
    KeyKind.P384: (SECP384R1(), SHA384()),
}
ALGORITHMS: Final[Mapping[KeyKind, Algorithm]] = {
    KeyKind.ED25519: Algorithm.EDDSA,
    KeyKind.P256: Algorithm.ES256,
    KeyKind.P384: Algorithm.ES384,
    KeyKind.RSA: Algorithm.RS256,
}


class LocalSigner:
    """A private key in this process's memory (implements :class:`ler_trust.contracts.Signer`).

    ``method`` is the key's address and ``issuer`` its controller; without them both are the key's did:key,
    which RSA keys do not have.
    """

    threads: Final = None  # a signature takes no time to wait for

    def __init__(self, key: PrivateKey, *, method: str | None = None, issuer: str | None = None) -> None:
        self._key = key
        self.public_key = _public(key)
        self._method = method or _did_key_method(self.public_key)
        self._issuer = issuer or self._method.partition("#")[0]

    @classmethod
    def from_seed(
        cls, kind: KeyKind, seed: bytes, *, method: str | None = None, issuer: str | None = None
    ) -> "LocalSigner":
        """Return the signer that ``seed`` (32 secret random bytes) determines.

        An Ed25519 seed is used as it is (RFC 8032 §5.1.5), a scalar of P-256 or P-384 is derived from it.
        Raises ``ValueError`` for a seed of another length and for RSA, whose keys are too costly to derive.
        """
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        return cls(_derived(kind, seed), method=method, issuer=issuer)

    @property
    def method(self) -> str:
        """Return the verification method's absolute URL."""
        return self._method

    @property
    def issuer(self) -> str:
        """Return the identifier of the key's controller."""
        return self._issuer

    @property
    def kind(self) -> KeyKind:
        """Return the kind of key."""
        return self.public_key.kind

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data`` in the form the contract says."""
        key = self._key
        if isinstance(key, Ed25519PrivateKey):
            return key.sign(data)
        if isinstance(key, RSAPrivateKey):
            return key.sign(data, PKCS1v15(), SHA256())
        _, digest = _CURVES[self.kind]
        r, s = decode_dss_signature(key.sign(data, ECDSA(digest, deterministic_signing=True)))
        size = keys.COORDINATE_BYTES[self.kind]
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def add_proof(
    document: Mapping[str, Any],
    signer: Signer,
    cryptosuite: str,
    *,
    created: Instant | None,
    expires: Instant | None = None,
    proof_id: str | None = None,
    previous_proof: str | Sequence[str] | None = None,
    contexts: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Return ``document`` with one more Data Integrity proof (Data Integrity 1.0 §4.2, §4.3).

    ``cryptosuite`` is a row of :mod:`ler_trust.suites.table`; ``previous_proof`` names proofs already
    there that the new one signs too; ``contexts`` adds to the pinned ones. Raises what verifying the
    form raises (``Rejected('jsonld.data_loss')`` for a term without meaning), ``KeyError`` for an
    unsupported suite or a key it does not sign with.
    """
    named = previous_proof if isinstance(previous_proof, str | None) else list(previous_proof) or None
    options = {
        "verificationMethod": signer.method,
        "proofPurpose": PURPOSE,
        "id": proof_id,
        "created": None if created is None else format_instant(created),
        "expires": None if expires is None else format_instant(expires),
        "previousProof": named,
    }
    proof, data = _to_be_signed(document, signer.kind, cryptosuite, options, contexts)
    proof["proofValue"] = multibase.encode_base58btc(signer.sign(data))
    present = as_list(document.get("proof", []))
    return {**signed_with(document, ()), "proof": [*present, proof] if present else proof}


def unsigned_proof(
    document: Mapping[str, Any], method: str, kind: KeyKind, cryptosuite: str, created: Instant
) -> tuple[Mapping[str, Any], bytes]:
    """Return a proof without its ``proofValue``, and the bytes that are to be signed for it.

    ``method`` names a key of ``kind`` that somebody else holds. Raises as :func:`add_proof` does.
    """
    options = {
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
        "created": format_instant(created),
    }
    return _to_be_signed(document, kind, cryptosuite, options, None)


def _to_be_signed(
    document: Mapping[str, Any],
    kind: KeyKind,
    cryptosuite: str,
    options: Mapping[str, Any],
    contexts: Mapping[str, bytes] | None,
) -> tuple[dict[str, Any], bytes]:
    suite = table.suite_named(cryptosuite)
    if kind not in suite.algorithms:
        raise KeyError(f"{cryptosuite} does not sign with {kind}")
    context = None if suite.transform.linked_data else document.get("@context")
    given = {**options, "@context": context}
    proof = _named(suite) | {name: value for name, value in given.items() if value is not None}
    present = as_list(document.get("proof", []))
    earlier = [present[index] for index in matching(present, as_list(proof.get("previousProof", [])))]
    space = Workspace(with_added(contexts or {}), DEFAULT_LIMITS)
    return proof, hash_data(suite, kind, signed_with(document, earlier), proof, space)


def _named(suite: Cryptosuite) -> dict[str, Any]:
    """Return the members by which a proof names its suite."""
    if suite.proof_type == DATA_INTEGRITY_PROOF:
        return {"type": suite.proof_type, "cryptosuite": suite.name}
    return {"type": suite.proof_type}


def sign_compact(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    """Return a compact JWS (RFC 7515 §7.1) of ``payload`` under ``header``, to which ``alg`` is added."""
    signed = signing_input({"alg": algorithm_name(signer.kind), **header}, payload)
    return f"{signed}.{base64url.encode(signer.sign(signed.encode('ascii')))}"


def algorithm_name(kind: KeyKind) -> str:
    """Return what a JOSE header calls the algorithm of a kind of key (RFC 7518 §3.1, RFC 8037 §3.1)."""
    return str(ALGORITHMS[kind])


def signing_input(header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Return the text that the signature of a compact JWS is made of (RFC 7515 §5.1)."""
    return f"{_encoded(header)}.{_encoded(payload)}"


def sign_vc_jose(document: Mapping[str, Any], signer: Signer, *, issued: Instant | None = None) -> str:
    """Return ``document`` as a ``vc+jwt`` (VC-JOSE-COSE 1.0 §3.1), signed at ``issued`` if given."""
    return sign_compact(*vc_jose_parts(document, signer.method, issued), signer)


def vc_jose_parts(
    document: Mapping[str, Any], method: str, issued: Instant | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header, without ``alg``, and payload of a ``vc+jwt`` by the key ``method``."""
    header = {"typ": "vc+jwt", "cty": "vc", "kid": method}
    times = {} if issued is None else {"iat": issued // SECOND}
    return header, {**document, **times}


def sign_vc_jwt(document: Mapping[str, Any], signer: Signer, *, issued: Instant | None = None) -> str:
    """Return ``document`` as a JWT with claims that repeat its members.

    A VCDM 1.1 credential goes into the ``vc`` claim (VCDM 1.1 §6.3.1), another is the payload itself
    (Open Badges 3.0 §8.2.4).
    """
    is_v1 = first_context(document) == CONTEXT_V1
    first, last = ("issuanceDate", "expirationDate") if is_v1 else ("validFrom", "validUntil")
    subject = document.get("credentialSubject")
    claims = {
        "iss": issuer_of(document),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
        "jti": document.get("id"),
        "nbf": _seconds(document.get(first)),
        "exp": _seconds(document.get(last)),
        "iat": None if issued is None else issued // SECOND,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    payload = {**present, "vc": document} if is_v1 else {**document, **present}
    return sign_compact({"typ": "JWT", "kid": signer.method}, payload, signer)


def _seconds(stamp: str | None) -> int | None:
    return None if stamp is None else parse_date_time_stamp(stamp)[0] // SECOND


def _encoded(part: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode())


def _public(key: PrivateKey) -> PublicKey:
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        return keys.ed25519(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    if isinstance(key, RSAPrivateKey):
        return keys.rsa_der(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    kinds = {curve.name: kind for kind, (curve, _) in _CURVES.items()}
    return keys.ec(kinds[key.curve.name], public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def _did_key_method(key: PublicKey) -> str:
    name = multikey.encode_multikey(key)
    return f"did:key:{name}#{name}"


def _derived(kind: KeyKind, seed: bytes) -> PrivateKey:
    if kind is KeyKind.ED25519:
        return Ed25519PrivateKey.from_private_bytes(seed)
    if kind not in _CURVES:
        raise ValueError(f"a {kind} key cannot be derived from a seed")
    curve, _ = _CURVES[kind]
    order_bytes = keys.COORDINATE_BYTES[kind]
    # Twice the order's size makes the bias of the reduction negligible.
    number = int.from_bytes(shake_256(kind.encode() + seed).digest(2 * order_bytes), "big")
    return derive_private_key(number % (curve.group_order - 1) + 1, curve)
