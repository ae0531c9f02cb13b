"""From expanded JSON-LD to RDF (JSON-LD 1.1 API §8, Deserialize JSON-LD to RDF), leaving nothing out.

Statements form a set, so each is written down where it is met; the flattening of the specification, whose
purpose is to bring equal subjects together, is not needed.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ler_trust.codec import jcs
from ler_trust.codec.expansion import DataLossError
from ler_trust.codec.rdf import XSD_STRING, Dataset, Quad, iri, literal
from ler_trust.errors import Undecided

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

_TYPE, _FIRST, _REST, _NIL = (iri(RDF + name) for name in ("type", "first", "rest", "nil"))
_LARGEST_INTEGER: Final = 1e21  # from here on a number is written as a double (§8.6)

# An IRI that N-Quads can carry (RFC 3987 §2.2 and the IRIREF production), and a language tag (BCP 47 §2.1).
_IRI: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|\\^`]*')
_BLANK: Final = re.compile(r"_:\S+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")

_VALUE_MEMBERS: Final = frozenset({"@value", "@type", "@language"})


def dataset_of(expanded: list[Any], max_quads: int) -> Dataset:
    """Return the dataset that ``expanded`` JSON-LD stands for.

    Raises ``DataLossError`` for anything that RDF cannot hold, ``Undecided('graph.too_complex')`` for more
    than ``max_quads`` statements.
    """
    writer = _Writer(max_quads)
    for node in expanded:
        writer.node(node, "", "@id")
    return frozenset(writer.quads)


class _Writer:
    """Collects statements; every blank node gets a label of its own, whatever the document called it."""

    def __init__(self, max_quads: int) -> None:
        self.quads: set[Quad] = set()
        self._max_quads = max_quads
        self._labels: dict[str, str] = {}
        self._blank_nodes = 0

    def node(self, node: Mapping[str, Any], graph: str, term: str) -> str:
        """Write what is said of ``node`` in ``graph``; return its term."""
        subject = self._identifier(node["@id"], term) if "@id" in node else self._new_blank()
        for name, values in node.items():
            if name == "@reverse":
                self._reversed(subject, values, graph)
            elif name in ("@graph", "@included"):
                for value in values:
                    self.node(value, subject if name == "@graph" else graph, name)
            elif name == "@type":
                for value in values:
                    self._add(subject, _TYPE, self._identifier(value, name), graph)
            elif name != "@id":
                self._property(subject, name, values, graph)
        return subject

    def _property(self, subject: str, name: str, values: list[Any], graph: str) -> None:
        predicate = _predicate(name)
        for value in values:
            self._add(subject, predicate, self._object(value, graph, name), graph)

    def _reversed(self, subject: str, properties: Mapping[str, list[Any]], graph: str) -> None:
        for name, values in properties.items():
            predicate = _predicate(name)
            for value in values:
                self._add(self.node(value, graph, name), predicate, subject, graph)

    def _object(self, value: Mapping[str, Any], graph: str, term: str) -> str:
        if "@value" in value:
            return _literal(value, term)
        if "@list" in value:
            if len(value) > 1:
                raise DataLossError("an index is dropped", term)
            return self._list(value["@list"], graph, term)
        return self.node(value, graph, term)

    def _list(self, items: list[Any], graph: str, term: str) -> str:
        """Write a linked list of ``items`` (§8.5, List to RDF Conversion); return its head."""
        rest = _NIL
        for item in reversed(items):
            cell = self._new_blank()
            self._add(cell, _FIRST, self._object(item, graph, term), graph)
            self._add(cell, _REST, rest, graph)
            rest = cell
        return rest

    def _identifier(self, value: object, term: str) -> str:
        if isinstance(value, str):
            if _IRI.fullmatch(value):
                return iri(value)
            if _BLANK.fullmatch(value):
                label = self._labels.get(value)
                if label is None:
                    label = self._labels[value] = self._new_blank()
                return label
        raise DataLossError("an identifier that is not an absolute IRI", term)

    def _new_blank(self) -> str:
        self._blank_nodes += 1
        return f"_:b{self._blank_nodes}"

    def _add(self, subject: str, predicate: str, object_: str, graph: str) -> None:
        self.quads.add(Quad(subject, predicate, object_, graph))
        if len(self.quads) > self._max_quads:
            raise Undecided("graph.too_complex", f"more than {self._max_quads} statements")


def _predicate(name: str) -> str:
    if _IRI.fullmatch(name) is None:  # a keyword that means nothing here, a blank node, a relative IRI
        raise DataLossError("a property that RDF cannot hold", name)
    return iri(name)


def _literal(value: Mapping[str, Any], term: str) -> str:
    """Return the literal for a value object (§8.6, Object to RDF Conversion)."""
    if not _VALUE_MEMBERS.issuperset(value):
        raise DataLossError("a base direction or index is dropped", term)
    content, datatype = value["@value"], value.get("@type")
    if datatype == "@json":
        return literal(jcs.canonicalize(content).decode(), RDF + "JSON")
    if datatype is not None and _IRI.fullmatch(datatype) is None:
        raise DataLossError("a datatype that is not an absolute IRI", term)
    if isinstance(content, bool):
        return literal("true" if content else "false", datatype or XSD + "boolean")
    if isinstance(content, int | float):
        return _number(content, datatype)
    language = value.get("@language")
    if language is not None and _LANGUAGE.fullmatch(language) is None:
        raise DataLossError("a language tag that is not well-formed", term)
    return literal(content, datatype or XSD_STRING, language or "")


def _number(number: float, datatype: str | None) -> str:
    if number % 1 == 0 and abs(number) < _LARGEST_INTEGER and datatype != XSD + "double":
        return literal(str(int(number)), datatype or XSD + "integer")
    mantissa, exponent = f"{number:.15E}".split("E")
    whole, _, fraction = mantissa.partition(".")
    return literal(f"{whole}.{fraction.rstrip('0') or '0'}E{int(exponent)}", datatype or XSD + "double")
