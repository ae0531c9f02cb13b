"""JSON-LD documents with contexts of their own, drawn at random from a seeded source, so they repeat."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from tests.kit.issuing import CONTEXT_V2, OPEN_BADGES

_TERMS: Final = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "ü", "x:y")
_TYPES: Final = ("Tall", "Small", "https://example.org/Type", "x:Type")
_IRIS: Final = (
    "https://example.org/a",
    "https://example.org/ü",
    "urn:x:1",
    "did:example:1",
    "x:compact",
    "_:b0",
    "_:b1",
    "_:b2",
)
_TEXTS: Final = (
    "",
    " ",
    "x",
    "é\u2028",
    "\U0001f600",
    'a "b" \\ \n\t',
    "\u0000\u007f",
    "2024-01-01",
    "0",
    "en",
)
_NUMBERS: Final = (
    *(0, -0.0, 1, -1, 5.0, 1.5, 0.1, 1e21, 1e20, 1e-7, 1e-6, 2**53, -(2**53), 123456789012345680000.0),
    *(5e-324, 1.7976931348623157e308, 1e100, 4.35, 0.000001, 100.0),
)
_LANGUAGES: Final = ("en", "de-CH", "EN", "x")
_DATATYPES: Final = (
    "http://www.w3.org/2001/XMLSchema#date",
    "http://www.w3.org/2001/XMLSchema#double",
    "x:type",
)
_ALIASES: Final[Mapping[str, str]] = {
    "id": "@id",
    "type": "@type",
    "nest": "@nest",
    "graph": "@graph",
    "value": "@value",
}

Terms = dict[str, dict[str, Any]]


def drawn_document(random: Random) -> dict[str, Any]:
    """Return a document whose context defines most of what it uses, and now and then something else."""
    terms, context = _context(random, depth=2)
    if random.random() < 0.3:
        return _credential(random, terms, context)
    return {"@context": random.choice((context, [context], [None, context])), **_node(random, terms, depth=4)}


def _credential(random: Random, terms: Terms, context: dict[str, Any]) -> dict[str, Any]:
    subject = {"id": "did:example:learner", **_node(random, terms, depth=3)}
    return {
        "@context": [CONTEXT_V2, *random.choice(((), (OPEN_BADGES,))), context],
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", *random.choice(((), ("OpenBadgeCredential",)))],
        "issuer": {"id": "did:example:issuer"},
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": random.choice((subject, [subject, {"type": _TYPES[0]}])),
    }


# ── Contexts ────────────────────────────────────────────────────────────────────────────────────────


def _context(random: Random, depth: int) -> tuple[Terms, dict[str, Any]]:
    """Return definitions by term, and the context that has them."""
    names = random.sample(_TERMS[:-1], random.randint(1, 6))
    terms = {name: _definition(random, name, depth) for name in names}
    context: dict[str, Any] = {"x": "https://example.org/x#", **terms}
    if random.random() < 0.5:
        context["@vocab"] = random.choice(("https://example.org/v#", "x:", "", "https://example.org/ü/"))
    if random.random() < 0.2:
        context["@language"] = random.choice((*_LANGUAGES, None))
    if random.random() < 0.1:
        context["@propagate"] = random.random() < 0.5
    if random.random() < 0.1:
        context["@protected"] = True
    if random.random() < 0.3:
        aliases = random.sample(sorted(_ALIASES), 2)
        context |= {alias: _ALIASES[alias] for alias in aliases}
    for kind in _TYPES[:2]:
        context[kind] = {"@id": f"https://example.org/{kind}", **_scope(random, depth)}
    return terms, {"@version": 1.1, **context}


def _scope(random: Random, depth: int) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.5:
        return {}
    _, context = _context(random, depth - 1)
    return {"@context": random.choice((context, [context], None, []))}


# An index that is no property is lost in RDF, so it is rare here.
_CONTAINERS: Final = (
    *("@list", "@list", "@list", "@set", "@set", "@language", "@language", "@id", "@id", "@type", "@graph"),
    *(["@graph", "@id"], ["@graph", "@set"], ["@graph", "@id", "@set"], ["@graph", "@index"]),
    *(["@language", "@set"], ["@id", "@set"], ["@type", "@set"], ["@index", "@set"]),
)


def _definition(random: Random, name: str, depth: int) -> dict[str, Any]:
    iri = random.choice((f"https://example.org/{name}", f"x:{name}"))
    if random.random() < 0.05:
        return {"@reverse": iri, **random.choice(({}, {"@container": "@set"}, {"@container": "@index"}))}
    definition: dict[str, Any] = {"@id": iri}
    if random.random() < 0.5:
        definition["@container"] = random.choice(_CONTAINERS)
    definition |= _coercion(random, definition.get("@container", ()))
    if random.random() < 0.1:
        definition["@protected"] = random.random() < 0.7
    if random.random() < 0.05:
        definition["@prefix"] = True
    return definition | _scope(random, depth)


def _coercion(random: Random, container: str | Sequence[str]) -> dict[str, Any]:
    """Return what values of a term are taken for: seldom something that its container forbids."""
    kind = random.randrange(10)
    if "@type" in container and kind:
        return {"@type": random.choice(("@id", "@vocab"))}
    if "@language" in container and kind:
        return {}
    if kind < 4 and "@graph" not in container:
        return {"@type": random.choice(("@id", "@vocab", "@json", "@none", *_DATATYPES))}
    if kind == 4:
        return {"@language": random.choice((*_LANGUAGES, None))}
    if kind == 5 and random.random() < 0.2:
        place = random.choice(("x:place", "alpha", "https://example.org/place"))
        return {"@index": place, "@container": random.choice(("@index", ["@index", "@set"]))}
    return {}


# ── Nodes and values ────────────────────────────────────────────────────────────────────────────────


def _node(random: Random, terms: Terms, depth: int) -> dict[str, Any]:
    node: dict[str, Any] = {}
    if random.random() < 0.4:
        node["@id"] = random.choice(_IRIS)
    if random.random() < 0.4:
        node["@type"] = random.choice((random.choice(_TYPES), random.sample(_TYPES, 2)))
    for _ in range(random.randint(1, 4)):
        name = random.choice(tuple(terms) if random.random() < 0.95 else _TERMS)
        node[name] = _held(random, terms, terms.get(name, {}), depth)
    if depth > 0 and random.random() < 0.15:
        keyword = random.choice(("@included", "@graph", "@reverse", "@nest"))
        node[keyword] = _under_keyword(random, terms, keyword, depth - 1)
    return node


def _under_keyword(random: Random, terms: Terms, keyword: str, depth: int) -> Any:
    if keyword == "@reverse":
        return {random.choice(("x:back", "x:forth", *terms)): [_node(random, terms, depth)]}
    if keyword == "@nest":
        return {
            name: value for name, value in _node(random, terms, depth).items() if not name.startswith("@")
        }
    return [_node(random, terms, depth) for _ in range(random.randint(0, 2))]


def _held(random: Random, terms: Terms, definition: Mapping[str, Any], depth: int) -> Any:
    """Return a value for a term, in the form that its container asks for as a rule."""
    container = definition.get("@container", ())
    containers = [container] if isinstance(container, str) else list(container)
    keys = next((_KEYS[one] for one in containers if one in _KEYS), None)
    if definition.get("@type") == "@json":
        return _json(random, depth)
    if keys is None or random.random() < 0.1:
        return _value(random, terms, definition, depth)
    names = random.sample(keys, random.randint(0, min(3, len(keys))))
    of_texts = "@language" in containers
    return {
        name: random.choice(_TEXTS) if of_texts else _value(random, terms, definition, depth)
        for name in names
    }


_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "@language": (*_LANGUAGES, "@none"),
    "@index": ("one", "two", "@none", "ü"),
    "@id": (*_IRIS, "@none"),
    "@type": (*_TYPES, "@none"),
}


def _value(random: Random, terms: Terms, definition: Mapping[str, Any], depth: int) -> Any:
    return random.choice(_VALUES if depth > 0 else _LEAVES)(random, terms, definition, depth - 1)


def _plain(random: Random, _terms: Terms, definition: Mapping[str, Any], _depth: int) -> Any:
    if definition.get("@type") in ("@id", "@vocab"):
        return random.choice((*_IRIS, *_TYPES))
    return random.choice((random.choice(_TEXTS), random.choice(_NUMBERS), True, False))


def _absent(random: Random, _terms: Terms, _definition: Mapping[str, Any], _depth: int) -> Any:
    return random.choice((None, [], [None], {"@set": []}, {"@list": []}, {"@value": None}))


def _written_out(random: Random, _terms: Terms, _definition: Mapping[str, Any], depth: int) -> Any:
    value: dict[str, Any] = {"@value": random.choice((*_TEXTS, *_NUMBERS, True))}
    if random.random() < 0.3:
        return {"@value": _json(random, depth), "@type": "@json"}
    if isinstance(value["@value"], str) and random.random() < 0.5:
        value["@language"] = random.choice(_LANGUAGES)
    elif random.random() < 0.5:
        value["@type"] = random.choice(_DATATYPES)
    if random.random() < 0.1:
        value["@index"] = "one"
    return value


def _reference(random: Random, _terms: Terms, _definition: Mapping[str, Any], _depth: int) -> Any:
    return {"@id": random.choice(_IRIS)}


def _inner(random: Random, terms: Terms, _definition: Mapping[str, Any], depth: int) -> Any:
    node = _node(random, terms, depth)
    if random.random() < 0.1:
        more, context = _context(random, 0)
        return {"@context": random.choice((context, None)), **_node(random, more, depth)}
    return node


def _several(random: Random, terms: Terms, definition: Mapping[str, Any], depth: int) -> Any:
    values = [_value(random, terms, definition, depth) for _ in range(random.randint(0, 3))]
    return random.choice((values, values, {"@set": values}, {"@list": values}))


_Draw = Callable[[Random, Terms, Mapping[str, Any], int], Any]
_LEAVES: Final[tuple[_Draw, ...]] = (*(_plain,) * 8, *(_written_out,) * 3, *(_reference,) * 3, _absent)
_VALUES: Final[tuple[_Draw, ...]] = (*_LEAVES, *(_inner,) * 4, *(_several,) * 3)


def _json(random: Random, depth: int) -> Any:
    if depth <= 0 or random.random() < 0.5:
        return random.choice((*_TEXTS, *_NUMBERS, None, True))
    if random.random() < 0.5:
        return [_json(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {random.choice((*_TEXTS, *_TERMS)): _json(random, depth - 1) for _ in range(random.randint(0, 3))}
