//! What to say of a document that is refused, and of which place in it.

use std::collections::HashSet;

use super::Value;
use super::reader::{Fault, Mode, read};
use super::text::{has_lone_surrogate, printable};
use crate::failure::Failure;
use crate::pointer::{child, element};

/// The finding for a document of which `fault` is the first; depth goes before it, surrogates after all others.
pub fn explain(fault: &Fault, text: &str, depth: usize) -> Failure {
    if is_too_deep(text, depth) {
        return Failure::undecided("format.too_deep", format!("nested more than {depth} deep"));
    }
    match fault {
        Fault::Syntax(at, what) => Failure::rejected("format.json", format!("{what}, at byte {at}")),
        Fault::Number(what) => Failure::rejected("format.number", what.clone()),
        Fault::Duplicate => duplicate(text, depth),
        Fault::Surrogate => match read(text, depth, Mode::AnyText) {
            Ok(value) => surrogate(&value),
            Err(earlier) => explain(&earlier, text, depth),
        },
        Fault::Depth => Failure::undecided("format.too_deep", format!("nested more than {depth} deep")),
    }
}

/// Whether brackets outside strings nest deeper than `most` anywhere, in whatever else is or is not JSON.
fn is_too_deep(text: &str, most: usize) -> bool {
    let most = isize::try_from(most).unwrap_or(isize::MAX);
    let mut depth = 0;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// The first repeated member, an object before what is in it; none is named if the document is broken further on.
fn duplicate(text: &str, depth: usize) -> Failure {
    let value = read(text, depth, Mode::Repetitions).unwrap_or(Value::Null);
    let pointer = first_place("", &value, &repeated_member).unwrap_or_default();
    Failure::rejected("format.duplicate_key", "an object names a member twice").at(printable(&pointer))
}

fn repeated_member(pointer: &str, value: &Value<'_>) -> Option<String> {
    let Value::Object(members) = value else { return None };
    let mut seen = HashSet::new();
    members.iter().find(|(name, _)| !seen.insert(name.as_ref())).map(|(name, _)| child(pointer, name))
}

fn surrogate(value: &Value<'_>) -> Failure {
    let pointer = first_place("", value, &with_surrogate).unwrap_or_default();
    Failure::rejected("format.surrogate", "a lone surrogate").at(printable(&pointer))
}

fn with_surrogate(pointer: &str, value: &Value<'_>) -> Option<String> {
    let found = match value {
        Value::String(text) => has_lone_surrogate(text),
        Value::Object(members) => members.iter().any(|(name, _)| has_lone_surrogate(name)),
        _ => false,
    };
    found.then(|| pointer.to_owned())
}

/// What `check` first says of a value and its pointer, a container before what is in it.
fn first_place(pointer: &str, value: &Value<'_>, check: &dyn Fn(&str, &Value<'_>) -> Option<String>) -> Option<String> {
    check(pointer, value).or_else(|| match value {
        Value::Object(members) => {
            members.iter().find_map(|(name, member)| first_place(&child(pointer, name), member, check))
        }
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| first_place(&element(pointer, index), item, check))
        }
        _ => None,
    })
}
