//! Refuses documents that say what they say in other words than a reader of plain JSON looks for.
//!
//! A signature over RDF covers statements, not the text they were read from; the same statements can be written
//! with full addresses, with JSON-LD keywords, or about the same thing in another place. Data Integrity 1.0
//! §2.4.1 asks for documents in their known, compacted form.

use crate::failure::{Failure, Found};
use crate::json::Value;
use crate::members::{are_equal, texts};
use crate::pointer;

// What decides on a record: about the record itself it must stand at the top.
const DECISIVE: [&str; 10] = [
    "credentialSchema",
    "credentialStatus",
    "credentialSubject",
    "expirationDate",
    "issuanceDate",
    "issuer",
    "refreshService",
    "termsOfUse",
    "validFrom",
    "validUntil",
];
// All that a proof may say of itself (Data Integrity 1.0 §2.1).
const PROOF_MEMBERS: [&str; 13] = [
    "@context",
    "challenge",
    "created",
    "cryptosuite",
    "domain",
    "expires",
    "id",
    "nonce",
    "previousProof",
    "proofPurpose",
    "proofValue",
    "type",
    "verificationMethod",
];
const VALUE_OBJECT: [&str; 4] = ["@value", "@type", "@language", "@direction"];
// Vocabularies whose types all have words in the contexts that define them.
const WORDED: [&str; 4] = [
    "https://www.w3.org/2018/credentials#",
    "https://www.w3.org/ns/credentials/",
    "https://w3id.org/security",
    "https://purl.imsglobal.org/",
];

/// Undecided `jsonld.not_compact` where `document` is written in an unusual way.
pub fn require_compact(document: &Value<'_>) -> Found<()> {
    let reader = Reader { id: document.get("id") };
    reader.walk(document, true).map_err(|(detail, place)| unusual(detail).at(place))
}

/// Undecided `jsonld.not_compact` where a proof over RDF says something by an unusual name.
///
/// Its end can be written by another word of some context or by an address, and the signature still holds.
pub fn require_plain_proof(proof: &Value<'_>) -> Found<()> {
    if member_names(proof).all(|name| PROOF_MEMBERS.contains(&name)) {
        return Ok(());
    }
    Err(unusual("a member that proofs do not have"))
}

/// Undecided `jsonld.not_compact` where what decides on a record has another name than usual.
///
/// For signatures over the exact text, which nobody else can rewrite: the issuer himself said it so, and it binds
/// for whoever reads the meaning.
pub fn require_plain_words(document: &Value<'_>) -> Found<()> {
    match member_names(document).find(|name| is_disguised(name)) {
        Some(name) => Err(unusual(NOT_A_WORD).at(pointer::child("", name))),
        None => Ok(()),
    }
}

fn is_disguised(name: &str) -> bool {
    let last_part = name.rfind([':', '/', '#']).and_then(|at| name.get(at + 1..));
    last_part.is_some_and(is_decisive) || (name.starts_with('@') && name != "@context")
}

fn member_names<'v>(value: &'v Value<'_>) -> impl Iterator<Item = &'v str> {
    let members = if let Value::Object(members) = value { members.as_slice() } else { &[] };
    members.iter().map(|(name, _)| name.as_ref())
}

fn unusual(detail: &'static str) -> Failure {
    Failure::undecided("jsonld.not_compact", detail)
}

const NOT_A_WORD: &str = "a keyword or an address stands where a word should";

/// What is unusual, and where, seen from the value at hand.
type Unusual = (&'static str, String);

struct Reader<'v, 'a> {
    id: Option<&'v Value<'a>>,
}

impl Reader<'_, '_> {
    fn walk(&self, value: &Value<'_>, is_top: bool) -> Result<(), Unusual> {
        match value {
            Value::Object(members) => {
                self.judge(value, members, is_top)?;
                for (name, member) in members {
                    if name != "@context" && is_container(member) {
                        self.walk(member, false).map_err(|fault| under(pointer::child("", name), &fault))?;
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if is_container(item) {
                        self.walk(item, false).map_err(|fault| under(pointer::element("", index), &fault))?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn judge(&self, node: &Value<'_>, members: &[Member<'_>], is_top: bool) -> Result<(), Unusual> {
        if !is_value_object(members) {
            require_words(node, members)?;
        }
        let is_more = !is_top && self.is_of_the_record(node) && members.iter().any(|(name, _)| is_decisive(name));
        if is_more {
            return Err(("more is said of the record in another place", String::new()));
        }
        Ok(())
    }

    fn is_of_the_record(&self, node: &Value<'_>) -> bool {
        self.id.is_some_and(|id| are_equal(node.get("id").unwrap_or(&Value::Null), id))
    }
}

type Member<'a> = (std::borrow::Cow<'a, str>, Value<'a>);

fn is_container(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

fn is_decisive(name: &str) -> bool {
    DECISIVE.contains(&name)
}

fn is_value_object(members: &[Member<'_>]) -> bool {
    members.iter().any(|(name, _)| name == "@value")
        && members.iter().all(|(name, _)| VALUE_OBJECT.contains(&name.as_ref()))
}

fn require_words(node: &Value<'_>, members: &[Member<'_>]) -> Result<(), Unusual> {
    for (name, _) in members {
        if name != "@context" && (name.starts_with('@') || name.contains(':')) {
            return Err((NOT_A_WORD, pointer::child("", name)));
        }
    }
    if texts(node.get("type")).any(|kind| kind.contains(':') && !is_foreign(kind)) {
        return Err(("a type is given by an address in place of its word", "/type".to_owned()));
    }
    Ok(())
}

fn is_foreign(kind: &str) -> bool {
    ["https://", "http://", "urn:"].iter().any(|start| kind.starts_with(start))
        && !WORDED.iter().any(|start| kind.starts_with(start))
}

fn under(step: String, fault: &Unusual) -> Unusual {
    (fault.0, step + &fault.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use crate::limits::Limits;

    fn place_of(text: &str, judge: fn(&Value<'_>) -> Found<()>) -> Option<String> {
        let document = parse(text.as_bytes(), &Limits::default()).unwrap();
        judge(&document).err().map(|failure| {
            assert_eq!((failure.decided, failure.code), (false, "jsonld.not_compact"));
            failure.pointer
        })
    }

    #[test]
    fn unusual_writing_is_found() {
        for (text, place) in [
            (r#"{"id":"urn:a","type":["X"],"name":{"@value":"x","@language":"en"}}"#, None),
            (r#"{"@context":{"a:b":1},"x":{"type":"https://example.org/Own"}}"#, None),
            (r#"{"x":[{"@id":"urn:b"}]}"#, Some("/x/0/@id")),
            (
                r#"{"https://www.w3.org/2018/credentials#issuer":1}"#,
                Some("/https:~1~1www.w3.org~12018~1credentials#issuer"),
            ),
            (r#"{"x":{"type":["https://purl.imsglobal.org/spec/ob"]}}"#, Some("/x/type")),
            (r#"{"x":{"@value":1,"a:b":2}}"#, Some("/x/@value")),
            (r#"{"id":"urn:a","x":{"id":"urn:a","validUntil":"2020"}}"#, Some("/x")),
            (r#"{"id":"urn:a","x":{"id":"urn:b","validUntil":"2020"}}"#, None),
        ] {
            assert_eq!(place_of(text, require_compact).as_deref(), place, "{text}");
        }
    }

    #[test]
    fn disguised_words_are_found() {
        for (text, place) in [
            (r#"{"@context":[],"issuer":1,"a:b":{"x:validUntil":1}}"#, None),
            (r#"{"cred:validUntil":1}"#, Some("/cred:validUntil")),
            (r#"{"https://x/issuer":1}"#, Some("/https:~1~1x~1issuer")),
            (r#"{"@graph":1}"#, Some("/@graph")),
        ] {
            assert_eq!(place_of(text, require_plain_words).as_deref(), place, "{text}");
        }
        assert_eq!(place_of(r#"{"type":1,"expiration":1}"#, require_plain_proof).as_deref(), Some(""));
        assert_eq!(place_of(r#"{"type":1,"expires":1}"#, require_plain_proof), None);
    }
}
