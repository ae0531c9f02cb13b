"""JSON-LD to RDF: by the toRdf vectors of w3c/json-ld-api, and by PyLD's own conversion of real badges.

Safe mode refuses what the specification would drop, so a vector may be refused; what is not refused must
be right. The files are read from outside the repository.
"""

import json
import os
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from pyld import jsonld as pyld

from ler_trust.codec import contexts, json_safe
from ler_trust.codec.jsonld import to_dataset
from ler_trust.codec.rdfc import canonicalize
from ler_trust.errors import Rejected, Undecided

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
BADGES = VECTORS / "digitalcredentials+vc-test-fixtures" / "verifiableCredentials"

pytestmark = [
    pytest.mark.skipif(not BADGES.is_dir(), reason=f"JSON-LD vectors NOT RUN: {VECTORS} (set LER_VECTORS)"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),  # PyLD's, about vectors with reserved terms
]

ANSWERED, REFUSED = 194, 151


def to_rdf_rows() -> list[dict[str, Any]]:
    lines = (VECTORS / "manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines if '"jsonld-toRdf"' in line]
    return [row for row in rows if row["expected"].endswith(".nq")]


def canonical(nquads: bytes) -> bytes:
    dataset = ox.Dataset(ox.parse(nquads, ox.RdfFormat.N_QUADS))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad} .\n" for quad in dataset)).encode()


def test_to_rdf_vectors_are_right_or_refused() -> None:
    answered = refused = 0
    for row in to_rdf_rows():
        document = json_safe.loads((VECTORS / row["file"]).read_bytes())
        document = document if isinstance(document, dict) else {"@graph": document}
        try:
            found = canonicalize(to_dataset(document, {}))
        except (Rejected, Undecided):
            refused += 1
            continue
        answered += 1
        expected = (VECTORS / "w3c+json-ld-api" / row["expected"]).read_bytes()
        assert canonical(found) == canonical(expected), row["test_id"]
    assert (answered, refused) == (ANSWERED, REFUSED)


@pytest.mark.parametrize("path", sorted(BADGES.rglob("*.json")), ids=lambda path: "/".join(path.parts[-4:]))
def test_badges_have_the_canonical_form_that_pyld_finds(path: Path) -> None:
    document = json_safe.loads(path.read_bytes())
    document.pop("proof", None)
    found = canonicalize(to_dataset(document, contexts.PINNED))
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    assert found.decode() == pyld.normalize(document, options)


def _load(url: str, _options: object) -> dict[str, Any]:
    document = json.loads(contexts.PINNED[url])
    return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": document}
