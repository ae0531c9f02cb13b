"""Forgeries and tricks with tokens, each judged by the whole engine."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ler_trust.codec import base64url, jwk
from ler_trust.model.did import KeyKind
from ler_trust.suites.signing import LocalSigner, sign_compact
from tests.kit.issuing import (
    ENGINE,
    authenticate,
    badge,
    code_of,
    jose_badge,
    jwt_badge,
    signer,
)

ATTACKER = signer(name="attacker")
VICTIM = signer(KeyKind.RSA, "college")


def b64(value: Any) -> str:
    return base64url.encode(value if isinstance(value, bytes) else json.dumps(value).encode())


def forged(header: dict[str, Any], issuer: str = VICTIM.issuer) -> str:
    """Return a badge of ``issuer`` that the attacker has signed with the attacker's own key."""
    return sign_compact({"typ": "JWT", **header}, badge(issuer), ATTACKER)


def with_header(token: str, **members: Any) -> str:
    """Return ``token`` under a changed header, its signature left as it is."""
    header, payload, signature = token.split(".")
    return f"{b64({**json.loads(base64url.decode(header)), **members})}.{payload}.{signature}"


def test_jwk_header_forges_https_issuer() -> None:
    own = jwk.jwk_of(ATTACKER.public_key)
    outcome = authenticate(forged({"jwk": own}, "https://college.example.org"), ATTACKER)
    assert code_of(outcome) == "proof.key_not_bound"
    assert outcome.secured is None


@pytest.mark.parametrize("issuer", [VICTIM.issuer, "https://college.example.org"])
@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://attacker.example.org/jwks.json"},
        {"x5u": "https://attacker.example.org/chain.pem"},
        {"x5c": ["MIIB"]},
        {"jwk": jwk.jwk_of(ATTACKER.public_key), "kid": "key-1"},
    ],
)
def test_header_that_brings_its_own_key_is_no_source_of_keys(header: dict[str, Any], issuer: str) -> None:
    token = forged(header, issuer)
    [survey] = ENGINE.survey([token.encode()])
    assert [need.issuer for need in survey.keys] == [issuer]
    assert authenticate(token, VICTIM, ATTACKER).secured is None


def test_headers_with_keys_are_ignored_beside_a_good_signature() -> None:
    own = signer()
    header = {"kid": own.method, "jwk": jwk.jwk_of(ATTACKER.public_key), "jku": "https://x.example.org"}
    assert code_of(authenticate(sign_compact({"typ": "JWT", **header}, badge(own.issuer), own))) is None


def test_foreign_kid_must_belong_to_the_issuer() -> None:
    token = forged({"kid": ATTACKER.method})
    [survey] = ENGINE.survey([token.encode()])
    assert survey.keys == ((VICTIM.issuer, ATTACKER.method, "assertionMethod"),)
    assert code_of(authenticate(token, VICTIM, ATTACKER)) == "proof.key_not_bound"


def test_attackers_iss_beside_the_victims_credential_is_a_contradiction() -> None:
    payload = {**badge(VICTIM.issuer), "iss": ATTACKER.issuer}
    [survey] = ENGINE.survey([sign_compact({"kid": ATTACKER.method}, payload, ATTACKER).encode()])
    assert survey.issuer == VICTIM.issuer
    own = {**badge(ATTACKER.issuer), "iss": VICTIM.issuer}
    outcome = authenticate(sign_compact({"kid": ATTACKER.method}, own, ATTACKER), ATTACKER)
    assert code_of(outcome) == "proof.claims"


def test_rsa_public_key_as_hmac_secret() -> None:
    signed = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': VICTIM.method})}.{b64(badge(VICTIM.issuer))}"
    secret = VICTIM.public_key.material
    token = f"{signed}.{b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
    assert code_of(authenticate(token, VICTIM)) == "proof.algorithm"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "hs256", "HS512", "HS1"])
@pytest.mark.parametrize("signature", ["", "AA"])
def test_algorithm_none_in_any_spelling(name: str, signature: str) -> None:
    token = f"{b64({'alg': name, 'typ': 'vc+jwt'})}.{b64(badge(VICTIM.issuer))}.{signature}"
    assert code_of(authenticate(token, VICTIM)) == "proof.algorithm"


@pytest.mark.parametrize("name", ["ES256K", "ES512", "RS384", "RS512", "PS384", "PS512", "Ed448", "X"])
def test_algorithm_that_is_off_is_named_and_undecided(name: str) -> None:
    failure = authenticate(with_header(jose_badge(), alg=name)).proofs[0].failure
    assert failure is not None
    assert (failure.code, failure.decided) == ("proof.algorithm_unsupported", False)
    assert name in failure.detail


@pytest.mark.parametrize("alg", ["ES256", "ES384", "RS256", "PS256"])
def test_algorithm_for_another_kind_of_key(alg: str) -> None:
    assert code_of(authenticate(with_header(jose_badge(), alg=alg))) == "proof.algorithm"


def test_rsa_key_bound_to_pss_does_not_serve_pkcs1() -> None:
    own = LocalSigner(VICTIM._key, method=VICTIM.method)
    own.public_key = jwk.public_key({**jwk.jwk_of(VICTIM.public_key), "alg": "PS256"})
    assert code_of(authenticate(jose_badge(own), own)) == "proof.algorithm"
    assert code_of(authenticate(jose_badge(VICTIM), VICTIM)) is None


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": 0},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"kid": 7},
        {"alg": None},
        {"alg": ["EdDSA"]},
    ],
)
def test_header_that_changes_the_rules(header: dict[str, Any]) -> None:
    own = signer()
    token = sign_compact({"kid": own.method, **header}, badge(own.issuer), own)
    outcome = authenticate(token)
    assert code_of(outcome) == "proof.header"
    assert outcome.secured is None


def resigned(header: str, payload: str) -> str:
    """Return a token over the very text given, really signed by the issuer."""
    signed = f"{base64url.encode(header.encode())}.{base64url.encode(payload.encode())}"
    return f"{signed}.{base64url.encode(signer().sign(signed.encode()))}"


def test_duplicate_keys_in_header_and_payload() -> None:
    own = signer()
    header = json.dumps({"alg": "EdDSA", "typ": "JWT", "kid": own.method})
    payload = json.dumps(badge(own.issuer))
    assert code_of(authenticate(resigned(header, payload))) is None
    twice = resigned(header[:-1] + ',"alg":"none"}', payload)
    assert code_of(authenticate(twice)) == "format.duplicate_key"
    twice = resigned(header, payload[:-1] + f',"issuer":"{VICTIM.issuer}"}}')
    assert code_of(authenticate(twice)) == "format.duplicate_key"
    escaped = resigned(header, payload[:-1] + f',"\\u0069ssuer":"{VICTIM.issuer}"}}')
    assert code_of(authenticate(escaped)) == "format.duplicate_key"


def test_token_with_more_or_fewer_parts() -> None:
    token = jose_badge()
    for wrong in (token + ".", token + ".AA", token.rpartition(".")[0], "." + token, token + "..AA"):
        assert code_of(authenticate(wrong)) == "format.token", wrong


def test_token_with_unencoded_or_alternative_text() -> None:
    header, payload, signature = jose_badge().split(".")
    wrongs = [
        f"{header}.{payload}.{signature}=",
        f"{header} .{payload}.{signature}",
        f"{header}.{payload}\n.{signature}",
        f"{header}.{payload}.{signature[:-1]}" + ("B" if signature[-1] == "A" else "A" + "B"),
        f"{header}.{payload}.{signature[:40]}+{signature[41:]}",
        f"{header}.{payload}.{signature[:40]}é{signature[41:]}",
    ]
    for wrong in wrongs:
        code = code_of(authenticate(wrong))
        assert code in {"format.token", "format.json"}, wrong


def test_last_character_of_the_signature_has_one_spelling() -> None:
    token = jose_badge()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    codes = {code_of(authenticate(token[:-1] + last)) for last in alphabet if last != token[-1]}
    assert codes <= {"format.token", "proof.signature"}


def test_truncated_signature() -> None:
    header, payload, signature = jose_badge().split(".")
    for size in (0, 1, 31, 32, 63):
        cut = base64url.encode(base64url.decode(signature)[:size])
        assert code_of(authenticate(f"{header}.{payload}.{cut}")) == "proof.signature"


def test_der_instead_of_fixed_size_ecdsa() -> None:
    own = signer(KeyKind.P256)
    signed, _, signature = jose_badge(own).rpartition(".")
    raw = base64url.decode(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    assert code_of(authenticate(f"{signed}.{base64url.encode(der)}", own)) == "proof.signature"


def test_token_of_another_purpose_is_no_credential() -> None:
    kinds: list[Any] = ["vp+jwt", "statuslist+jwt", "kb+jwt", "at+jwt", "application/vc+sd-jwt", ["JWT"], 1]
    for kind in kinds:
        own = signer()
        token = sign_compact({"typ": kind, "kid": own.method}, badge(own.issuer), own)
        assert code_of(authenticate(token)) == "format.unsupported"


def test_vc_claim_beside_a_credential_in_a_vc_jwt() -> None:
    own = signer()
    for name in ("vc", "vp"):
        payload = {**badge(own.issuer), name: badge(VICTIM.issuer)}
        token = sign_compact({"typ": "vc+jwt", "kid": own.method}, payload, own)
        assert code_of(authenticate(token)) == "proof.claims"


def test_sd_jwt_is_named() -> None:
    failure = authenticate(jose_badge() + "~").failure
    assert failure is not None
    assert failure.code == "format.unsupported"
    assert "SD-JWT" in failure.detail


@pytest.mark.parametrize("value", [True, "1700000000", None, 1e30, -1, [1], 10**400])
@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
def test_time_claims_that_are_no_numbers(claim: str, value: Any) -> None:
    own = signer()
    for kind in ("vc+jwt", "JWT"):
        token = sign_compact({"typ": kind, "kid": own.method}, {**badge(own.issuer), claim: value}, own)
        assert code_of(authenticate(token)) in {"proof.claims", "format.number"}


def test_deep_and_large_payloads() -> None:
    own = signer()
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    token = sign_compact({"kid": own.method}, {**badge(own.issuer), "deep": deep}, own)
    assert code_of(authenticate(token)) == "format.too_deep"
    token = sign_compact({"kid": own.method}, {**badge(own.issuer), "pad": "x" * 2**20}, own)
    assert code_of(authenticate(token)) == "format.too_large"


def test_key_of_the_issuer_that_did_not_sign() -> None:
    token = jwt_badge(signer())
    rotated = LocalSigner.from_seed(KeyKind.ED25519, bytes(32), method=signer().method)
    assert code_of(authenticate(token, rotated)) == "proof.signature"
    assert code_of(authenticate(token, ATTACKER)) == "proof.key_not_bound"


def test_many_keys_of_an_issuer_are_not_all_tried() -> None:
    issuer = "did:web:college.example.org"
    many = [
        LocalSigner.from_seed(KeyKind.ED25519, bytes([number]) * 32, method=f"{issuer}#k{number}")
        for number in range(20)
    ]
    last = many[-1]
    unnamed = sign_compact({"typ": "JWT"}, badge(issuer), last)
    assert code_of(authenticate(unnamed, *many)) == "proof.key_not_named"
    named = sign_compact({"typ": "JWT", "kid": "k19"}, badge(issuer), last)
    assert code_of(authenticate(named, *many)) is None
