//! Local contexts as they are written, taken apart once (JSON-LD 1.1 §9.15).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;

use super::iri;
use crate::json::Value;
use crate::members::are_equal;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Return a number that nothing else has, by which a context is known in the cache.
pub fn next_id() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The value of an `@context` entry.
#[derive(Debug)]
pub struct Local {
    /// By which the cache knows it.
    pub id: u64,
    /// The contexts in it, in order.
    pub items: Vec<Item>,
    /// Whether it is an array, whose length is bounded.
    pub is_array: bool,
    /// Whether it is a mere null (or false).
    pub is_null: bool,
    /// Whether it is the same for every document: URLs only, or a part of a known context.
    pub is_known: bool,
    /// Whether `@import` stands anywhere in it.
    pub imports: bool,
    /// What `@propagate` in the first of its contexts means for all of it.
    pub propagate: FirstPropagate,
}

/// What the reference engine finds when it looks for `@propagate` in the first context as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPropagate {
    /// Nothing to find, or nothing that matters.
    Unset,
    /// The value.
    To(bool),
    /// It stands elsewhere, and looking for it fails in this way.
    Missed(&'static str),
}

/// One context.
#[derive(Debug)]
pub enum Item {
    /// Back to the initial context.
    Null,
    /// A context elsewhere: as it is written, and resolved if it can be.
    Url(Box<str>, Option<Box<str>>),
    /// A context definition.
    Object(Arc<Object>),
    /// Nothing a context can be.
    Invalid(Value<'static>),
}

/// A context definition.
#[derive(Debug)]
pub struct Object {
    /// Keywords and terms in the order of the document.
    pub entries: Vec<(Arc<str>, Entry)>,
    /// The truth value of its `@propagate`.
    pub propagate: Option<bool>,
    /// Whether it was written as the `@context` of an object that is no context definition.
    pub is_misplaced: bool,
    index: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
}

/// What a context definition says of a name.
#[derive(Debug)]
pub struct Entry {
    /// The value without its scoped context.
    pub value: Value<'static>,
    /// The scoped context.
    pub scoped: Option<Arc<Local>>,
}

impl Object {
    /// What is said of `name`.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entry(name).map(|(_, entry)| entry)
    }

    /// What is said of `name`, and the name as it is kept here.
    pub fn entry(&self, name: &str) -> Option<(&Arc<str>, &Entry)> {
        self.index.get(name).and_then(|at| self.entries.get(*at)).map(|(name, entry)| (name, entry))
    }
}

impl Local {
    /// Take apart `value`; relative URLs in it are resolved against `base`.
    pub fn read(value: &Value<'_>, base: &str, is_known: bool) -> Arc<Self> {
        let wrapped = value.get("@context");
        let (content, is_wrapped) = match wrapped {
            Some(inner @ Value::Array(_)) => (inner, false),
            Some(inner) => (inner, true),
            None => (value, false),
        };
        let items: Vec<Item> = match content {
            Value::Array(items) => items.iter().map(|item| Item::read(item, base, is_known)).collect(),
            one => vec![Item::read(one, base, is_known)],
        };
        let propagate = if is_wrapped { propagate_of(value) } else { first_propagate(items.first()) };
        Arc::new(Self {
            id: next_id(),
            is_array: matches!(value, Value::Array(_)),
            is_null: matches!(value, Value::Null | Value::Bool(false)),
            is_known: is_known || items.iter().all(|item| matches!(item, Item::Url(..))),
            imports: uses_import(value),
            propagate,
            items,
        })
    }
}

/// Where `@propagate` is looked for in the first context of a wrapped one.
fn propagate_of(wrapper: &Value<'_>) -> FirstPropagate {
    match wrapper.get("@propagate") {
        None => FirstPropagate::Missed("KeyError"),
        Some(value) => FirstPropagate::To(is_truthy(value)),
    }
}

fn first_propagate(first: Option<&Item>) -> FirstPropagate {
    match first {
        Some(Item::Object(object)) => object.propagate.map_or(FirstPropagate::Unset, FirstPropagate::To),
        Some(Item::Url(..)) => FirstPropagate::Missed("TypeError"),
        _ => FirstPropagate::Unset,
    }
}

impl Item {
    fn read(value: &Value<'_>, base: &str, is_known: bool) -> Self {
        match value {
            Value::Null | Value::Bool(false) => Self::Null,
            Value::String(url) => {
                let resolved: Option<Box<str>> = iri::resolve(url, base).ok().map(Into::into);
                // What a context document names is written with its address from the start.
                let written = resolved.clone().filter(|_| is_known).unwrap_or_else(|| url.as_ref().into());
                Self::Url(written, resolved)
            }
            Value::Object(members) => Self::Object(Arc::new(Object::read(members, base, is_known))),
            other => Self::Invalid(owned(other)),
        }
    }
}

impl Object {
    fn read(members: &[(std::borrow::Cow<'_, str>, Value<'_>)], base: &str, is_known: bool) -> Self {
        let propagate = members.iter().find_map(|(name, value)| match value {
            Value::Bool(propagate) if name == "@propagate" => Some(*propagate),
            _ => None,
        });
        let inner = members.iter().find(|(name, _)| name == "@context").map(|(_, inner)| inner);
        let (members, is_misplaced) = match inner {
            Some(Value::Object(inner)) => (inner.as_slice(), false),
            Some(_) => (&[][..], true),
            None => (members, false),
        };
        let entries: Vec<_> = members
            .iter()
            .map(|(name, value)| (Arc::from(name.as_ref()), Entry::read(value, base, is_known)))
            .collect();
        let index = entries.iter().enumerate().map(|(at, (name, _))| (Arc::clone(name), at)).collect();
        Self { entries, propagate, is_misplaced, index }
    }
}

impl Entry {
    fn read(value: &Value<'_>, base: &str, is_known: bool) -> Self {
        let scoped = value.get("@context").map(|scoped| Local::read(scoped, base, is_known));
        let value = match value {
            Value::Object(members) if scoped.is_some() => Value::Object(
                members
                    .iter()
                    .filter(|(name, _)| name != "@context")
                    .map(|(name, member)| (name.to_string().into(), owned(member)))
                    .collect(),
            ),
            other => owned(other),
        };
        Self { value, scoped }
    }
}

/// Equality of what is written, members in any order.
impl PartialEq for Local {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            || (self.is_array == other.is_array && self.is_null == other.is_null && self.items == other.items)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Url(one, resolved), Self::Url(another, also)) => one == another && resolved == also,
            (Self::Object(one), Self::Object(another)) => Arc::ptr_eq(one, another) || one == another,
            (Self::Invalid(one), Self::Invalid(another)) => are_equal(one, another),
            _ => false,
        }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|(name, entry)| other.get(name).is_some_and(|same| entry == same))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.scoped == other.scoped && are_equal(&self.value, &other.value)
    }
}

/// Whether a value counts as true where the reference engine asks for its truth.
pub fn is_truthy(value: &Value<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => *number != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Whether `@import` stands anywhere in `context`: it would change one context by another.
pub fn uses_import(context: &Value<'_>) -> bool {
    match context {
        Value::Object(members) => members.iter().any(|(name, value)| name == "@import" || uses_import(value)),
        Value::Array(items) => items.iter().any(uses_import),
        _ => false,
    }
}

fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Number(number) => Value::Number(*number),
        Value::String(text) => Value::String(text.to_string().into()),
        Value::Array(items) => Value::Array(items.iter().map(owned).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.to_string().into(), owned(value))).collect())
        }
    }
}
