//! The members of a term definition that stand for themselves (JSON-LD 1.1 API §4.2.2, steps 19 to 25).

use std::sync::Arc;

use super::active::{Coercion, Container, Definition, Direction, Meaning};
use super::local::{Entry, is_truthy};
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

const MEMBERS: [&str; 10] =
    ["@container", "@id", "@language", "@reverse", "@type", "@direction", "@index", "@nest", "@prefix", "@protected"];

/// A definition as it is written, short form or long.
pub struct Written<'e> {
    value: &'e Value<'static>,
    /// Whether it is the short form.
    pub is_simple: bool,
}

impl<'e> Written<'e> {
    /// Read an entry of a context definition.
    pub fn of(entry: &'e Entry) -> Outcome<Self> {
        let is_simple = matches!(entry.value, Value::String(_) | Value::Null);
        match &entry.value {
            Value::Object(members) => {
                if members.iter().any(|(name, _)| !MEMBERS.contains(&name.as_ref())) {
                    return Err(Trouble::Invalid("invalid term definition"));
                }
            }
            _ if is_simple => {}
            _ => return Err(Trouble::Invalid("invalid term definition")),
        }
        Ok(Self { value: &entry.value, is_simple })
    }

    /// The member `name`.
    pub fn get(&self, name: &str) -> Option<&'e Value<'static>> {
        self.value.get(name)
    }

    /// The IRI mapping.
    pub fn id(&self) -> Option<&'e Value<'static>> {
        if self.is_simple { Some(self.value) } else { self.get("@id") }
    }
}

/// The part of `text` before its first line feed, where the reference engine's patterns look.
pub fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

fn container_named(value: &Value<'_>) -> Option<Container> {
    Some(match value.as_str()? {
        "@list" => Container::List,
        "@set" => Container::Set,
        "@index" => Container::Index,
        "@language" => Container::Language,
        "@graph" => Container::Graph,
        "@id" => Container::Id,
        "@type" => Container::Type,
        _ => return None,
    })
}

/// Read `@container`.
pub fn set_container(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    const INVALID: Trouble = Trouble::Invalid("invalid container mapping");
    let Some(value) = written.get("@container") else { return Ok(()) };
    let named: Vec<Option<Container>> = match value {
        Value::Array(items) => items.iter().map(container_named).collect(),
        one => vec![container_named(one)],
    };
    let containers: Vec<Container> = named.iter().copied().flatten().collect();
    let bits = containers.iter().fold(0, |bits, container| bits | *container as u8);
    let has = |container: Container| bits & container as u8 != 0;
    let graph_with = [Container::Graph, Container::Id, Container::Index, Container::Set];
    let (most, mut is_valid) = (if has(Container::Set) { 2 } else { 1 }, containers.len() == named.len());
    if has(Container::List) {
        if named.len() != 1 {
            return Err(INVALID);
        }
    } else if has(Container::Graph) {
        if !is_valid || containers.iter().any(|container| !graph_with.contains(container)) {
            return Err(INVALID);
        }
    } else {
        is_valid = is_valid && named.len() <= most;
    }
    if has(Container::Type) && !matches!(definition.coercion, None | Some(Coercion::Id | Coercion::Vocab)) {
        return Err(Trouble::Invalid("invalid type mapping"));
    }
    if !is_valid {
        return Err(INVALID);
    }
    if has(Container::Type) && definition.coercion.is_none() {
        definition.coercion = Some(Coercion::Id);
    }
    if definition.is_reverse && bits & !(Container::Index as u8 | Container::Set as u8) != 0 {
        return Err(Trouble::Invalid("invalid reverse property"));
    }
    definition.container_bits = bits;
    definition.containers = Some(containers);
    Ok(())
}

/// Read `@index`.
pub fn set_index(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    let Some(value) = written.get("@index") else { return Ok(()) };
    match value {
        Value::String(index) if definition.has(Container::Index) && !index.starts_with('@') => {
            definition.index = Some(Arc::from(index.as_ref()));
            Ok(())
        }
        _ => Err(Trouble::Invalid("invalid term definition")),
    }
}

/// Read `@language`.
pub fn set_language(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    if written.get("@type").is_some() {
        return Ok(());
    }
    definition.language = match written.get("@language") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(language)) => Some(Some(language.to_lowercase().into())),
        Some(_) => return Err(Trouble::Invalid("invalid language mapping")),
    };
    Ok(())
}

/// Read `@prefix`.
pub fn set_prefix(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    let Some(value) = written.get("@prefix") else { return Ok(()) };
    if first_line(&definition.term).contains([':', '/']) || matches!(definition.meaning, Meaning::Keyword(_)) {
        return Err(Trouble::Invalid("invalid term definition"));
    }
    let Value::Bool(is_prefix) = value else { return Err(Trouble::Invalid("invalid @prefix value")) };
    definition.is_prefix = *is_prefix;
    Ok(())
}

/// Read `@direction`.
pub fn set_direction(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    definition.direction = match written.get("@direction") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(value) => Some(Some(direction_of(value)?)),
    };
    Ok(())
}

/// The base direction that `value` names; one that counts as false gets past the reference engine's check.
pub fn direction_of(value: &Value<'_>) -> Outcome<Direction> {
    match value.as_str() {
        Some("ltr") => Ok(Direction::Ltr),
        Some("rtl") => Ok(Direction::Rtl),
        _ if is_truthy(value) => Err(Trouble::Invalid("invalid base direction")),
        _ => Ok(Direction::Neither),
    }
}

/// Read `@nest`.
pub fn set_nest(definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
    match written.get("@nest") {
        None => {}
        Some(Value::String(nest)) if nest.is_empty() => return Err(Trouble::Malformed("IndexError")),
        Some(Value::String(nest)) if nest == "@nest" || !nest.starts_with('@') => {
            definition.nest = Some(Arc::from(nest.as_ref()));
        }
        Some(_) => return Err(Trouble::Invalid("invalid @nest value")),
    }
    Ok(())
}
