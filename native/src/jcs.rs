//! JSON Canonicalization Scheme (RFC 8785).

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::json::{Value, plain_until};

/// Adds the canonical form of `value` to `out`.
pub fn canonicalize(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(*number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_array(items, out),
        Value::Object(members) => write_object(members, out),
    }
}

/// A number as ECMAScript writes it (§3.2.2.3).
fn write_number(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu_js::Buffer::new().format(number).as_bytes());
}

/// A string with no more escapes than needed (§3.2.2.2).
fn write_string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    out.push(b'"');
    loop {
        let end = plain_until(bytes, at);
        out.extend_from_slice(bytes.get(at..end).unwrap_or_default());
        match bytes.get(end) {
            Some(&byte) => write_escape(byte, out),
            None => break,
        }
        at = end + 1;
    }
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => return out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn write_array(items: &[Value<'_>], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        canonicalize(item, out);
    }
    out.push(b']');
}

fn write_object(members: &[(Cow<'_, str>, Value<'_>)], out: &mut Vec<u8>) {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| utf16_order(one, other));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        canonicalize(value, out);
    }
    out.push(b'}');
}

/// The order of UTF-16 code units (§3.2.3), which differs from that of UTF-8 bytes where, at the first difference,
/// one text goes beyond the basic plane and the other to U+E000 or higher within it.
fn utf16_order(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let differing = one.iter().zip(other).find(|(a, b)| a != b);
    match differing {
        Some((&a, &b)) => utf16_rank(a).cmp(&utf16_rank(b)),
        None => one.len().cmp(&other.len()),
    }
}

/// A byte of UTF-8 by the place of its character in UTF-16: the leading bytes of characters beyond the basic plane
/// (F0 to F4, written with surrogates) go before those of U+E000 to U+FFFF (EE and EF).
const fn utf16_rank(byte: u8) -> u8 {
    match byte {
        0xEE | 0xEF => byte + 0x10,
        _ => byte,
    }
}

#[cfg(test)]
mod tests;
