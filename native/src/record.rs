//! Tells what was submitted: a JSON object with embedded proofs or a compact JWS, bare or as JSON string.

use std::borrow::Cow;

use crate::failure::{Failure, Found};
use crate::json::{self, Value};
use crate::limits::Limits;
use crate::members::is_space;
use crate::token::Parts;

/// What an item is.
#[derive(Debug)]
pub enum Record<'a> {
    Document(Value<'a>),
    Token(Parts<'a>),
}

/// The JSON object or the token that `item` is, white space around it allowed; a `format.*` code when neither.
pub fn parse<'a>(item: &'a [u8], limits: &Limits) -> Found<Record<'a>> {
    if item.len() > limits.item_bytes {
        let detail = format!("{} bytes, more than {}", item.len(), limits.item_bytes);
        return Err(Failure::undecided("format.too_large", detail));
    }
    let content = stripped(item);
    if let Some(text) = token_text(content) {
        return Parts::of(Cow::Borrowed(text)).map(Record::Token);
    }
    match json::parse(content, limits)? {
        document @ Value::Object(_) => Ok(Record::Document(document)),
        Value::String(Cow::Borrowed(text)) => Parts::of(Cow::Borrowed(text.trim_matches(is_space))).map(Record::Token),
        Value::String(Cow::Owned(text)) => {
            Parts::of(Cow::Owned(text.trim_matches(is_space).to_owned())).map(Record::Token)
        }
        _ => Err(Failure::rejected("format.json", "neither a JSON object nor a token")),
    }
}

fn stripped(item: &[u8]) -> &[u8] {
    let is_white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = item.iter().position(|byte| !is_white(byte)).unwrap_or(item.len());
    let end = item.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
    item.get(start..end).unwrap_or_default()
}

/// The text of what looks like a token: ASCII with a dot that does not begin as JSON does.
fn token_text(content: &[u8]) -> Option<&str> {
    if matches!(content.first(), Some(b'{' | b'[' | b'"')) || !content.is_ascii() || !content.contains(&b'.') {
        return None;
    }
    std::str::from_utf8(content).ok()
}
