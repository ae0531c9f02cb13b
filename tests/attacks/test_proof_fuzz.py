"""Records damaged at random: an answer each time, never a traceback, never a verdict that still holds."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ler_trust.codec import json_safe
from ler_trust.errors import Rejected
from ler_trust.model.did import KeyKind
from ler_trust.model.engine import Authentication, Material
from ler_trust.suites.signing import add_proof
from tests.kit.issuing import (
    CREATED,
    ENGINE,
    badge,
    encoded,
    instant,
    jose_badge,
    jwt_badge,
    signed_badge,
    signer,
    verification_method,
)

ROUNDS = 150


def _chain() -> dict[str, Any]:
    own, suite = signer(), "eddsa-rdfc-2022"
    first = add_proof(badge(own.issuer), own, suite, created=instant(CREATED), proof_id="urn:p:1")
    return add_proof(first, own, suite, created=None, previous_proof=["urn:p:1"])


RECORDS: dict[str, bytes] = {
    "eddsa-rdfc-2022": encoded(signed_badge("eddsa-rdfc-2022")),
    "eddsa-jcs-2022": encoded(signed_badge("eddsa-jcs-2022")),
    "Ed25519Signature2020": encoded(signed_badge("Ed25519Signature2020", version="1.1")),
    "ecdsa-rdfc-2019": encoded(signed_badge("ecdsa-rdfc-2019", signer(KeyKind.P384))),
    "ecdsa-jcs-2019": encoded(signed_badge("ecdsa-jcs-2019", signer(KeyKind.P256))),
    "chain": encoded(_chain()),
    "vc+jwt": encoded(jose_badge()),
    "jwt 1.1": encoded(jwt_badge(version="1.1")),
    "jwt 2.0": encoded(jwt_badge(signer(KeyKind.P256))),
}
ANY_KEY = tuple(verification_method(signer(kind)) for kind in (KeyKind.ED25519, KeyKind.P256, KeyKind.P384))


def judged(item: bytes) -> Authentication:
    """Return the outcome when every key asked for is one of the three that sign here."""
    [survey] = ENGINE.survey([item])
    keys = {
        need: tuple(key for key in ANY_KEY if need.method in (None, key.id)) or ANY_KEY
        for need in survey.keys
    }
    [outcome] = ENGINE.authenticate([item], Material(dict(keys)))
    for failure in (survey.failure, outcome.failure, *(proof.failure for proof in outcome.proofs)):
        assert failure is None or failure.code != "format.engine_fault", failure
    assert survey.failure is None or survey.failure == outcome.failure
    return outcome


@pytest.mark.parametrize("name", RECORDS)
def test_whole_record_holds(name: str) -> None:
    assert all(proof.failure is None for proof in judged(RECORDS[name]).proofs)


@pytest.mark.parametrize("name", RECORDS)
def test_damaged_bytes(name: str) -> None:
    record, dice = RECORDS[name], random.Random(name)  # noqa: S311 - repeatable, not secret
    for _ in range(ROUNDS):
        damaged = bytearray(record)
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            position = dice.randrange(len(damaged))
            match dice.randrange(4):
                case 0:
                    damaged[position] = dice.randrange(256)
                case 1:
                    damaged[position] ^= 1 << dice.randrange(8)
                case 2:
                    del damaged[position]
                case _:
                    damaged[position:position] = dice.choice((b'"', b"{", b"[", b"\\", b".", b"~", b"\0"))
        judged(bytes(damaged))


@pytest.mark.parametrize("name", RECORDS)
def test_cut_short(name: str) -> None:
    record = RECORDS[name]
    for size in range(0, len(record) - 1, max(1, len(record) // 60)):
        assert judged(record[:size]).secured is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "@context",
        "id",
        "type",
        "issuer",
        "credentialSubject",
        "proof",
        "validFrom",
        "validUntil",
        "evidence",
        "credentialStatus",
        "credentialSchema",
        "endorsement",
        "endorsementJwt",
        "name",
        "vc",
        "iss",
        "exp",
    ]
)
PROOF_NAMES = st.sampled_from(
    [
        "type",
        "cryptosuite",
        "created",
        "expires",
        "verificationMethod",
        "proofPurpose",
        "proofValue",
        "previousProof",
        "id",
        "@context",
        "domain",
        "challenge",
    ]
)


@settings(deadline=None, max_examples=120)
@given(name=NAMES, value=JSON)
def test_any_value_for_a_member(name: str, value: Any) -> None:
    for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        document = json.loads(RECORDS[suite])
        document[name] = value
        judged(json.dumps(document).encode())


@settings(deadline=None, max_examples=120)
@given(name=PROOF_NAMES, value=JSON)
def test_any_value_for_a_member_of_the_proof(name: str, value: Any) -> None:
    for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022", "chain"):
        document = json.loads(RECORDS[suite])
        proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
        proofs[-1][name] = value
        judged(json.dumps(document).encode())


@settings(deadline=None, max_examples=120)
@given(name=NAMES, value=JSON)
def test_any_really_signed_member(name: str, value: Any) -> None:
    """What an issuer signs may be nonsense too, and is read after the signature has held."""
    own = signer()
    document = json.loads(RECORDS["eddsa-jcs-2022"])
    del document["proof"]
    if name in ("proof", "issuer"):
        return
    document[name] = value
    try:
        read = json_safe.loads(json.dumps(document).encode())
    except Rejected:
        return
    outcome = judged(encoded(add_proof(read, own, "eddsa-jcs-2022", created=None)))
    assert outcome.failure is not None or outcome.secured is not None


ANYTHING = st.binary(max_size=200) | (st.text(max_size=200) | JSON.map(json.dumps)).map(str.encode)


@settings(deadline=None, max_examples=300)
@given(item=ANYTHING)
def test_anything_at_all(item: bytes) -> None:
    assert judged(item).secured is None
