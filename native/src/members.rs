//! Members of a credential read by shape alone, for those who must look before anything is authenticated.

use crate::json::Value;

/// The base context of VCDM 1.1.
pub const CONTEXT_V1: &str = "https://www.w3.org/2018/credentials/v1";
/// The base context of VCDM 2.0.
pub const CONTEXT_V2: &str = "https://www.w3.org/ns/credentials/v2";

/// Whether `text` has the form of an absolute URL (RFC 3986 §3: a scheme and something).
#[must_use]
pub fn is_url_text(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
        && !rest.is_empty()
        && rest.chars().all(|character| !is_excluded(character))
}

fn is_excluded(character: char) -> bool {
    matches!(character, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`') || is_space(character)
}

/// Whether `character` is white space as the reference engine has it: Unicode's, and the separators U+001C to
/// U+001F.
#[must_use]
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Whether `value` is text of the form of an absolute URL.
#[must_use]
pub fn is_url(value: Option<&Value<'_>>) -> bool {
    value.and_then(Value::as_str).is_some_and(is_url_text)
}

/// The id that `value` is, or has as its `id`.
#[must_use]
pub fn identifier<'v>(value: Option<&'v Value<'_>>) -> Option<&'v str> {
    let value = value?;
    let found = if matches!(value, Value::Object(_)) { value.get("id")? } else { value };
    found.as_str().filter(|text| !text.is_empty())
}

/// `value` as the set that it stands for: an array as it is, anything else alone in one.
#[must_use]
pub fn as_list<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value {
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

/// The text or texts of `value`; what is no text is left out.
pub fn texts<'v>(value: Option<&'v Value<'_>>) -> impl Iterator<Item = &'v str> {
    value.map(as_list).unwrap_or_default().iter().filter_map(Value::as_str)
}

/// The first item of `@context` when that is a filled array.
#[must_use]
pub fn first_context<'v, 'a>(credential: &'v Value<'a>) -> Option<&'v Value<'a>> {
    match credential.get("@context") {
        Some(Value::Array(contexts)) => contexts.first(),
        _ => None,
    }
}

/// Whether two JSON values are equal as the reference engine compares them: members in any order, `true` and
/// `false` as the numbers 1 and 0.
#[must_use]
pub fn are_equal(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| are_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| other.get(name).is_some_and(|same| are_equal(value, same)))
        }
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Null, Value::Null) => true,
        _ => matches!((number(one), number(other)), (Some(left), Some(right)) if left == right),
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for text in ["urn:uuid:1", "did:example:1", "https://example.org/a?b#c", "a:ü", "a+.-1::"] {
            assert!(is_url_text(text), "{text}");
        }
        for text in ["", ":", "a:", "1a:b", "ä:b", "a b:c", "a:b c", "a:\u{1f}", "a:\u{85}", "a:<", "name"] {
            assert!(!is_url_text(text), "{text}");
        }
    }
}
