//! JSON strings (RFC 8259 §7): where one ends, and what its escapes mean.

use super::reader::{Fault, Mode, Read};

/// In text read with a mode that keeps lone surrogates, marks one: a noncharacter that is doubled where it stands
/// for itself, and else followed by the surrogate moved to the private use area. So every text has one form.
const MARK: char = '\u{10FFFF}';
const MOVED: u32 = 0xE000 - 0xD800;

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The position at or after `from` of the first byte that a string cannot simply contain: a quotation mark, a
/// backslash or a control character; the end of `bytes` if there is none.
pub fn plain_until(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = special(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\').map_or(bytes.len(), |found| at + found)
}

/// The top bit of each special byte; a borrow can set more of them, but only above a byte that is special.
const fn special(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let is_quote = quote.wrapping_sub(ONES) & !quote;
    let is_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let is_control = word.wrapping_sub(ONES * b' ' as u64) & !word;
    (is_quote | is_backslash | is_control) & TOPS
}

/// Adds to `out` what the escape whose backslash is at `at` stands for; returns the position after it.
pub fn unescape(bytes: &[u8], at: usize, mode: Mode, out: &mut String) -> Read<usize> {
    let character = match bytes.get(at + 1) {
        Some(b'u') => return unicode(bytes, at, mode, out),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(&same @ (b'"' | b'\\' | b'/')) => char::from(same),
        _ => return Err(Fault::Syntax(at, "an escape that JSON does not have").into()),
    };
    out.push(character);
    Ok(at + 2)
}

fn unicode(bytes: &[u8], at: usize, mode: Mode, out: &mut String) -> Read<usize> {
    let unit = hexadecimal(bytes, at)?;
    if let Some(character) = char::from_u32(unit) {
        out.push(character);
        return Ok(at + 6);
    }
    if unit < 0xDC00 && bytes.get(at + 6..at + 8) == Some(br"\u") {
        let second = hexadecimal(bytes, at + 6)?;
        if (0xDC00..0xE000).contains(&second) {
            let joined = 0x1_0000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
            push_marked(out, char::from_u32(joined).unwrap_or(MARK), mode);
            return Ok(at + 12);
        }
    }
    push_lone(out, unit, mode)?;
    Ok(at + 6)
}

/// The four hexadecimal digits of the escape whose backslash is at `at`.
fn hexadecimal(bytes: &[u8], at: usize) -> Read<u32> {
    let digits = bytes.get(at + 2..at + 6).unwrap_or_default();
    let number = digits.iter().try_fold(0, |number, &digit| Some(number << 4 | char::from(digit).to_digit(16)?));
    match number {
        Some(number) if digits.len() == 4 => Ok(number),
        _ => Err(Fault::Syntax(at, r"a \u without four hexadecimal digits").into()),
    }
}

/// Adds `character`, and again if it is the mark and marks mean something.
fn push_marked(out: &mut String, character: char, mode: Mode) {
    out.push(character);
    if character == MARK && mode != Mode::Strict {
        out.push(MARK);
    }
}

fn push_lone(out: &mut String, surrogate: u32, mode: Mode) -> Read<()> {
    if mode == Mode::Strict {
        return Err(Fault::Surrogate.into());
    }
    out.push(MARK);
    out.extend(char::from_u32(surrogate + MOVED));
    Ok(())
}

/// Adds `plain`, text without escapes.
pub fn push_plain(out: &mut String, plain: &str, mode: Mode) {
    match mode {
        Mode::Strict => out.push_str(plain),
        _ => plain.chars().for_each(|character| push_marked(out, character, mode)),
    }
}

/// Whether text in marked form has a lone surrogate.
pub fn has_lone_surrogate(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == MARK && characters.next() != Some(MARK) {
            return true;
        }
    }
    false
}

/// Text in marked form as it can be printed: question marks for lone surrogates.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let lone = character == MARK && characters.next() != Some(MARK);
        out.push(if lone { '?' } else { character });
    }
    out
}
