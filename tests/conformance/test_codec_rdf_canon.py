"""RDFC-1.0 by the vectors of w3c/rdf-canon, read from outside the repository."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from pyld import jsonld

from ler_trust.codec.rdf import Quad, iri, literal
from ler_trust.codec.rdfc import HashName, canonicalize, issued_identifiers
from ler_trust.errors import Undecided

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
FOLDER = VECTORS / "w3c+rdf-canon"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"RDFC-1.0 vectors NOT RUN: there is no {FOLDER} (set LER_VECTORS)"
)

CASES = {"rdfc10-eval": 64, "rdfc10-map": 21, "rdfc10-negative": 1}


def rows(kind: str) -> list[dict[str, Any]]:
    manifest = VECTORS / "manifest.jsonl"
    lines = manifest.read_text().splitlines() if manifest.is_file() else []
    found = [json.loads(line) for line in lines]
    return [row for row in found if row["source"] == "w3c/rdf-canon" and row["kind"] == kind]


def term(value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.DefaultGraph) -> str:
    if isinstance(value, ox.DefaultGraph):
        return ""
    if isinstance(value, ox.BlankNode):
        return f"_:{value.value}"
    if isinstance(value, ox.Literal):
        return literal(value.value, value.datatype.value, value.language or "")
    return iri(value.value)


def dataset(row: dict[str, Any]) -> frozenset[Quad]:
    quads = ox.parse((VECTORS / row["file"]).read_bytes(), ox.RdfFormat.N_QUADS)
    return frozenset(
        Quad(term(q.subject), term(q.predicate), term(q.object), term(q.graph_name)) for q in quads
    )


def hash_name(row: dict[str, Any]) -> HashName:
    return "sha384" if row["hash_algorithm"] == "SHA384" else "sha256"


def test_every_vector_is_there() -> None:
    assert {kind: len(rows(kind)) for kind in CASES} == CASES


@pytest.mark.parametrize("row", rows("rdfc10-eval"), ids=lambda row: row["test_id"])
def test_canonical_form(row: dict[str, Any]) -> None:
    expected = (FOLDER / row["result"]).read_bytes()
    assert canonicalize(dataset(row), hash_name(row)) == expected
    other = ox.Dataset(ox.parse((VECTORS / row["file"]).read_bytes(), ox.RdfFormat.N_QUADS))
    algorithm = ox.CanonicalizationAlgorithm
    other.canonicalize(algorithm.RDFC_1_0_SHA_384 if hash_name(row) == "sha384" else algorithm.RDFC_1_0)
    lines = (
        Quad(term(q.subject), term(q.predicate), term(q.object), term(q.graph_name)).line() for q in other
    )
    assert "".join(sorted(lines)).encode() == expected


# Where PyLD's canonical form is another one: there the vector decides.
OTHERWISE_IN_PYLD = {
    "#test060c": "it writes a character beyond the basic plane as two escapes",
    "#test075c": "it knows no SHA-384",
}


@pytest.mark.parametrize("row", rows("rdfc10-eval"), ids=lambda row: row["test_id"])
def test_pyld_has_the_same_canonical_form(row: dict[str, Any]) -> None:
    options = {
        "inputFormat": "application/n-quads",
        "format": "application/n-quads",
        "algorithm": "URDNA2015",
    }
    found = jsonld.normalize((VECTORS / row["file"]).read_text(encoding="utf-8"), options)
    expected = (FOLDER / row["result"]).read_text(encoding="utf-8")
    assert (found == expected) is (row["test_id"] not in OTHERWISE_IN_PYLD)


@pytest.mark.parametrize("row", rows("rdfc10-map"), ids=lambda row: row["test_id"])
def test_issued_identifiers(row: dict[str, Any]) -> None:
    issued = issued_identifiers(dataset(row), hash_name(row))
    expected = json.loads((FOLDER / row["result"]).read_bytes())
    assert {node[2:]: label[2:] for node, label in issued.items()} == expected


@pytest.mark.parametrize("row", rows("rdfc10-negative"), ids=lambda row: row["test_id"])
def test_poison_graph_is_given_up(row: dict[str, Any]) -> None:
    started = time.monotonic()
    with pytest.raises(Undecided) as caught:
        canonicalize(dataset(row), hash_name(row))
    assert caught.value.code.name == "graph.too_complex"
    assert time.monotonic() - started < 20
