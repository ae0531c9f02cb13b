"""The signed documents of w3c/vc-di-eddsa and w3c/vc-di-ecdsa: each step as published, every change caught.

Their issuer is not the did:key that signed: whose key it is is another check's matter, so here any did:key is
taken for the issuer's.
"""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ler_trust.codec import json_safe, multikey
from ler_trust.codec.contexts import PINNED, with_added
from ler_trust.errors import Rejected
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Authentication, Material
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites.cryptosuite import Workspace, digest_of, hash_data
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.members import identifier
from ler_trust.suites.table import suite_of
from tests.kit.vectors import VECTORS, contexts, needs_vectors

pytestmark = needs_vectors

ENGINE = ReferenceEngine()
STEP = 11  # bytes between two that are changed: one in eleven, since each costs a canonicalisation
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _published() -> list[Path]:
    """Return every signed document whose suite is supported; ecdsa-sd-2023 has files of other names."""
    eddsa = (VECTORS / "w3c+vc-di-eddsa/TestVectors").rglob("signed*.json")
    ecdsa = (VECTORS / "w3c+vc-di-ecdsa/TestVectors").rglob("signed*.json")
    return sorted([*eddsa, *ecdsa])


SIGNED = _published()
IDS = [str(path.relative_to(VECTORS)) for path in SIGNED]


@cache
def added_contexts() -> dict[str, bytes]:
    wanted = ("https://www.w3.org/ns/credentials/examples/v2", "https://w3id.org/citizenship/v4rc1")
    return {url: content for url, content in contexts().items() if url in wanted and url not in PINNED}


def authenticate(document: dict[str, Any]) -> Authentication:
    item = json.dumps(document).encode()
    [survey] = ENGINE.survey([item])
    keys = {need: _did_key(need.method or "") for need in survey.keys}
    [outcome] = ENGINE.authenticate([item], Material(keys, added_contexts()))
    return outcome


def _did_key(method: str) -> tuple[VerificationMethod, ...]:
    did, _, fragment = method.partition("#")
    try:
        key = multikey.decode_multikey(did.removeprefix("did:key:"))
    except ValueError:
        key = multikey.decode_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    assert fragment is not None
    return (VerificationMethod(method, did, key),)


def holds(document: dict[str, Any]) -> bool:
    outcome = authenticate(document)
    assert outcome.failure is None or outcome.failure.code != "format.engine_fault"
    return bool(outcome.proofs) and all(proof.failure is None for proof in outcome.proofs)


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def proofs_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    proof = document["proof"]
    return proof if isinstance(proof, list) else [proof]


def test_every_published_document_is_here() -> None:
    names = [path.parent.name for path in SIGNED]
    assert len(SIGNED) == 14
    assert names.count("proof-set-chain") == 4
    assert names.count("employ") == 3


@pytest.mark.parametrize("path", SIGNED, ids=IDS)
def test_published_document_holds(path: Path) -> None:
    document = load(path)
    outcome = authenticate(document)
    assert [proof.failure for proof in outcome.proofs] == [None] * len(proofs_of(document))
    assert outcome.secured is not None
    assert outcome.secured.malformed is None
    assert outcome.secured.issuer == identifier(document["issuer"])


@pytest.mark.parametrize(
    "path",
    [path for path in SIGNED if path.parent.name != "proof-set-chain"],
    ids=[name for name in IDS if "proof-set-chain" not in name],
)
def test_each_step_is_as_published(path: Path) -> None:
    document = load(path)
    proof = document.pop("proof")
    suite = suite_of(proof)
    [method] = _did_key(proof["verificationMethod"])
    digest = digest_of(method.key.kind)
    space = Workspace(with_added(added_contexts()), DEFAULT_LIMITS)
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    hashed_document, hashed_config = suite.transform.arrange(document, config)

    def published(step: str) -> str:
        [file] = path.parent.glob(f"{step}*.txt")
        return file.read_text(encoding="utf-8")

    assert space.canonical(suite.transform, hashed_document, digest).decode() == published("canonDoc")
    assert space.canonical(suite.transform, hashed_config, digest).decode() == published("proofCanon")
    data = hash_data(suite, method.key.kind, document, proof, space).hex()
    assert data == published("combinedHash").strip()
    assert data == published("proofHash").strip() + published("docHash").strip()
    [config_file] = path.parent.glob("proofConfig*.json")
    assert hashed_config == load(config_file)


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*place, index))


def _changed(document: dict[str, Any], place: tuple[Any, ...], value: str) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    node: Any = changed
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    return changed


@pytest.mark.parametrize("path", SIGNED, ids=IDS)
def test_every_text_changed_by_one_character_is_caught(path: Path) -> None:
    document = load(path)
    places = list(_leaves(document))
    assert len(places) > 10
    for place in places:
        node: Any = document
        for step in place:
            node = node[step]
        middle = len(node) // 2
        other = "x" if node[middle] != "x" else "y"
        assert not holds(_changed(document, place, node[:middle] + other + node[middle + 1 :])), place
        assert not holds(_changed(document, place, node + "x")), place


@pytest.mark.parametrize("path", SIGNED, ids=IDS)
def test_every_name_changed_by_one_character_is_caught(path: Path) -> None:
    document = load(path)
    for name in document:
        renamed = {(one + "x" if one == name else one): value for one, value in document.items()}
        assert not holds(renamed), name
    for index, proof in enumerate(proofs_of(document)):
        for name in proof:
            renamed = {(one + "x" if one == name else one): value for one, value in proof.items()}
            proofs = [renamed if at == index else one for at, one in enumerate(proofs_of(document))]
            assert not holds({**document, "proof": proofs}), name


@pytest.mark.parametrize("path", SIGNED, ids=IDS)
def test_every_position_of_the_signature_is_checked(path: Path) -> None:
    document = load(path)
    [*_, proof] = proofs_of(document)
    value = proof["proofValue"]
    for position in range(len(value)):
        other = BASE58[(BASE58.find(value[position]) + 1) % len(BASE58)]
        proof["proofValue"] = value[:position] + other + value[position + 1 :]
        assert not holds(document), position
    proof["proofValue"] = value
    assert holds(document)


@pytest.mark.parametrize("path", SIGNED, ids=IDS)
def test_bytes_changed_anywhere_are_caught(path: Path) -> None:
    """Change every eleventh byte, from a place of the file's own: nothing that means something else holds."""
    document = load(path)
    content = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    tried = 0
    for position in range(SIGNED.index(path) % STEP, len(content), STEP):
        for flipped in (1, 2, 16):
            changed = bytearray(content)
            changed[position] ^= flipped
            try:
                other = json_safe.loads(bytes(changed))
            except Rejected:
                continue
            if other != document:
                tried += 1
                assert not holds(other), (position, flipped)
    assert tried > 50


def test_selective_disclosure_documents_are_refused_by_name() -> None:
    documents = [
        load(path)
        for path in sorted((VECTORS / "w3c+vc-di-ecdsa/TestVectors/ecdsa-sd-2023").rglob("*.json"))
        if path.name in ("addSignedSDBase.json", "derivedRevealDocument.json")
    ]
    assert len(documents) == 4
    for document in documents:
        failure = authenticate(document).proofs[0].failure
        assert failure is not None
        assert (failure.code, failure.decided) == ("proof.suite_unsupported", False)
        assert "ecdsa-sd-2023" in failure.detail
