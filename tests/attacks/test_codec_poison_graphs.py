"""Graphs built so that canonicalisation takes factorial time, or so long that it does not end."""

import time

import pytest

from ler_trust.codec.jsonld import to_dataset
from ler_trust.codec.rdf import Quad
from ler_trust.codec.rdfc import canonicalize
from ler_trust.errors import Undecided

P = "<urn:example:p>"


def clique(size: int) -> frozenset[Quad]:
    return frozenset(Quad(f"_:n{a}", P, f"_:n{b}") for a in range(size) for b in range(size) if a != b)


def chain(length: int) -> frozenset[Quad]:
    return frozenset(Quad(f"_:n{n}", P, f"_:n{n + 1}") for n in range(length))


def ring(length: int) -> frozenset[Quad]:
    return frozenset(Quad(f"_:n{n}", P, f"_:n{(n + 1) % length}") for n in range(length))


def star(leaves: int) -> frozenset[Quad]:
    return frozenset(Quad(f"_:hub{hub}", P, f"_:n{hub}-{n}") for hub in range(2) for n in range(leaves))


def grid(size: int) -> frozenset[Quad]:
    return frozenset(Quad(f"_:a{a}", P, f"_:b{b}") for a in range(size) for b in range(size))


@pytest.mark.parametrize(
    "poison",
    [
        clique(8),
        clique(10),
        clique(12),
        clique(60),
        chain(5_000),
        ring(5_000),
        ring(1_000),
        star(10),
        star(24_000),
        grid(220),
    ],
    ids=[
        "clique8",
        "clique10",
        "clique12",
        "clique60",
        "chain",
        "ring",
        "ring1000",
        "star10",
        "star24000",
        "grid",
    ],
)
def test_poison_graph_is_given_up_in_time(poison: frozenset[Quad]) -> None:
    started = time.monotonic()
    with pytest.raises(Undecided) as caught:
        canonicalize(poison)
    assert caught.value.code.name == "graph.too_complex"
    assert time.monotonic() - started < 20


def test_poison_in_a_document_is_given_up_in_time() -> None:
    context = {"id": "@id", "p": {"@id": "urn:example:p", "@type": "@id"}}
    nodes = [{"id": f"_:n{a}", "p": [f"_:n{b}" for b in range(12) if a != b]} for a in range(12)]
    started = time.monotonic()
    with pytest.raises(Undecided):
        canonicalize(to_dataset({"@context": context, "@graph": nodes}, {}))
    assert time.monotonic() - started < 20
