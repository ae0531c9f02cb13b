//! The same documents and graphs written in another way.

use std::borrow::Cow;

use ler_trust_native::json::Value;
use ler_trust_native::rdf::{Dataset, Quad, Term};

/// `value` with the members of every object in the opposite order.
#[must_use]
pub fn reversed<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().rev().map(|(name, member)| (name.clone(), reversed(member))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

/// Whether two values are equal but for the order of members.
#[must_use]
pub fn are_equal(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Object(members), Value::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| other.get(name).is_some_and(|found| are_equal(value, found)))
        }
        (Value::Array(items), Value::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, found)| are_equal(item, found))
        }
        _ => one == other,
    }
}

/// Whether another reader of JSON made the same of a text.
#[must_use]
pub fn is_what_serde_read(value: &Value<'_>, other: &serde_json::Value) -> bool {
    match (value, other) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(one), serde_json::Value::Bool(other)) => one == other,
        (Value::Number(one), serde_json::Value::Number(other)) => other.as_f64() == Some(*one),
        (Value::String(one), serde_json::Value::String(other)) => one == other,
        (Value::Array(items), serde_json::Value::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(one, other)| is_what_serde_read(one, other))
        }
        (Value::Object(members), serde_json::Value::Object(others)) => {
            members.len() == others.len()
                && members
                    .iter()
                    .zip(others)
                    .all(|((name, one), (found, other))| name == found && is_what_serde_read(one, other))
        }
        _ => false,
    }
}

/// The same statements in the opposite order, with other numbers for blank nodes and for texts.
///
/// # Panics
/// If a text is not what canonical N-Quads writes.
#[must_use]
pub fn relabelled(dataset: &Dataset) -> Dataset {
    let mut made = Dataset::new();
    let count = dataset.blank_nodes();
    let blanks: Vec<Term> = (0..count).map(|_| made.blank()).collect();
    for quad in dataset.quads().iter().rev() {
        // An odd factor permutes the numbers below a power of two; for other counts, turning them around does.
        let mut term = |term: Term| match term {
            Term::Blank(node) if count.is_power_of_two() => blanks[(node.wrapping_mul(5) % count) as usize],
            Term::Blank(node) => blanks[(count - 1 - node) as usize],
            Term::Text(text) => added(&mut made, dataset.text(text)),
        };
        let graph = quad.graph.map(&mut term);
        let (object, predicate, subject) = (term(quad.object), term(quad.predicate), term(quad.subject));
        made.add(Quad { subject, predicate, object, graph });
    }
    made
}

fn added(dataset: &mut Dataset, text: &str) -> Term {
    if let Some(iri) = text.strip_prefix('<') {
        return dataset.iri(iri.strip_suffix('>').expect("an IRI ends with a bracket"));
    }
    let (content, rest) = literal(text);
    if rest.is_empty() {
        return dataset.literal(&content, None, None);
    }
    if let Some(language) = rest.strip_prefix('@') {
        return dataset.literal(&content, None, Some(language));
    }
    let datatype = rest.strip_prefix("^^<").and_then(|rest| rest.strip_suffix('>'));
    dataset.literal(&content, Some(datatype.expect("a datatype follows a literal")), None)
}

/// The content of the literal that `text` begins with, and what follows it.
fn literal(text: &str) -> (Cow<'_, str>, &str) {
    let mut content = String::new();
    let mut rest = text.strip_prefix('"').expect("a literal begins with a quotation mark");
    loop {
        let end = rest.find(['"', '\\']).expect("a literal ends");
        content.push_str(&rest[..end]);
        if rest[end..].starts_with('"') {
            return (Cow::Owned(content), &rest[end + 1..]);
        }
        let (character, length) = escaped(&rest[end + 1..]);
        content.push(character);
        rest = &rest[end + 1 + length..];
    }
}

fn escaped(text: &str) -> (char, usize) {
    let character = match text.as_bytes()[0] {
        b't' => '\t',
        b'n' => '\n',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => {
            let code = u32::from_str_radix(&text[1..5], 16).expect("four hexadecimal digits");
            return (char::from_u32(code).expect("a character"), 5);
        }
        other => char::from(other),
    };
    (character, 1)
}
