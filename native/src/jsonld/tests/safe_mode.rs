//! What safe mode makes of documents, and what it refuses.

use proptest::prelude::*;

use crate::failure::Failure;
use crate::json::{self, Value};
use crate::jsonld::{Contexts, to_dataset};
use crate::limits::Limits;
use crate::rdfc::{Hash, canonicalize};

const BASICS: &str = r#"{"@context": {"@protected": true, "id": "@id", "type": "@type",
    "name": "https://example.org/#name",
    "Badge": {"@id": "https://example.org/#Badge", "@context": {"for": "https://example.org/#for"}},
    "parts": {"@id": "https://example.org/#parts", "@container": "@list"},
    "text": {"@id": "https://example.org/#text", "@container": "@language"},
    "by": {"@id": "https://example.org/#by", "@container": "@index"},
    "data": {"@id": "https://example.org/#data", "@type": "@json"},
    "proof": {"@id": "https://example.org/#proof", "@type": "@id", "@container": "@graph"}}}"#;

fn contexts() -> Contexts {
    let importing: &[u8] = br#"{"@context": {"@import": "https://example.org/basics"}}"#;
    Contexts::new([("https://example.org/basics", BASICS.as_bytes()), ("https://example.org/importing", importing)])
        .unwrap()
}

fn n_quads_of(document: &str, contexts: &Contexts, limits: &Limits) -> Result<String, Failure> {
    let value = json::parse(document.as_bytes(), &Limits::default()).unwrap();
    let dataset = to_dataset(&value, contexts, limits)?;
    Ok(String::from_utf8(canonicalize(&dataset, Hash::Sha256, limits)?).unwrap())
}

fn n_quads(members: &str) -> Result<String, Failure> {
    let document = format!(r#"{{"@context": "https://example.org/basics", {members}}}"#);
    n_quads_of(&document, &contexts(), &Limits::default())
}

#[track_caller]
fn refused(members: &str) -> (&'static str, String, String) {
    let failure = n_quads(members).unwrap_err();
    (failure.code, failure.detail.into_owned(), failure.pointer)
}

#[test]
fn a_credential_becomes_statements() {
    let members = r#""id": "urn:a:1", "type": "Badge", "for": "x", "name": ["a", "b", "a"], "parts": [1, 2.5],
        "text": {"de": "Rad", "@none": "?"}, "data": {"b": [null], "a": 1e3}, "proof": {"name": true}"#;
    let expected = [
        r#"<urn:a:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://example.org/#Badge> ."#,
        r##"<urn:a:1> <https://example.org/#data> "{\"a\":1000,\"b\":[null]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON> ."##,
        r#"<urn:a:1> <https://example.org/#for> "x" ."#,
        r#"<urn:a:1> <https://example.org/#name> "a" ."#,
        r#"<urn:a:1> <https://example.org/#name> "b" ."#,
        r#"<urn:a:1> <https://example.org/#text> "?" ."#,
        r#"<urn:a:1> <https://example.org/#text> "Rad"@de ."#,
    ];
    let written = n_quads(members).unwrap();
    for line in expected {
        assert!(written.lines().any(|other| other == line), "{line} is not in\n{written}");
    }
    assert!(written.contains(r#""1"^^<http://www.w3.org/2001/XMLSchema#integer>"#));
    assert!(written.contains(r#""2.5E0"^^<http://www.w3.org/2001/XMLSchema#double>"#));
    assert_eq!(written.lines().count(), expected.len() + 7);
}

#[test]
fn what_would_be_dropped_is_refused() {
    for (members, detail, pointer) in [
        (r#""unknown": 1"#, "a term that no context defines: unknown", "/unknown"),
        (r#""not an iri:x": 1"#, "a term that no context defines: not an iri:x", "/not an iri:x"),
        (r#""1x:y": 1"#, "a term that no context defines: 1x:y", "/1x:y"),
        (r#""@foo.bar": 1"#, "a term that no context defines: @foo.bar", "/@foo.bar"),
        (r#""@foo": 1"#, "a term that no context defines: @foo", "/@foo"),
        (r#""for": 1"#, "a term that no context defines: for", "/for"),
        (r#""name": null"#, "null is dropped: name", "/name"),
        (r#""name": ["a", null]"#, "null is dropped: name", "/name"),
        (r#""text": {"de": null}"#, "null is dropped: de", "/text/de"),
        (r#""name": {"@value": null}"#, "a value without meaning of its own is dropped: name", "/name"),
        (r#""@graph": ["a"]"#, "a value without meaning of its own is dropped: @graph", "/@graph"),
        (r#""by": {"a": "b"}"#, "a map whose names are dropped: by", "/by"),
        (r#""id": "relative", "name": "a""#, "an identifier that is not an absolute IRI: @id", ""),
        (r#""type": "unknown""#, "an identifier that is not an absolute IRI: @type", ""),
        (
            r#""name": {"@value": "a", "@direction": "ltr"}"#,
            "a base direction or index is dropped: https://example.org/#name",
            "",
        ),
        (
            r#""name": {"@value": "a", "@language": "not a tag"}"#,
            "a language tag that is not well-formed: https://example.org/#name",
            "",
        ),
    ] {
        assert_eq!(refused(members), ("jsonld.data_loss", detail.to_owned(), pointer.to_owned()), "{members}");
    }
}

#[test]
fn what_json_ld_forbids_is_refused() {
    for (members, detail) in [
        (r#""id": 1"#, "invalid @id value"),
        (r#""type": {}"#, "invalid type value"),
        (r#""name": {"@value": "a", "name": "b"}"#, "invalid value object"),
        (r#""name": {"@context": {"name": "https://other.example/"}}"#, "protected term redefinition"),
        (r#""name": {"@context": null}"#, "invalid context nullification"),
        (r#""name": {"@context": {"a": "b", "b": "a"}}"#, "cyclic IRI mapping"),
        (r#""name": {"@context": "relative"}"#, "not valid JSON-LD (ValueError)"),
        (r#""@included": {"type": "Badge", "@set": {"name": "a"}}"#, "invalid @included value"),
        (r#""name": {"@included": {"type": "Badge", "@list": ["a"]}}"#, "invalid @included value"),
    ] {
        assert_eq!(refused(members), ("jsonld.invalid", detail.to_owned(), String::new()), "{members}");
    }
}

#[test]
fn a_context_that_is_not_there_is_named() {
    for (context, detail) in [
        (r#""https://example.org/other""#, "the context https://example.org/other is not known here"),
        (
            r#""https://example.org/importing""#,
            "the context https://example.org/importing uses @import, which is not supported",
        ),
        (r#"{"a": {"@import": "b"}}"#, "the context of the record itself uses @import, which is not supported"),
    ] {
        let document = format!(r#"{{"@context": {context}}}"#);
        let failure = n_quads_of(&document, &contexts(), &Limits::default()).unwrap_err();
        assert_eq!((failure.decided, failure.code, failure.detail.as_ref()), (false, "context.unknown", detail));
    }
}

#[test]
fn the_number_of_statements_is_bounded() {
    let limits = Limits { rdf_quads: 12, ..Limits::default() };
    let document = |count: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("\"{number}\"")).collect();
        format!(r#"{{"@context": "https://example.org/basics", "parts": [{}]}}"#, names.join(","))
    };
    assert!(n_quads_of(&document(5), &contexts(), &limits).is_ok());
    let failure = n_quads_of(&document(6), &contexts(), &limits).unwrap_err();
    assert_eq!((failure.decided, failure.code), (false, "graph.too_complex"));
}

#[test]
fn a_context_is_bounded() {
    let chain: Vec<_> = (0..2000).map(|number| format!("\"t{number}\": \"t{}:x\"", number + 1)).collect();
    let many = vec![r#""https://example.org/basics""#; 33].join(",");
    for context in [format!("{{{}}}", chain.join(",")), format!("[{many}]")] {
        let document = format!(r#"{{"@context": {context}}}"#);
        let failure = n_quads_of(&document, &contexts(), &Limits::default()).unwrap_err();
        assert_eq!((failure.decided, failure.code), (false, "graph.too_complex"));
    }
}

#[test]
fn contexts_are_the_same_from_the_cache() {
    let contexts = contexts();
    let own = r#"{"@context": ["https://example.org/basics", {"own": "https://example.org/#own"}], "own": 1}"#;
    let without = r#"{"@context": ["https://example.org/basics"], "own": 1}"#;
    let first = n_quads_of(own, &contexts, &Limits::default()).unwrap();
    for _ in 0..3 {
        assert_eq!(n_quads_of(own, &contexts, &Limits::default()).unwrap(), first);
        assert_eq!(n_quads_of(without, &contexts, &Limits::default()).unwrap_err().code, "jsonld.data_loss");
    }
}

#[test]
fn many_contexts_leave_no_trace() {
    let contexts = contexts();
    for number in 0..400 {
        let document = format!(
            r#"{{"@context": ["https://example.org/basics", {{"t{number}": "https://example.org/{number}"}}],
                "t{number}": "{number}"}}"#
        );
        let written = n_quads_of(&document, &contexts, &Limits::default()).unwrap();
        assert!(written.contains(&format!("<https://example.org/{number}> \"{number}\"")));
    }
    assert!(contexts.kept().other.results.len() <= 128);
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "@id",
            "@type",
            "@value",
            "@list",
            "@set",
            "@graph",
            "@reverse",
            "@nest",
            "@included",
            "@index",
            "@language",
            "@direction",
            "@context",
            "@vocab",
            "@base",
            "@container",
            "@protected",
            "@propagate",
            "@json",
            "@none",
            "@version",
            "@prefix",
            "id",
            "type",
            "name",
            "Badge",
            "for",
            "parts",
            "text",
            "by",
            "data",
            "proof",
            "https://example.org/basics",
            "a:b",
            "_:b",
            "x:",
            "en",
            "ltr",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ]
}

fn values() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_filter("JSON has no other", |number| number.is_finite()).prop_map(Value::Number),
        texts().prop_map(|text| Value::String(text.into())),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let members = proptest::collection::btree_map(texts(), inner.clone(), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn anything_gives_a_dataset_or_a_finding(value in values(), context in values()) {
        let url = Value::String("https://example.org/basics".into());
        let mut members = vec![("@context".into(), Value::Array(vec![url, context]))];
        if let Value::Object(others) = value {
            members.extend(others.into_iter().filter(|(name, _)| name != "@context"));
        }
        match to_dataset(&Value::Object(members), &contexts(), &Limits::default()) {
            Ok(dataset) => prop_assert!(dataset.quads().len() <= Limits::default().rdf_quads),
            Err(failure) => prop_assert!(matches!(
                failure.code,
                "jsonld.data_loss" | "jsonld.invalid" | "context.unknown" | "graph.too_complex"
            )),
        }
    }
}
