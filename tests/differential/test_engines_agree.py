"""Both engines say the same of every record: those we issue, the vectors, and what chance makes of them.

``LER_DIFFERENTIAL_CASES`` sets how many changed records are tried, half of them changed in their bytes and
half in their structure, and as many canonical forms, half of them of documents with contexts of their own;
``LER_DIFFERENTIAL_SEED`` sets which ones.
"""

import json
import os
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from tests.differential.comparison import canonical_disagreement, disagreements, native_engine
from tests.differential.documents import drawn_document
from tests.differential.mutations import (
    decoded_payload,
    mutated_bytes,
    mutated_document,
    mutated_token,
    signed_again,
)
from tests.differential.samples import Sample, generated, vectors
from tests.kit.vectors import needs_vectors

# PyLD warns of terms like "@unknown" before it ignores them; here warnings are errors otherwise.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

CASES = int(os.environ.get("LER_DIFFERENTIAL_CASES", "3000"))
SEED = int(os.environ.get("LER_DIFFERENTIAL_SEED", "1"))
MOST_SHOWN = 20
LARGEST = 16_384  # bytes of a record worth changing: larger ones only cost time
BATCH = 64


@pytest.fixture(scope="module")
def native() -> Any:
    return native_engine()


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [sample for sample in generated() + vectors() if len(sample.content) <= LARGEST]


def require_none(lines: Sequence[str]) -> None:
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:MOST_SHOWN])


def test_badges_in_every_form(native: Any) -> None:
    items = [sample.content for sample in generated()]
    require_none(disagreements(native, items))
    require_none(disagreements(native, items, documents=True))


@needs_vectors
def test_every_vector(native: Any) -> None:
    items = [sample.content for sample in vectors()]
    assert len(items) > 400
    require_none(disagreements(native, items))
    require_none(disagreements(native, items, documents=True))


def test_company_changes_nothing(native: Any, samples: list[Sample]) -> None:
    items = [sample.content for sample in samples[:40]]
    alone = [native.survey([item])[0] for item in items]
    assert list(native.survey(items * 3)) == alone * 3


def test_records_with_changed_bytes(native: Any, samples: list[Sample]) -> None:
    random = _random("bytes")
    _compare_all(native, [_changed_bytes(random, samples) for _ in range(CASES // 2)])


def test_records_with_changed_structure(native: Any, samples: list[Sample]) -> None:
    random = _random("structure")
    documents = _documents(samples)
    _compare_all(native, [_changed_structure(random, documents) for _ in range(CASES // 2)])


def test_canonical_form_of_changed_documents(native: Any, samples: list[Sample]) -> None:
    random = _random("canonical")
    documents = _documents(samples)
    changed = (mutated_document(random, random.choice(documents)) for _ in range(CASES // 2))
    found = (canonical_disagreement(native, _without_proof(document)) for document in changed)
    require_none([line for line in found if line is not None])


@pytest.mark.parametrize("keyword", ["@set", "@list", "@value", "@graph", "@language", "@index"])
def test_typed_node_with_a_keyword_among_the_included(native: Any, keyword: str) -> None:
    included = {"@type": "https://example.org/T", keyword: "x", "@id": "urn:x:1"}
    for members in ({"@included": included}, {"https://example.org/p": {"@included": [included]}}):
        assert canonical_disagreement(native, {"@context": {"@version": 1.1}, **members}) is None


def test_canonical_form_of_documents_with_contexts_of_their_own(native: Any) -> None:
    random = _random("documents")
    found = (canonical_disagreement(native, drawn_document(random)) for _ in range(CASES // 2))
    require_none([line for line in found if line is not None])


def test_drawn_documents_have_a_canonical_form_often_enough(native: Any) -> None:
    random = _random("documents")
    found = [native.canonical(json.dumps(drawn_document(random)).encode(), {}) for _ in range(500)]
    assert sum(isinstance(one, bytes) and len(one) > 0 for one in found) > 100


def _random(name: str) -> Random:
    return Random(f"{name} {SEED}")  # noqa: S311 - the same changes every time are the point


def _without_proof(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "proof"}


def _changed_bytes(random: Random, samples: Sequence[Sample]) -> bytes:
    return mutated_bytes(random, random.choice(samples).content)


def _changed_structure(random: Random, documents: Sequence[dict[str, Any]]) -> bytes:
    document = mutated_document(random, random.choice(documents))
    choice = random.randrange(4)
    if choice == 0:
        return json.dumps(document, ensure_ascii=False).encode()
    if choice == 1:
        return mutated_token(random, document, random.random() < 0.5).encode()
    return signed_again(random, document)


def _documents(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for sample in samples:
        try:
            document = json.loads(sample.content)
        except ValueError:
            document = decoded_payload(sample.content.decode("utf-8", "replace"))
        if isinstance(document, dict) and "@context" in document:
            found.append(document)
    return found


def _compare_all(native: Any, items: Sequence[bytes]) -> None:
    lines: list[str] = []
    for start in range(0, len(items), BATCH):
        lines += disagreements(native, items[start : start + BATCH])
    require_none(lines)
