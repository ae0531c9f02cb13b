"""RDF datasets as canonical N-Quads writes them (RDF 1.2 N-Quads, Canonical form; RDFC-1.0 §5).

Each term is kept as the text it has in canonical N-Quads, so that hashing and writing need no further
work: ``<iri>``, ``_:label`` or ``"text"`` with ``^^<datatype>`` or ``@language``.
"""

import re
from typing import Final, NamedTuple

XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"

_ESCAPES: Final = {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\\x7f]')


class Quad(NamedTuple):
    """One statement; ``graph`` is empty for the default graph."""

    subject: str
    predicate: str
    object: str
    graph: str = ""

    def line(self) -> str:
        """Return the statement as a line of canonical N-Quads."""
        return write(*self)


Dataset = frozenset[Quad]


def write(subject: str, predicate: str, object_: str, graph: str) -> str:
    """Return the line of canonical N-Quads for four terms; no ``graph`` means the default graph."""
    if graph:
        return f"{subject} {predicate} {object_} {graph} .\n"
    return f"{subject} {predicate} {object_} .\n"


def is_blank(term: str) -> bool:
    """Say whether ``term`` is a blank node."""
    return term.startswith("_:")


def iri(value: str) -> str:
    """Return the term for an IRI that is already known to be well-formed."""
    return f"<{value}>"


def literal(value: str, datatype: str = XSD_STRING, language: str = "") -> str:
    """Return the term for a literal; ``language`` makes it a language-tagged string."""
    quoted = '"' + _ESCAPED.sub(_escape, value) + '"'
    if language:
        return f"{quoted}@{language}"
    return quoted if datatype == XSD_STRING else f"{quoted}^^<{datatype}>"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"
