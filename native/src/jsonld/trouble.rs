//! Why a document has no dataset, before it is said as a finding.

use std::borrow::Cow;

use crate::failure::Failure;
use crate::json::Value;
use crate::pointer;

/// What stops the processing of a document.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A part of the document would not reach the dataset; it stands under this name.
    Loss(&'static str, Box<str>),
    /// An error code of JSON-LD 1.1 API §9.3.
    Invalid(&'static str),
    /// Malformed in a way that has no code of its own; the name the reference engine has for it.
    Malformed(&'static str),
    /// Definitions that refer to each other too deeply.
    TooDeep,
    /// A finding of its own.
    Finding(Box<Failure>),
}

/// A result whose error stops the processing of a document.
pub type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    /// Something stands under `term` that would be left out.
    pub fn loss(reason: &'static str, term: &str) -> Self {
        Self::Loss(reason, term.into())
    }

    /// The document takes more work than it may.
    pub fn too_complex(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Finding(Box::new(Failure::undecided("graph.too_complex", detail)))
    }

    /// A context that is not there.
    pub fn context_unknown(detail: String) -> Self {
        Self::Finding(Box::new(Failure::undecided("context.unknown", detail)))
    }

    /// The same trouble, met while a scoped context was tried out (JSON-LD 1.1 API §4.2.2, step 21).
    pub fn inside_scoped_context(self) -> Self {
        match self {
            Self::Malformed(_) | Self::TooDeep => Self::Invalid("not valid JSON-LD"),
            other => other,
        }
    }

    /// The finding on `document`.
    pub fn finding(self, document: &Value<'_>) -> Failure {
        match self {
            Self::Loss(reason, term) => {
                let detail = if term.is_empty() { reason.into() } else { Cow::from(format!("{reason}: {term}")) };
                Failure::rejected("jsonld.data_loss", detail).at(only_place(document, &term).unwrap_or_default())
            }
            Self::Invalid(code) => Failure::rejected("jsonld.invalid", code),
            Self::Malformed(kind) => Failure::rejected("jsonld.invalid", format!("not valid JSON-LD ({kind})")),
            Self::TooDeep => Failure::undecided("graph.too_complex", "the contexts are nested too deeply"),
            Self::Finding(failure) => *failure,
        }
    }
}

/// The pointer to the one member named `term`, nothing when there is not exactly one.
fn only_place(document: &Value<'_>, term: &str) -> Option<String> {
    let mut found = None;
    let mut waiting = vec![(String::new(), document)];
    while let Some((place, node)) = waiting.pop() {
        match node {
            Value::Object(members) => {
                for (name, member) in members {
                    let below = pointer::child(&place, name);
                    if name == term && found.replace(below.clone()).is_some() {
                        return None;
                    }
                    waiting.push((below, member));
                }
            }
            Value::Array(items) => {
                waiting.extend(items.iter().enumerate().map(|(index, item)| (pointer::element(&place, index), item)))
            }
            _ => {}
        }
    }
    found
}
