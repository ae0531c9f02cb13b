"""Records for both engines: badges in every form this project issues, and the outside vectors."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ler_trust.codec import jwk, multikey
from ler_trust.errors import Failure
from ler_trust.model.did import KeyKind, VerificationMethod
from ler_trust.model.engine import KeyNeed, Material, Survey
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact
from tests.kit import issuing
from tests.kit.issuing import CREATED, badge, encoded, instant, signed_badge, signer
from tests.kit.vectors import VECTORS, contexts, rows

KINDS: Final = (KeyKind.ED25519, KeyKind.P256, KeyKind.P384, KeyKind.RSA)
SUITES: Final = (
    ("eddsa-rdfc-2022", KeyKind.ED25519),
    ("eddsa-jcs-2022", KeyKind.ED25519),
    ("Ed25519Signature2020", KeyKind.ED25519),
    ("ecdsa-rdfc-2019", KeyKind.P256),
    ("ecdsa-rdfc-2019", KeyKind.P384),
    ("ecdsa-jcs-2019", KeyKind.P256),
    ("ecdsa-jcs-2019", KeyKind.P384),
)
SIGNERS: Final = tuple(signer(kind) for kind in KINDS)

_VECTOR_KINDS: Final = (
    ("w3c/vc-di-eddsa", "signed-document"),
    ("w3c/vc-di-ecdsa", "signed-document"),
    ("w3c/vc-di-ecdsa", "base-document"),
    ("w3c/vc-di-ecdsa", "derived-document"),
    ("w3c/vc-di-bbs", "base-document"),
    ("w3c/vc-di-bbs", "derived-document"),
    ("w3c/vc-di-eddsa", "intermediate"),
    ("w3c/vc-di-ecdsa", "intermediate"),
    ("decentralized-identity/JWS-Test-Suite", "unsigned-document"),
    ("decentralized-identity/JWS-Test-Suite", "vc-jwt"),
    ("decentralized-identity/JWS-Test-Suite", "jws2020-vc"),
    ("decentralized-identity/JWS-Test-Suite", "vp-jwt"),
    ("decentralized-identity/JWS-Test-Suite", "jws2020-vp"),
    ("digitalcredentials/vc-test-fixtures", "signed-document"),
    ("digitalcredentials/vc-test-fixtures", "status-list-credential"),
    ("npm @digitalbazaar/ed25519-signature-2018 4.2.0", "signed-document"),
    ("oauth-wg/oauth-selective-disclosure-jwt", "sd-jwt-issuance"),
    ("oauth-wg/oauth-selective-disclosure-jwt", "sd-jwt-presentation"),
    ("oauth-wg/draft-ietf-oauth-status-list", "token-status-list-jwt"),
    ("w3c/vc-json-schema-test-suite", "credential-schema-case"),
    ("w3c/json-ld-api", "jsonld-toRdf"),
)
_NOT_BOUND: Final = Failure(True, "proof.key_not_bound", "not a key of the issuer's", "/verificationMethod")
_UNREACHED: Final = Failure(False, "proof.key_unresolved", "nobody there", "/issuer", retryable=True)


class Sample(NamedTuple):
    """A record and what to call it."""

    name: str
    content: bytes


def generated() -> list[Sample]:
    """Return badges in every form, with the members that engines look at."""
    found = [Sample(f"{suite} {by.kind}", encoded(signed_badge(suite, by))) for suite, by in _pairs()]
    found += [
        Sample(f"{suite} 1.1", encoded(signed_badge(suite, by, version="1.1", **_rich("1.1"))))
        for suite, by in _pairs()
    ]
    found += [
        Sample(f"{suite} rich", encoded(signed_badge(suite, by, **_rich("2.0")))) for suite, by in _pairs()
    ]
    for by in SIGNERS:
        found += [
            Sample(f"vc+jwt {by.kind}", issuing.jose_badge(by, **_rich("2.0"), **_endorsed()).encode()),
            Sample(f"vc-jwt {by.kind}", issuing.jwt_badge(by).encode()),
            Sample(f"vc-jwt 1.1 {by.kind}", issuing.jwt_badge(by, version="1.1", **_rich("1.1")).encode()),
        ]
    return found + _sets_and_chains() + _claimed()


def vectors() -> list[Sample]:
    """Return every record of the vectors as it is, and the tokens that stand in JSON by themselves."""
    files = sorted({row["file"] for source, kind in _VECTOR_KINDS for row in rows(source, kind)})
    found = []
    for file in files:
        content = (VECTORS / file).read_bytes()
        found.append(Sample(file, content))
        found += [Sample(f"{file} {name}", text.encode()) for name, text in _tokens(content)]
    return found


def material_for(surveys: Iterable[Survey]) -> Material:
    """Return keys for all needs of ``surveys``: of the signers, did:key, the vectors; else a failure."""
    return Material({need: _found(need) for survey in surveys for need in survey.keys}, added_contexts())


@cache
def added_contexts() -> Mapping[str, bytes]:
    """Return the vectors' own contexts that an operator could add."""
    wanted = ("https://www.w3.org/ns/credentials/examples/v2", "https://w3id.org/citizenship/v4rc1")
    return {url: content for url, content in contexts().items() if url in wanted}


def _pairs() -> list[tuple[str, LocalSigner]]:
    return [(suite, signer(kind)) for suite, kind in SUITES]


def _rich(version: str) -> dict[str, Any]:
    evidence = [{"type": ["Evidence"], "name": "Ümlaut \U0001f600", "narrative": 'a "quoted"\n\tword'}]
    if version == "1.1":
        return {"expirationDate": "2031-02-28T23:59:59", "evidence": evidence}
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": "https://example.org/list",
    }
    return {
        "validUntil": "2031-02-28T23:59:59.123456+05:30",
        "credentialStatus": [{"id": f"https://example.org/list#{index}", **entry} for index in range(2)],
        "credentialSchema": [{"id": "https://example.org/schema", "type": "JsonSchema"}],
        "endorsement": [_endorsement()],
        "evidence": evidence,
    }


def _endorsement() -> dict[str, Any]:
    own = badge(signer().issuer, 7, type=["VerifiableCredential", "EndorsementCredential"])
    own["credentialSubject"] = {
        "id": "did:example:1",
        "type": ["EndorsementSubject"],
        "endorsementComment": "Good.",
    }
    return add_proof(own, signer(), "eddsa-rdfc-2022", created=instant(CREATED))


def _endorsed() -> dict[str, Any]:
    clr = {
        "type": ["ClrSubject"],
        "verifiableCredential": ["a.b.c", {"number": 5.0, "b": 1e-7, "a": [None, True]}],
    }
    return {"endorsementJwt": [issuing.jose_badge(number=8)], "about": clr}


def _sets_and_chains() -> list[Sample]:
    by, other, created = signer(), signer(KeyKind.P256), instant(CREATED)
    first = add_proof(badge(by.issuer), by, "eddsa-rdfc-2022", created=created, proof_id="urn:uuid:1")
    pair = add_proof(first, by, "eddsa-jcs-2022", created=created, proof_id="urn:uuid:2")
    chain = add_proof(
        pair, by, "eddsa-rdfc-2022", created=created, previous_proof=["urn:uuid:1", "urn:uuid:2"]
    )
    stranger = add_proof(
        chain, other, "ecdsa-rdfc-2019", created=None, expires=created, previous_proof="urn:uuid:1"
    )
    broken: dict[str, Any] = json.loads(json.dumps(chain))
    broken["proof"][0]["created"] = "2020-01-01T00:00:00Z"
    circle: dict[str, Any] = json.loads(json.dumps(chain))
    circle["proof"][0]["previousProof"] = "urn:uuid:2"
    circle["proof"][1]["previousProof"] = "urn:uuid:1"
    many = {**first, "proof": [first["proof"]] * 17}
    documents = {
        "set": pair,
        "chain": chain,
        "stranger": stranger,
        "broken": broken,
        "circle": circle,
        "many": many,
    }
    return [Sample(f"proofs {name}", encoded(document)) for name, document in documents.items()]


def _claimed() -> list[Sample]:
    """Return tokens whose claims state what the credential leaves out, or something else."""
    by = signer()
    bare = {
        name: value for name, value in badge(by.issuer).items() if name not in ("validFrom", "id", "issuer")
    }
    bare_v1 = badge(by.issuer, version="1.1")
    for name in ("issuanceDate", "id"):
        del bare_v1[name]
    del bare_v1["credentialSubject"]["id"]
    claims: Sequence[dict[str, Any]] = (
        {
            "iss": by.issuer,
            "jti": "urn:uuid:5",
            "sub": "did:example:learner-1",
            "nbf": 1735689600.5,
            "exp": 2e9,
        },
        {"iss": by.issuer, "sub": "did:example:other", "iat": 1},
        {"iss": "did:example:other"},
        {"iss": by.issuer, "nbf": "1735689600"},
        {"iss": by.issuer, "exp": 253402300800},
        {"iss": by.issuer, "jti": 5},
    )
    tokens = [sign_compact({"typ": "JWT"}, {**bare, **one}, by) for one in claims]
    tokens += [sign_compact({"kid": by.method}, {**one, "vc": bare_v1}, by) for one in claims]
    tokens += [
        sign_compact({"typ": "application/vc+jwt", "kid": "#0"}, {**badge(by.issuer), **one}, by)
        for one in claims
    ]
    quoted = [json.dumps(f" {token}\u00a0") for token in tokens[:2]]
    return [Sample(f"claims {number}", token.encode()) for number, token in enumerate([*tokens, *quoted])]


def _tokens(content: bytes) -> Iterable[tuple[str, str]]:
    try:
        document = json.loads(content)
    except ValueError:
        return
    if isinstance(document, dict):
        yield from ((name, value) for name in ("jwt", "vc") if isinstance(value := document.get(name), str))


def _found(need: KeyNeed) -> tuple[VerificationMethod, ...] | Failure:
    own = [one for one in SIGNERS if one.issuer == need.issuer and need.method in (None, one.method)]
    if own:
        return tuple(issuing.verification_method(one) for one in own)
    published = _published_keys()
    if need.method is None:
        return tuple(published.values()) if need.issuer == "did:example:123" else _UNREACHED
    if need.method in published:
        return (published[need.method],)
    return _did_key(need.method)


def _did_key(method: str) -> tuple[VerificationMethod, ...] | Failure:
    did = method.partition("#")[0]
    try:
        key = multikey.decode_multikey(did.removeprefix("did:key:"))
    except ValueError:
        return _NOT_BOUND
    return (VerificationMethod(method, did, key),)


@cache
def _published_keys() -> dict[str, VerificationMethod]:
    folder = VECTORS / "decentralized-identity+JWS-Test-Suite/data/keys"
    keys = [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return {
        key["id"]: VerificationMethod(key["id"], key["controller"], jwk.public_key(key["publicKeyJwk"]))
        for key in keys
    }
