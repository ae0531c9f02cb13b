//! JSON from outside, read so that it can be read in one way only (RFC 8259, RFC 7493).
//!
//! What two honest parsers could understand differently is refused: duplicate names, numbers beyond a double's
//! precision, text that is not Unicode. So is what could exhaust the reader. The good document is read in one
//! pass; only a document that is refused is looked at again, to say why and where.

use std::borrow::Cow;

use crate::failure::{Failure, Found};
use crate::limits::Limits;

mod findings;
mod reader;
mod text;

pub(crate) use text::plain_until;

/// The deepest nesting that is read whatever the limits say: the reader, and most of what comes after it, recurses.
pub const DEEPEST: usize = 512;

/// A JSON value; the members of an object stay in the order of the document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// Every number is the IEEE 754 double it round-trips as.
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The member `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        match self {
            Value::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// The JSON value in `data`.
///
/// # Errors
///
/// One of the codes `format.too_large`, `format.encoding`, `format.too_deep`, `format.json`,
/// `format.number`, `format.duplicate_key` (with the pointer of the repeated member, unless the document is broken
/// further on) and `format.surrogate` (with the pointer of the value, or of the object whose name it is). Of several
/// faults, one of the first three is reported before any other, in this order, and a lone surrogate last; of the
/// others the one that comes first in the document, where names are compared when their object ends.
pub fn parse<'a>(data: &'a [u8], limits: &Limits) -> Found<Value<'a>> {
    let text = decoded(data, limits)?;
    let depth = limits.json_depth.min(DEEPEST);
    reader::read(text, depth, reader::Mode::Strict).map_err(|fault| findings::explain(&fault, text, depth))
}

fn decoded<'a>(data: &'a [u8], limits: &Limits) -> Found<&'a str> {
    if data.len() > limits.item_bytes {
        let detail = format!("{} bytes, more than {}", data.len(), limits.item_bytes);
        return Err(Failure::undecided("format.too_large", detail));
    }
    if data.starts_with(b"\xef\xbb\xbf") {
        return Err(Failure::rejected("format.encoding", "the text begins with a byte order mark"));
    }
    std::str::from_utf8(data)
        .map_err(|error| Failure::rejected("format.encoding", format!("not UTF-8 at byte {}", error.valid_up_to())))
}

#[cfg(test)]
mod tests;
