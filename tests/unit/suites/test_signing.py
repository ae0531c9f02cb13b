"""Signing: the same inputs give the same bytes, and what cannot be signed is refused."""

from typing import Any

import pytest

from ler_trust.errors import Rejected
from ler_trust.model.did import KeyKind
from ler_trust.suites import table
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose, sign_vc_jwt
from tests.kit.issuing import CREATED, authenticate, badge, code_of, instant, signed_badge, signer

SUPPORTED = [
    ("eddsa-rdfc-2022", KeyKind.ED25519),
    ("eddsa-jcs-2022", KeyKind.ED25519),
    ("Ed25519Signature2020", KeyKind.ED25519),
    ("ecdsa-rdfc-2019", KeyKind.P256),
    ("ecdsa-rdfc-2019", KeyKind.P384),
    ("ecdsa-jcs-2019", KeyKind.P256),
    ("ecdsa-jcs-2019", KeyKind.P384),
]


@pytest.mark.parametrize(("suite", "kind"), SUPPORTED)
@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_every_suite_signs_what_the_engine_accepts(suite: str, kind: KeyKind, version: str) -> None:
    by = signer(kind)
    document = signed_badge(suite, by, version=version)
    outcome = authenticate(document, by)
    assert code_of(outcome) is None
    assert (outcome.proofs[0].suite, outcome.proofs[0].method) == (suite, by.method)
    assert document == signed_badge(suite, by, version=version)


def test_every_supported_row_of_the_table_is_signed_above() -> None:
    rows = {**table.CRYPTOSUITES, **table.PROOF_TYPES}
    signed = {(name, kind) for name, suite in rows.items() if suite for kind in suite.algorithms}
    assert signed == set(SUPPORTED)
    for name, suite in rows.items():
        assert suite is None or suite.name == name


def test_published_seed_gives_the_published_key() -> None:
    # RFC 8032 §7.1, test 1.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    own = LocalSigner.from_seed(KeyKind.ED25519, seed)
    assert own.public_key.material.hex() == public
    assert own.issuer == own.method.partition("#")[0]
    assert own.method == f"{own.issuer}#{own.issuer.removeprefix('did:key:')}"


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256, KeyKind.P384])
def test_seed_determines_key_and_signature(kind: KeyKind) -> None:
    first, again = (LocalSigner.from_seed(kind, bytes(range(32))) for _ in range(2))
    assert first.public_key == again.public_key
    assert first.sign(b"x") == again.sign(b"x")
    assert LocalSigner.from_seed(kind, bytes(32)).public_key != first.public_key


@pytest.mark.parametrize(("kind", "seed"), [(KeyKind.ED25519, b"short"), (KeyKind.RSA, bytes(32))])
def test_seed_that_makes_no_key(kind: KeyKind, seed: bytes) -> None:
    with pytest.raises(ValueError, match=r"seed"):
        LocalSigner.from_seed(kind, seed)


def test_rsa_has_no_did_key() -> None:
    with pytest.raises(ValueError, match="RSA"):
        LocalSigner(signer(KeyKind.RSA)._key)


@pytest.mark.parametrize("suite", ["bbs-2023", "Ed25519Signature2018", "no-such-suite", "ecdsa-rdfc-2019"])
def test_suite_that_cannot_sign_with_the_key(suite: str) -> None:
    with pytest.raises(KeyError):
        add_proof(badge("did:example:1"), signer(), suite, created=None)


def test_term_without_meaning_is_not_signed_away() -> None:
    with pytest.raises(Rejected, match="grade"):
        signed_badge(grade="A")


def test_previous_proof_that_is_not_there() -> None:
    with pytest.raises(Rejected) as refused:
        add_proof(signed_badge(), signer(), "eddsa-jcs-2022", created=None, previous_proof="urn:p:1")
    assert refused.value.code.name == "proof.chain"


def test_document_given_is_left_as_it_was() -> None:
    document = badge(signer().issuer)
    add_proof(document, signer(), "eddsa-rdfc-2022", created=instant(CREATED))
    sign_vc_jose(document, signer())
    sign_vc_jwt(document, signer())
    assert document == badge(signer().issuer)


@pytest.mark.parametrize(
    "proof", [{"type": "DataIntegrityProof", "cryptosuite": "x" * 10_000}, {"type": "y" * 10_000}]
)
def test_name_of_an_unknown_suite_is_cut(proof: dict[str, Any]) -> None:
    outcome = authenticate({**signed_badge(), "proof": proof})
    assert outcome.proofs[0].failure is not None
    assert len(outcome.proofs[0].failure.detail) < 100
    assert len(outcome.proofs[0].suite) == 64
