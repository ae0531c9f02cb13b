"""RDF Dataset Canonicalization (RDFC-1.0), with a bound on the work that a hostile graph can cause.

Blank nodes with the same neighbourhood have to be told apart by trying their permutations, which takes
factorial time on graphs built for it (RDFC-1.0 §7.1, Dataset Poisoning). Every such step is counted and
timed, and the algorithm gives up when either limit is reached.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import permutations
from typing import Final, Literal

from ler_trust.codec.budget import Budget
from ler_trust.codec.rdf import Dataset, Quad, is_blank, write
from ler_trust.errors import Undecided
from ler_trust.model.limits import DEFAULT_LIMITS, Limits

HashName = Literal["sha256", "sha384"]

_HASHES: Final[Mapping[str, Callable[[bytes], "hashlib._Hash"]]] = {
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
}
_MAX_DEPTH: Final = 200  # of blank nodes told apart by each other; each takes two frames of the stack


def canonicalize(dataset: Dataset, hash_name: HashName = "sha256", limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the canonical N-Quads of ``dataset`` (RDFC-1.0 §4.4).

    Raises ``Undecided('graph.too_complex')`` when that would take more than ``limits.rdf_work`` steps or
    ``limits.rdf_seconds`` seconds.
    """
    issued = issued_identifiers(dataset, hash_name, limits)
    lines = [
        write(issued.get(subject, subject), predicate, issued.get(object_, object_), issued.get(graph, graph))
        for subject, predicate, object_, graph in dataset
    ]
    return "".join(sorted(lines)).encode()


def issued_identifiers(
    dataset: Dataset, hash_name: HashName = "sha256", limits: Limits = DEFAULT_LIMITS
) -> Mapping[str, str]:
    """Return the canonical label of each blank node (the issued identifiers map); raises as above."""
    budget = Budget(
        limits.rdf_work, limits.rdf_seconds, "the blank nodes of the graph cannot be told apart in time"
    )
    return _Canonicalization(dataset, hash_name, budget).run()


class _Issuer:
    """Gives out labels in the order asked for (RDFC-1.0 §4.5)."""

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self._prefix = prefix
        self.issued = {} if issued is None else issued

    def issue(self, node: str) -> str:
        """Return the label of ``node``, a new one when it has none."""
        label = self.issued.get(node)
        if label is None:
            label = self.issued[node] = f"{self._prefix}{len(self.issued)}"
        return label

    def copy(self) -> "_Issuer":
        """Return an issuer that goes on from here by itself."""
        return _Issuer(self._prefix, self.issued.copy())


class _Canonicalization:
    """The state of one run (RDFC-1.0 §4.3) and the algorithms upon it."""

    def __init__(self, dataset: Dataset, hash_name: HashName, budget: Budget) -> None:
        self._hash = _HASHES[hash_name]
        self._budget = budget
        self._quads: dict[str, list[Quad]] = defaultdict(list)
        for quad in dataset:
            for node in {term for term in quad if is_blank(term)}:
                self._quads[node].append(quad)
        self._first_degree = {node: self._hash_first_degree_quads(node) for node in self._quads}
        self._canonical = _Issuer("_:c14n")

    def run(self) -> Mapping[str, str]:
        """Label every blank node (§4.4.3, steps 3 to 5)."""
        by_hash: dict[str, list[str]] = defaultdict(list)
        for node, digest in self._first_degree.items():
            by_hash[digest].append(node)
        shared: list[list[str]] = []
        for _, nodes in sorted(by_hash.items()):
            if len(nodes) == 1:
                self._canonical.issue(nodes[0])
            else:
                shared.append(nodes)
        for nodes in shared:
            self._label_alike(nodes)
        return self._canonical.issued

    def _label_alike(self, nodes: Iterable[str]) -> None:
        results: list[tuple[str, _Issuer]] = []
        for node in nodes:
            if node not in self._canonical.issued:
                issuer = _Issuer("_:b")
                issuer.issue(node)
                results.append(self._hash_n_degree_quads(node, issuer, 0))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self._canonical.issue(node)

    def _digest(self, text: str) -> str:
        return self._hash(text.encode()).hexdigest()

    def _hash_first_degree_quads(self, node: str) -> str:
        """Hash what is said of ``node`` with all blank nodes' labels taken away (§4.6)."""

        def anonymous(term: str) -> str:
            if term == node:
                return "_:a"
            return "_:z" if is_blank(term) else term

        lines = [write(anonymous(s), p, anonymous(o), anonymous(g)) for s, p, o, g in self._quads[node]]
        return self._digest("".join(sorted(lines)))

    def _hash_related_blank_node(self, related: str, predicate: str, issuer: _Issuer, position: str) -> str:
        """Hash how ``related`` is connected to the node at hand (§4.7)."""
        label = self._canonical.issued.get(related) or issuer.issued.get(related)
        predicate = "" if position == "g" else predicate
        return self._digest(position + predicate + (label or self._first_degree[related]))

    def _related(self, node: str, issuer: _Issuer) -> list[tuple[str, list[str]]]:
        """Return the blank nodes connected to ``node``, grouped by how, in order of that hash (§4.8.3)."""
        groups: dict[str, list[str]] = defaultdict(list)
        for subject, predicate, object_, graph in self._quads[node]:
            for term, position in ((subject, "s"), (object_, "o"), (graph, "g")):
                if is_blank(term) and term != node:
                    groups[self._hash_related_blank_node(term, predicate, issuer, position)].append(term)
        return sorted(groups.items())

    def _hash_n_degree_quads(self, node: str, issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Hash ``node`` by the blank nodes it is connected to, and they by theirs (§4.8)."""
        self._budget.spend()
        if depth > _MAX_DEPTH:
            raise Undecided("graph.too_complex", "the graph has a chain of blank nodes that is too long")
        data = ""
        for digest, nodes in self._related(node, issuer):
            chosen: tuple[str, _Issuer] | None = None
            for permutation in permutations(nodes):
                self._budget.spend()
                path = self._path(permutation, issuer.copy(), chosen and chosen[0], depth)
                if path is not None and (chosen is None or path[0] < chosen[0]):
                    chosen = path
            if chosen is not None:
                data += digest + chosen[0]
                issuer = chosen[1]
        return self._digest(data), issuer

    def _path(
        self, nodes: tuple[str, ...], issuer: _Issuer, chosen: str | None, depth: int
    ) -> tuple[str, _Issuer] | None:
        """Return the path through ``nodes`` in this order, or ``None`` once it is worse than ``chosen``."""
        path = ""
        to_visit: list[str] = []
        for node in nodes:
            label = self._canonical.issued.get(node)
            if label is None:
                if node not in issuer.issued:
                    to_visit.append(node)
                label = issuer.issue(node)
            path += label
            if _is_worse(path, chosen):
                return None
        for node in to_visit:
            digest, result = self._hash_n_degree_quads(node, issuer, depth + 1)
            path += f"{issuer.issue(node)}<{digest}>"
            issuer = result
            if _is_worse(path, chosen):
                return None
        return path, issuer


def _is_worse(path: str, chosen: str | None) -> bool:
    return chosen is not None and len(path) >= len(chosen) and path > chosen
