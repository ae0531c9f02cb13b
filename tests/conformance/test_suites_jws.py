"""The JWT forms of decentralized-identity/JWS-Test-Suite, by four implementations, file by file."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from ler_trust.codec import jwk
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Authentication, Material, SecuringForm
from ler_trust.suites.engine import ReferenceEngine
from tests.kit.vectors import VECTORS, needs_vectors

pytestmark = needs_vectors

ROOT = VECTORS / "decentralized-identity+JWS-Test-Suite/data"
ENGINE = ReferenceEngine()
FILES = sorted((ROOT / "implementations").glob("*/*-jwt.json"))
IDS = [f"{path.parent.name}/{path.name}" for path in FILES]

HOLDS = "holds"
# Files whose own content breaks a rule, by implementation and credential, with what is said of them and why.
SPOILT: dict[tuple[str, str], tuple[str, str]] = {
    # credentialSubject is {}: a subject without a claim (VCDM 1.1 §4.4 wants one or more properties).
    ("spruce", "credential-0"): (HOLDS, "format.credential"),
    # sub is {}, an object, where RFC 7519 §4.1.2 wants a string.
    ("transmute", "credential-0"): ("proof.claims", ""),
    # issuanceDate is 2016-12-31T23:59:60Z: XML Schema 1.1 §3.3.7 has no leap seconds.
    ("spruce", "credential-3"): (HOLDS, "validity.malformed"),
    # nbf is null and sub an object.
    ("transmute", "credential-3"): ("proof.claims", ""),
}


@cache
def _keys() -> dict[str, VerificationMethod]:
    keys = [json.loads(path.read_bytes()) for path in sorted((ROOT / "keys").glob("*.json"))]
    return {
        key["id"]: VerificationMethod(key["id"], key["controller"], jwk.public_key(key["publicKeyJwk"]))
        for key in keys
    }


def authenticate(item: bytes) -> Authentication:
    [survey] = ENGINE.survey([item])
    assert {need.issuer for need in survey.keys} <= {"did:example:123"}
    keys = {need: (_keys()[need.method or ""],) for need in survey.keys}
    return ENGINE.authenticate([item], Material(dict(keys)))[0]


def expected(path: Path) -> tuple[str, str]:
    """Return the proof's code (or that it holds) and the code of what is malformed."""
    credential, key = path.name.split("--")
    if credential.startswith("presentation"):
        return "format.unsupported", ""
    if path.parent.name == "danubetech":
        return "proof.suite_unsupported", ""  # not a JWT: the JSON-LD form under the other name
    if "secp256k1" in key:
        return "proof.algorithm_unsupported", ""
    return SPOILT.get((path.parent.name, credential), (HOLDS, ""))


def content(path: Path) -> bytes:
    value = json.loads(path.read_bytes())
    return str(value["jwt"]).encode() if "jwt" in value else path.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_outcome_of_each_file(path: Path) -> None:
    outcome = authenticate(content(path))
    failure = outcome.failure or outcome.proofs[0].failure
    malformed = outcome.secured.malformed if outcome.secured else None
    found = (failure.code if failure else HOLDS, malformed.code if malformed else "")
    assert found == expected(path)
    if failure is None:
        assert outcome.form is SecuringForm.VC_JWT
        assert outcome.secured is not None
        assert (outcome.secured.version, outcome.secured.issuer) == ("1.1", "did:example:123")


def test_how_many_of_each() -> None:
    count = Counter(expected(path)[0] for path in FILES if path.parent.name != "danubetech")
    assert count == {
        HOLDS: 34,
        "proof.claims": 6,
        "proof.algorithm_unsupported": 12,
        "format.unsupported": 39,
    }
    assert len(FILES) == 105


def test_unsupported_algorithm_is_named() -> None:
    [path] = [path for path in FILES if path.match("afgo/credential-1--key-1-secp256k1*")]
    failure = authenticate(content(path)).proofs[0].failure
    assert failure is not None
    assert "ES256K" in failure.detail


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if expected(path)[0] == HOLDS],
    ids=[name for name, path in zip(IDS, FILES, strict=True) if expected(path)[0] == HOLDS],
)
def test_one_changed_character_in_any_part_is_caught(path: Path) -> None:
    token = content(path).decode()
    for position in range(0, len(token), 7):
        if token[position] == ".":
            continue
        other = "A" if token[position] != "A" else "B"
        changed = token[:position] + other + token[position + 1 :]
        assert _secured(changed.encode()) is None


def _secured(item: bytes) -> object:
    [survey] = ENGINE.survey([item])
    every_key = tuple(_keys().values())
    return ENGINE.authenticate([item], Material(dict.fromkeys(survey.keys, every_key)))[0].secured
