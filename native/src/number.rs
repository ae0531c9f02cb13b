//! JSON numbers that are doubles (RFC 7493 §2.2): what a double cannot hold is refused, not rounded.

use std::borrow::Cow;

/// Characters: the largest double, written out, has 309 digits.
const MOST: usize = 400;
/// As many significant digits name any double.
const IDENTIFYING_DIGITS: usize = 17;
/// No double has more significant digits, written out in full, than 767.
const ALL_DIGITS: usize = 767;
/// With so few digits an integer is below 2⁵³.
const CERTAIN_DIGITS: usize = 15;

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// The longest beginning that is a number by RFC 8259 §6.
    pub text: &'a str,
    /// Without fraction and exponent.
    pub integer: bool,
}

/// The number that `text` begins with.
#[must_use]
pub fn scan(text: &str) -> Option<Written<'_>> {
    let bytes = text.as_bytes();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = match bytes.get(sign)? {
        b'0' => sign + 1,
        b'1'..=b'9' => digits_until(bytes, sign),
        _ => return None,
    };
    let end = exponent_until(bytes, fraction_until(bytes, whole));
    Some(Written { text: text.get(..end)?, integer: end == whole })
}

fn digits_until(bytes: &[u8], from: usize) -> usize {
    let digits = bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit());
    from + digits.count()
}

fn fraction_until(bytes: &[u8], from: usize) -> usize {
    if bytes.get(from) != Some(&b'.') {
        return from;
    }
    let end = digits_until(bytes, from + 1);
    if end > from + 1 { end } else { from }
}

fn exponent_until(bytes: &[u8], from: usize) -> usize {
    if !matches!(bytes.get(from), Some(b'e' | b'E')) {
        return from;
    }
    let digits = from + 1 + usize::from(matches!(bytes.get(from + 1), Some(b'+' | b'-')));
    let end = digits_until(bytes, digits);
    if end > digits { end } else { from }
}

/// The double that `written` is; negative zero only where it is written as a fraction or with an exponent.
///
/// # Errors
///
/// A sentence, if no double is exactly the number, or (of a fraction) named by it.
pub fn read(written: Written<'_>) -> Result<f64, Cow<'static, str>> {
    if written.integer && written.text.len() <= CERTAIN_DIGITS {
        return Ok(small_integer(written.text));
    }
    if written.text.len() > MOST {
        return Err(Cow::Owned(format!("a number of {} characters", written.text.len())));
    }
    let nearest: f64 = written.text.parse().unwrap_or(f64::NAN);
    if written.integer { exact_integer(written.text, nearest) } else { named_decimal(written.text, nearest) }
}

fn small_integer(text: &str) -> f64 {
    let size = text.bytes().filter(u8::is_ascii_digit).fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    #[expect(clippy::cast_precision_loss, reason = "it is below 2⁵³")]
    let number = if text.starts_with('-') { -size } else { size } as f64;
    number
}

fn exact_integer(text: &str, nearest: f64) -> Result<f64, Cow<'static, str>> {
    // A double without a fraction is written out exactly; text has no zeros in front, so there is one way to write it.
    if nearest.is_finite() && format!("{nearest:.0}") == text {
        return Ok(nearest);
    }
    Err(Cow::Borrowed("an integer that a double cannot hold"))
}

fn named_decimal(text: &str, nearest: f64) -> Result<f64, Cow<'static, str>> {
    if nearest == 0.0 && is_zero(text) {
        return Ok(nearest);
    }
    if nearest == 0.0 || !nearest.is_finite() {
        return Err(Cow::Borrowed("a number outside the range of a double"));
    }
    if text.len() > IDENTIFYING_DIGITS && has_more_digits_than(text, nearest) {
        return Err(Cow::Borrowed("a number with more digits than a double holds"));
    }
    Ok(nearest)
}

fn is_zero(text: &str) -> bool {
    mantissa(text).bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'))
}

fn mantissa(text: &str) -> &str {
    text.split(['e', 'E']).next().unwrap_or_default()
}

fn has_more_digits_than(text: &str, nearest: f64) -> bool {
    let digits = significant(text);
    // The double nearest to a number has its size, so equal digits mean equal numbers.
    digits.len() > IDENTIFYING_DIGITS && digits != significant(&format!("{nearest:.ALL_DIGITS$e}"))
}

/// The digits without the zeros before and after them.
fn significant(text: &str) -> String {
    let digits: String = mantissa(text).chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}
