//! What comes out of the engine, item by item, as plain values.

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
pub struct Secured<'a> {
    pub version: Version,
    pub id: Option<String>,
    pub types: Vec<String>,
    pub issuer: String,
    pub valid_from: Option<Instant>,
    pub valid_until: Option<Instant>,
    pub issued_at: Option<Instant>,
    pub issued_at_source: &'static str,
    pub status: Vec<(String, Value<'a>)>,
    pub schemas: Vec<String>,
    pub embedded: Vec<Embedded>,
    pub malformed: Option<Failure>,
    pub warnings: Vec<Failure>,
    pub document: Option<Value<'a>>,
}

/// The outcome of an item that could be read as a secured credential.
#[derive(Debug)]
pub struct Authentication<'a> {
    pub form: Form,
    pub proofs: Vec<ProofOutcome>,
    pub secured: Option<Secured<'a>>,
}

impl Secured<'_> {
    /// The same, of nothing borrowed.
    #[must_use]
    pub fn into_owned(self) -> Secured<'static> {
        Secured {
            version: self.version,
            id: self.id,
            types: self.types,
            issuer: self.issuer,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            issued_at: self.issued_at,
            issued_at_source: self.issued_at_source,
            status: self.status.into_iter().map(|(place, entry)| (place, owned(entry))).collect(),
            schemas: self.schemas,
            embedded: self.embedded,
            malformed: self.malformed,
            warnings: self.warnings,
            document: self.document.map(owned),
        }
    }
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(truth),
        Value::Number(number) => Value::Number(number),
        Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
        Value::Array(items) => Value::Array(items.into_iter().map(owned).collect()),
        Value::Object(members) => {
            let owned_members = members.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), owned(value)));
            Value::Object(owned_members.collect())
        }
    }
}
