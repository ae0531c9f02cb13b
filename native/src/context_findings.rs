//! What a document's contexts say against relying on it (Data Integrity 1.0 §4.6, Context Validation).
//!
//! A signature holds for what the terms were defined to mean; a context in the document itself can give a term
//! another meaning than the one a reader expects.

use crate::failure::Failure;
use crate::json::Value;
use crate::members::{CONTEXT_V1, CONTEXT_V2, as_list, texts};
use crate::pointer;

const SECURED_TYPES: [&str; 3] = ["VerifiableCredential", "VerifiablePresentation", "EndorsementCredential"];

/// The first undecided finding on a context of `document` that is not a known one by URL.
///
/// `context.inline` for a definition inside the top-level `@context`, `context.nested` for an `@context`
/// further down, except that of an embedded credential.
#[must_use]
pub fn first_context_finding(document: &Value<'_>) -> Option<Failure> {
    inline(document).or_else(|| nested(document))
}

fn inline(document: &Value<'_>) -> Option<Failure> {
    let place = match document.get("@context")? {
        Value::Object(_) => "/@context".to_owned(),
        Value::Array(entries) => {
            let index = entries.iter().position(|entry| !matches!(entry, Value::String(_)))?;
            pointer::element("/@context", index)
        }
        _ => return None,
    };
    Some(Failure::undecided("context.inline", "the context is defined in the record itself").at(place))
}

fn nested(document: &Value<'_>) -> Option<Failure> {
    let place = in_members(document)?;
    Some(Failure::undecided("context.nested", "a part of the record has a context of its own").at(place))
}

/// The pointer, from `node`, to the first context in one of its members.
fn in_members(node: &Value<'_>) -> Option<String> {
    match node {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| name != "@context")
            .find_map(|(name, value)| Some(pointer::child("", name) + &found(value)?)),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, value)| Some(pointer::element("", index) + &found(value)?))
        }
        _ => None,
    }
}

/// The pointer, from `node`, to the first context in it.
fn found(node: &Value<'_>) -> Option<String> {
    match node.get("@context") {
        Some(context) if !is_embedded_credential(node, context) => Some("/@context".to_owned()),
        _ => in_members(node),
    }
}

fn is_embedded_credential(node: &Value<'_>, context: &Value<'_>) -> bool {
    let contexts = as_list(context);
    let begins_with_base =
        contexts.first().and_then(Value::as_str).is_some_and(|first| first == CONTEXT_V1 || first == CONTEXT_V2);
    begins_with_base
        && contexts.iter().all(|entry| entry.as_str().is_some())
        && texts(node.get("type").or_else(|| node.get("@type"))).any(|name| SECURED_TYPES.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use crate::limits::Limits;

    #[test]
    fn contexts_out_of_place_are_found() {
        for (text, expected) in [
            (r#"{"@context":["https://example.org/"],"a":[{"b":1}]}"#, None),
            (r#"{"@context":{}}"#, Some(("context.inline", "/@context"))),
            (r#"{"@context":["https://example.org/",null]}"#, Some(("context.inline", "/@context/1"))),
            (r#"{"a":[1,{"b/c":{"@context":[]}}]}"#, Some(("context.nested", "/a/1/b~1c/@context"))),
            (r#"{"a":{"@context":"https://www.w3.org/ns/credentials/v2","type":"VerifiableCredential"}}"#, None),
            (
                r#"{"a":{"@context":["https://www.w3.org/ns/credentials/v2",{}],"type":"VerifiableCredential"}}"#,
                Some(("context.nested", "/a/@context")),
            ),
            (r#"{"a":{"@context":"https://www.w3.org/ns/credentials/v2"}}"#, Some(("context.nested", "/a/@context"))),
        ] {
            let document = parse(text.as_bytes(), &Limits::default()).unwrap();
            let found = first_context_finding(&document);
            let found = found.as_ref().map(|failure| (failure.code, failure.pointer.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
