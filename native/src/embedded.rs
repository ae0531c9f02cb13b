//! Finds the credentials inside a credential, which have proofs of their own (Open Badges 3.0 §9.1.6).

use crate::failure::Failure;
use crate::json::Value;
use crate::limits::Limits;
use crate::members::{as_list, texts};
use crate::pointer;
use crate::workspace::canonical_json;

/// A credential inside a credential: where it stands, and its bytes (JSON or compact JWS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    pub pointer: String,
    pub role: &'static str,
    pub content: Vec<u8>,
}

/// Returns the credentials inside `document`, not those inside them, and a finding if there are too many.
#[must_use]
pub fn embedded_credentials(document: &Value<'_>, limits: &Limits) -> (Vec<Embedded>, Option<Failure>) {
    let mut search = Search { found: Vec::new(), path: Vec::new(), most: limits.embedded };
    if search.walk(document).is_ok() {
        return (search.found, None);
    }
    let detail = format!("more than {} records inside this one", limits.embedded);
    (search.found, Some(Failure::undecided("embedded.undecided", detail)))
}

/// The search ends: one more than allowed was found.
struct TooMany;

/// A step from a value to one in it.
#[derive(Clone, Copy)]
enum Step<'v> {
    Member(&'v str),
    Element(usize),
}

struct Search<'v> {
    found: Vec<Embedded>,
    path: Vec<Step<'v>>,
    most: usize,
}

impl<'v> Search<'v> {
    /// Walks the document; its depth is bounded since it was parsed.
    fn walk(&mut self, value: &'v Value<'_>) -> Result<(), TooMany> {
        match value {
            Value::Object(_) if !self.path.is_empty() && is_credential(value) => self.take(value, "credential"),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter(|(_, item)| may_hold(item))
                .try_for_each(|(index, item)| self.within(Step::Element(index), |search| search.walk(item))),
            Value::Object(members) => members.iter().try_for_each(|(name, member)| match role(name, value) {
                Some(role) => self.within(Step::Member(name), |search| search.take(member, role)),
                None if may_hold(member) => self.within(Step::Member(name), |search| search.walk(member)),
                None => Ok(()),
            }),
            _ => Ok(()),
        }
    }

    fn within(&mut self, step: Step<'v>, work: impl FnOnce(&mut Self) -> Result<(), TooMany>) -> Result<(), TooMany> {
        self.path.push(step);
        work(self)?;
        self.path.pop();
        Ok(())
    }

    fn take(&mut self, member: &Value<'_>, role: &'static str) -> Result<(), TooMany> {
        let place = self.pointer();
        let is_array = matches!(member, Value::Array(_));
        for (index, value) in as_list(member).iter().enumerate() {
            if self.found.len() == self.most {
                return Err(TooMany);
            }
            let pointer = if is_array { pointer::element(&place, index) } else { place.clone() };
            self.found.push(Embedded { pointer, role, content: content(value) });
        }
        Ok(())
    }

    fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |place, step| match step {
            Step::Member(name) => pointer::child(&place, name),
            Step::Element(index) => pointer::element(&place, *index),
        })
    }
}

fn may_hold(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

fn is_credential(value: &Value<'_>) -> bool {
    texts(value.get("type")).any(|kind| matches!(kind, "VerifiableCredential" | "EnvelopedVerifiableCredential"))
}

fn role(name: &str, owner: &Value<'_>) -> Option<&'static str> {
    match name {
        "endorsement" | "endorsementJwt" => Some("endorsement"),
        "verifiableCredential" if texts(owner.get("type")).any(|kind| kind == "ClrSubject") => Some("credential"),
        _ => None,
    }
}

fn content(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        other => canonical_json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn credentials_inside_are_found_up_to_the_limit() {
        let text = br#"{"type":"VerifiableCredential","a":[{"endorsement":[{"b":5.0,"a":"x"},"a.b.c"]}],
            "s":{"type":"ClrSubject","verifiableCredential":{"endorsement":1}},"t":{"type":["VerifiableCredential"]}}"#;
        let document = parse(text, &Limits::default()).unwrap();
        let (found, too_many) = embedded_credentials(&document, &Limits::default());
        let found: Vec<_> = found.iter().map(|one| (one.pointer.as_str(), one.role, one.content.as_slice())).collect();
        let expected: [(&str, &str, &[u8]); 4] = [
            ("/a/0/endorsement/0", "endorsement", br#"{"a":"x","b":5}"#),
            ("/a/0/endorsement/1", "endorsement", b"a.b.c"),
            ("/s/verifiableCredential", "credential", br#"{"endorsement":1}"#),
            ("/t", "credential", br#"{"type":["VerifiableCredential"]}"#),
        ];
        assert_eq!((found.as_slice(), too_many), (expected.as_slice(), None));
        let (found, too_many) = embedded_credentials(&document, &Limits { embedded: 3, ..Limits::default() });
        assert_eq!((found.len(), too_many.unwrap().code), (3, "embedded.undecided"));
    }
}
