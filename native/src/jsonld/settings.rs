//! What a context definition says beside its terms (JSON-LD 1.1 API §4.1.2, steps 5.5 to 5.11).

use std::sync::Arc;

use super::active::Active;
use super::definition_members::direction_of;
use super::iri;
use super::local::Object;
use super::names::Name;
use super::session::Session;
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

/// What the reference engine makes of taking away what is not there.
const UNSET: Trouble = Trouble::Malformed("KeyError");

impl Session<'_> {
    /// Set what `object` says of keywords in `next`, which is made from `active`.
    pub fn set_keywords(&self, active: &Active, next: &mut Active, object: &Object) -> Outcome<()> {
        let value_of = |name: &str| object.get(name).map(|entry| &entry.value);
        if value_of("@version").is_some_and(|version| *version != Value::Number(1.1)) {
            return Err(Trouble::Invalid("invalid @version value"));
        }
        if let Some(base) = value_of("@base") {
            next.base = Some(base_of(base, active)?);
        }
        if let Some(vocab) = value_of("@vocab") {
            next.vocab = self.vocab_of(vocab, next)?;
        }
        match value_of("@language") {
            None => {}
            Some(Value::Null) if next.language.is_none() => return Err(UNSET),
            Some(Value::Null) => next.language = None,
            Some(Value::String(language)) => next.language = Some(language.to_lowercase().into()),
            Some(_) => return Err(Trouble::Invalid("invalid default language")),
        }
        match value_of("@direction") {
            None => {}
            Some(Value::Null) => return Err(UNSET),
            Some(value @ Value::String(text)) if !text.is_empty() => next.direction = Some(direction_of(value)?),
            Some(_) => return Err(Trouble::Invalid("invalid base direction")),
        }
        match value_of("@propagate") {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(_) => Err(Trouble::Invalid("invalid @propagate value")),
        }
    }

    fn vocab_of(&self, vocab: &Value<'_>, next: &Active) -> Outcome<Option<Arc<str>>> {
        match vocab {
            Value::Null if next.vocab.is_none() => Err(UNSET),
            Value::Null => Ok(None),
            Value::String(vocab) => match self.expand_in(next, vocab, true, true)? {
                Name::Null => Err(Trouble::Malformed("TypeError")),
                Name::Keyword(keyword) => Ok(Some(keyword.text().into())),
                Name::Iri(text, _) => Ok(Some(text.into())),
            },
            _ => Err(Trouble::Invalid("invalid vocab mapping")),
        }
    }
}

fn base_of(base: &Value<'_>, active: &Active) -> Outcome<Option<Arc<str>>> {
    match (base, active.base.as_ref().and_then(Option::as_ref)) {
        (Value::Null, _) => Ok(None),
        (Value::String(base), Some(outer)) if !iri::is_absolute(base) => Ok(Some(iri::resolve(base, outer)?.into())),
        (Value::String(base), _) => Ok(Some(base.as_ref().into())),
        _ => Err(Trouble::Invalid("invalid base IRI")),
    }
}
