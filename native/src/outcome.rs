//! What comes out of the engine, item by item, as values that borrow nothing.

use std::borrow::Cow;

use crate::embedded::Embedded;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::instant::Instant;
use crate::json::Value;
use crate::material::Need;
use crate::period::Version;

/// How a credential is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    DataIntegrity,
    /// VC-JOSE-COSE: the payload is the credential.
    VcJose,
    /// VCDM 1.1 §6.3.1 and Open Badges 3.0 §8.2: claims around the credential.
    VcJwt,
}

/// What an item that can be read needs before it can be authenticated.
#[derive(Clone, Debug)]
pub struct Survey {
    pub form: Form,
    pub issuer: String,
    pub keys: Vec<Need>,
}

/// What became of one proof; `failure` is `None` when its signature holds.
#[derive(Clone, Debug)]
pub struct ProofOutcome {
    pub pointer: String,
    pub suite: String,
    pub method: Option<String>,
    pub failure: Option<Finding>,
    pub created: Option<Instant>,
    pub expires: Option<Instant>,
}

/// The fields of a credential that was secured, and of nothing that was not.
#[derive(Debug)]
pub struct Secured {
    pub version: Version,
    pub id: Option<String>,
    pub types: Vec<String>,
    pub issuer: String,
    pub valid_from: Option<Instant>,
    pub valid_until: Option<Instant>,
    pub issued_at: Option<Instant>,
    pub issued_at_source: &'static str,
    pub status: Vec<(String, Value<'static>)>,
    pub schemas: Vec<String>,
    pub embedded: Vec<Embedded>,
    pub malformed: Option<Failure>,
    pub warnings: Vec<Failure>,
    pub document: Option<Value<'static>>,
}

/// The outcome of an item that could be read as a secured credential.
#[derive(Debug)]
pub struct Authentication {
    pub form: Form,
    pub proofs: Vec<ProofOutcome>,
    pub secured: Option<Secured>,
}

/// `value`, borrowing nothing.
#[must_use]
pub fn kept(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Number(number) => Value::Number(*number),
        Value::String(text) => Value::String(Cow::Owned(text.as_ref().to_owned())),
        Value::Array(items) => Value::Array(items.iter().map(kept).collect()),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (Cow::Owned(name.as_ref().to_owned()), kept(value))).collect(),
        ),
    }
}
