import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.codec import contexts
from ler_trust.codec.jsonld import context_findings, to_dataset
from ler_trust.codec.rdf import Quad, iri, literal
from ler_trust.codec.rdfc import canonicalize
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.limits import Limits

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
INLINE = {"@version": 1.1, "id": "@id", "type": "@type", "p": "urn:p", "q": {"@id": "urn:q", "@type": "@id"}}


def badge(**changes: Any) -> dict[str, Any]:
    return {
        "@context": [V2, OB],
        "id": "urn:uuid:4a1c8b0e-6f0e-4a2b-9d5c-0f5f1f3c7a10",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "did:web:college.example.org", "type": "Profile", "name": "College"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://college.example.org/a/1",
                "type": ["Achievement"],
                "name": "Welding",
                "criteria": {"narrative": "Weld."},
                "description": "Welds.",
            },
        },
        **changes,
    }


def dataset(document: dict[str, Any], limits: Limits | None = None) -> frozenset[Quad]:
    return to_dataset(document, contexts.PINNED, limits or Limits())


def refusal(document: dict[str, Any]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        dataset(document)
    return caught.value


def inline(**members: Any) -> frozenset[Quad]:
    return to_dataset({"@context": INLINE, "id": "urn:s", **members}, {})


def test_a_badge_becomes_its_statements() -> None:
    quads = dataset(badge())
    assert len(quads) == 14
    welding = iri("https://college.example.org/a/1")
    assert Quad(welding, iri("https://schema.org/name"), literal("Welding")) in quads
    assert canonicalize(quads).count(b"\n") == len(quads)


def objects(quads: frozenset[Quad]) -> set[str]:
    return {quad.object for quad in quads}


XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("x", '"x"'),
        (True, f'"true"^^<{XSD}boolean>'),
        (5, f'"5"^^<{XSD}integer>'),
        (5.0, f'"5"^^<{XSD}integer>'),
        (-0.0, f'"0"^^<{XSD}integer>'),
        (0.1, f'"1.0E-1"^^<{XSD}double>'),
        (5.25e22, f'"5.25E22"^^<{XSD}double>'),
        ({"@value": 5, "@type": XSD + "double"}, f'"5.0E0"^^<{XSD}double>'),
        ({"@value": "5", "@type": XSD + "double"}, f'"5"^^<{XSD}double>'),
        ({"@value": "a", "@language": "en-gb"}, '"a"@en-gb'),
        ({"@value": {"b": 1, "a": None}, "@type": "@json"},
         '"{\\"a\\":null,\\"b\\":1}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>'),
        ('"\\\t\n\r\b\f\x00\x7fé\U0001f600', '"\\"\\\\\\t\\n\\r\\b\\f\\u0000\\u007Fé\U0001f600"'),
    ],
)  # fmt: skip
def test_values_are_written_as_json_ld_says(value: Any, written: str) -> None:
    assert objects(inline(p=value)) == {written}


def test_lists_graphs_and_reverse_properties_reach_the_dataset() -> None:
    quads = inline(
        p={"@list": ["a", {"@list": []}]},
        **{
            "@reverse": {"q": {"id": "urn:o"}},
            "@graph": {"id": "urn:i", "p": 1},
            "@included": {"id": "urn:n", "p": 2},
        },
    )
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    assert Quad("<urn:o>", "<urn:q>", "<urn:s>") in quads
    assert Quad("<urn:i>", "<urn:p>", f'"1"^^<{XSD}integer>', "<urn:s>") in quads
    assert Quad("<urn:n>", "<urn:p>", f'"2"^^<{XSD}integer>') in quads
    assert (
        sorted(quad.predicate for quad in quads if rdf in quad.predicate)
        == [iri(rdf + "first")] * 2 + [iri(rdf + "rest")] * 2
    )
    assert len(quads) == 8


def test_blank_node_labels_of_the_document_do_not_matter() -> None:
    one = inline(p=[{"id": "_:c14n0", "q": "_:x"}, {"id": "_:x", "p": 1}])
    two = inline(p=[{"id": "_:b1", "q": "_:b0"}, {"id": "_:b0", "p": 1}])
    assert len(one) == 4
    assert canonicalize(one) == canonicalize(two)


@pytest.mark.parametrize(
    ("change", "term", "pointer"),
    [
        ({"foo": 1}, "foo", "/foo"),
        ({"foo": None}, "foo", "/foo"),
        ({"@foo": 1}, "@foo", "/@foo"),
        ({"@vocab": "https://example.org/"}, "@vocab", "/@vocab"),
        ({"@index": "x"}, "@index", "/@index"),
        ({"validUntil": None}, "validUntil", "/validUntil"),
        ({"validUntil": [None]}, "validUntil", "/validUntil"),
        ({"evidence": {"id": "urn:e", "type": "Evidence", "grade": 1}}, "grade", "/evidence/grade"),
        ({"id": "relative"}, "@id", ""),
        ({"id": "urn:a>b"}, "@id", ""),
        ({"id": "urn:a b"}, "@id", ""),
        ({"id": "urn:a\n"}, "@id", ""),
        ({"id": ""}, "@id", ""),
        ({"id": "@foo"}, "@id", ""),
        ({"type": ["VerifiableCredential", "Unknown"]}, "@type", ""),
        ({"type": ["VerifiableCredential", "@foo"]}, "@type", ""),
        ({"issuer": "college"}, "issuer", ""),
        ({"_:p": 1}, "_:p", "/_:p"),
        ({"validUntil": {"@value": None}}, "validUntil", "/validUntil"),
        ({"evidence": {"@language": "en"}}, "evidence", "/evidence"),
        ({"validUntil": {"@value": "x", "@type": "relative"}}, "", ""),
        ({"validUntil": {"@value": "x", "@language": "no such thing"}}, "validUntil", ""),
        ({"validUntil": {"@value": "x", "@language": None}}, "@language", "/validUntil/@language"),
        ({"validUntil": {"@value": "x", "@direction": "ltr"}}, "validUntil", ""),
        ({"validUntil": {"@value": "x", "@index": "i"}}, "validUntil", ""),
        ({"evidence": {"@list": [None]}}, "evidence", "/evidence"),
    ],
)
def test_what_rdf_would_lose_is_refused_and_named(change: dict[str, Any], term: str, pointer: str) -> None:
    finding = refusal(badge(**change))
    assert finding.code.name == ("jsonld.data_loss" if term else "jsonld.invalid")
    assert term in finding.detail
    assert finding.pointer == pointer


def test_free_floating_values_and_nodes_are_refused() -> None:
    for floating in ("x", {"@id": "urn:x"}, {"@value": "x"}, {"@list": ["x"]}, {}, None):
        assert refusal({"@context": V2, "@graph": [badge(), floating]}).code.name == "jsonld.data_loss"
    assert refusal({}).code.name == "jsonld.data_loss"


@pytest.mark.parametrize("container", ["@index", "@id", "@type", ["@graph", "@id"]])
def test_maps_whose_names_would_be_lost_are_refused(container: Any) -> None:
    document = {
        "@context": {"m": {"@id": "urn:m", "@container": container}},
        "@id": "urn:s",
        "m": {"k": {"@id": "urn:o"}},
    }
    assert refusal(document).code.name == "jsonld.data_loss"


def test_language_maps_are_read_and_their_nulls_refused() -> None:
    context = {"m": {"@id": "urn:m", "@container": "@language"}}
    quads = dataset({"@context": context, "@id": "urn:s", "m": {"en": "a", "de": ["b"]}})
    assert objects(quads) == {'"a"@en', '"b"@de'}
    for lost in (None, [None]):
        assert (
            refusal({"@context": context, "@id": "urn:s", "m": {"en": lost}}).code.name == "jsonld.data_loss"
        )


def test_a_detail_names_no_value() -> None:
    finding = refusal(badge(secretTerm="the value of it"))
    assert "secretTerm" in finding.detail
    assert "value of it" not in finding.detail
    assert "the-claim" not in refusal(badge(id="the-claim")).detail


@pytest.mark.parametrize("where", ["top", "nested", "scoped"])
def test_an_unknown_context_is_undecided_and_named(where: str) -> None:
    url = "https://unknown.example.org/v1"
    document = badge()
    if where == "top":
        document["@context"].append(url)
    elif where == "nested":
        document["credentialSubject"]["@context"] = url
    else:
        document["@context"].append({"x": {"@id": "urn:x", "@context": url}})
    with pytest.raises(Undecided) as caught:
        dataset(document)
    assert caught.value.code.name == "context.unknown"
    assert url in caught.value.detail


@pytest.mark.parametrize(
    "change",
    [
        {"@context": [V2, {"VerifiableCredential": "urn:other"}]},
        {"@context": [V2, {"type": "urn:other"}]},
        {"@context": [V2, None]},
        {"@context": [V2, 5]},
        {"@context": [V2, "relative"]},
        {"type": 5},
        {"type": [None]},
        {"id": 5},
        {"id": ["urn:a"]},
        {"validUntil": {"@value": ["x"]}},
        {"validUntil": {"@value": "x", "foo:bar": 1}},
        {"@type": "VerifiableCredential", "@id": "urn:a"},
        {"@graph": 5},
        {"@reverse": 5},
        {"@included": "x"},
    ],
    ids=str,
)
def test_json_ld_errors_are_refused(change: dict[str, Any]) -> None:
    assert refusal(badge(**change)).code.name in ("jsonld.invalid", "jsonld.data_loss")


def test_quads_are_bounded() -> None:
    members = {"evidence": [{"id": f"urn:e:{n}", "type": "Evidence"} for n in range(50)]}
    assert len(dataset(badge(**members))) == 114
    for most in (20, 113):
        with pytest.raises(Undecided) as caught:
            dataset(badge(**members), Limits(rdf_quads=most))
        assert caught.value.code.name == "graph.too_complex"


def test_an_importing_context_cannot_change_a_pinned_one() -> None:
    before = canonicalize(dataset(badge()))
    for importing in (
        {"@import": OB, "foo": "urn:foo"},
        {"x": {"@id": "urn:x", "@context": {"@import": OB}}},
    ):
        with pytest.raises(Undecided, match="import"):
            dataset(badge(**{"@context": [V2, importing]}))
    assert refusal(badge(foo=1)).code.name == "jsonld.data_loss"
    assert canonicalize(dataset(badge())) == before


def test_results_kept_for_one_document_are_not_used_for_another() -> None:
    added = contexts.with_added({"urn:example:c": b'{"@context":{"foo":"urn:example:foo"}}'})
    other = contexts.with_added({"urn:example:c": b'{"@context":{"foo":"urn:example:bar"}}'})
    document = badge(**{"@context": [V2, OB, "urn:example:c"], "foo": "x"})
    for _ in range(2):
        assert "<urn:example:foo>" in {quad.predicate for quad in to_dataset(document, added)}
        assert "<urn:example:bar>" in {quad.predicate for quad in to_dataset(document, other)}
        with pytest.raises(Undecided):
            dataset(document)
    assert refusal(badge(foo="x")).code.name == "jsonld.data_loss"


def test_documents_are_not_changed() -> None:
    document = badge(evidence=[{"id": "urn:e", "type": ["Evidence"]}])
    before = json.dumps(document)
    dataset(document)
    assert json.dumps(document) == before


def test_many_threads_get_the_same_datasets() -> None:
    documents = [
        badge(**{"@context": order, "evidence": {"id": f"urn:e:{n}", "type": "Evidence"}})
        for n in range(40)
        for order in ([V2, OB], [V1, V2, OB], [V2, OB, "https://w3id.org/security/data-integrity/v2"])
    ]
    alone = [_outcome(document) for document in documents]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(_outcome, documents * 3)) == alone * 3


def _outcome(document: dict[str, Any]) -> bytes | str:
    try:
        return canonicalize(dataset(document))
    except (Rejected, Undecided) as finding:
        return finding.code.name


# ── Contexts that keep a record from being relied on ────────────────────────────────────────────────


def embedded(**changes: Any) -> dict[str, Any]:
    return {"@context": [V2, OB], "type": ["VerifiableCredential", "EndorsementCredential"], **changes}


def findings(**changes: Any) -> list[tuple[str, str]]:
    found = context_findings(badge(**changes))
    assert not any(finding.decided for finding in found)
    assert all(isinstance(finding, Failure) for finding in found)
    return [(finding.code, finding.pointer) for finding in found]


def test_contexts_by_url_are_fine() -> None:
    assert findings() == []
    assert findings(**{"@context": V2}) == []


def test_contexts_in_the_record_are_found() -> None:
    assert findings(**{"@context": {"a": "urn:a"}}) == [("context.inline", "/@context")]
    assert findings(**{"@context": [V2, {"a": "urn:a"}, OB, None]}) == [
        ("context.inline", "/@context/1"),
        ("context.inline", "/@context/3"),
    ]


def test_embedded_credentials_have_contexts_by_right() -> None:
    assert (
        findings(endorsement=[embedded(), embedded(**{"@context": V1, "type": "VerifiableCredential"})]) == []
    )
    assert findings(verifiableCredential=embedded(endorsement=embedded(type="EndorsementCredential"))) == []


@pytest.mark.parametrize(
    "node",
    [
        {"@context": [V2]},
        {"@context": [V2], "type": "Achievement"},
        {"@context": [OB, V2], "type": "VerifiableCredential"},
        {"@context": [V2, {}], "type": "VerifiableCredential"},
        {"@context": {}, "type": "VerifiableCredential"},
        {"@context": [], "type": "VerifiableCredential"},
        {"@context": None, "type": "VerifiableCredential"},
        {"@context": [[V2]], "type": "VerifiableCredential"},
    ],
    ids=str,
)
def test_other_nested_contexts_are_found_wherever_they_are(node: dict[str, Any]) -> None:
    assert findings(credentialSubject=[{"a/b": {"x": [1, node]}}]) == [
        ("context.nested", "/credentialSubject/0/a~1b/x/1/@context")
    ]
    assert findings(endorsement=embedded(x=node)) == [("context.nested", "/endorsement/x/@context")]


KEYWORDS = "@context @id @type @value @language @list @set @graph @reverse @included @nest @index @json @none"
NAMES = "id type name issuer credentialSubject achievement result x:y"
TERMS = st.sampled_from([*KEYWORDS.split(), *NAMES.split()])
SCALARS = [
    None,
    True,
    1,
    0.5,
    V2,
    OB,
    "@id",
    "@json",
    "@vocab",
    "urn:a",
    "_:b",
    "rel",
    "",
    "Achievement",
    "en",
]
VALUES = st.recursive(
    st.sampled_from(SCALARS) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TERMS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(TERMS, VALUES, max_size=6))
def test_never_raises_anything_but_a_finding(fuzzed: dict[str, Any]) -> None:
    for document in (fuzzed, {**fuzzed, "@context": [V2, OB]}, badge(**fuzzed)):
        context_findings(document)
        with contextlib.suppress(Rejected, Undecided):
            canonicalize(dataset(document))
