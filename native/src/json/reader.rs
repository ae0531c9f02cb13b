//! The JSON grammar (RFC 8259 §2–§7), read by descent to a bounded depth.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Value;
use super::text::{plain_until, push_plain, unescape};
use crate::number;

/// As many names are compared each with each; more go through a set.
const FEW_NAMES: usize = 16;

/// What is let through. Everything but `Strict` is for finding out what is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing that is not good.
    Strict,
    /// Lone surrogates, in the marked form of [`super::text`].
    AnyText,
    /// These, repeated names, and anything for a number (which is not read).
    Repetitions,
}

/// Why a document is refused; the reader stops at the first.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not JSON, at this byte.
    Syntax(usize, &'static str),
    /// A number that is not exactly a double.
    Number(Cow<'static, str>),
    /// An object that names a member twice.
    Duplicate,
    /// Half of a pair of UTF-16 code units.
    Surrogate,
    /// Nested too deep.
    Depth,
}

/// The fault is boxed so that good results, which are many, are small.
pub type Read<T> = Result<T, Box<Fault>>;

/// Reads the one value that `text` is, nested at most `depth` deep.
pub fn read(text: &str, depth: usize, mode: Mode) -> Read<Value<'_>> {
    let mut reader = Reader { text, at: 0, mode, values: Vec::new(), names: Vec::new() };
    reader.skip_space();
    reader.value(depth)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.syntax("more than one value"));
    }
    reader.values.pop().ok_or_else(|| reader.syntax("not a value"))
}

/// Whatever is read is put on top of `values`, the names of members on `names`; a container that ends takes its own
/// from there. So each container is allocated once, with the size it needs, and no value is moved more than that: the
/// reader's time goes into moving, not into looking at bytes.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    values: Vec<Value<'a>>,
    names: Vec<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn syntax(&self, what: &'static str) -> Box<Fault> {
        Box::new(Fault::Syntax(self.at, what))
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Read<()> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => self.constant(),
        }
    }

    fn literal(&mut self, name: &'static str, value: Value<'a>) -> Read<()> {
        if !self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(name.as_bytes())) {
            return Err(self.syntax("not a value"));
        }
        self.at += name.len();
        self.values.push(value);
        Ok(())
    }

    /// Words for numbers that JSON does not have; those who look for repeated names do not mind.
    fn constant(&mut self) -> Read<()> {
        let words = ["NaN", "Infinity", "-Infinity"];
        if self.mode == Mode::Repetitions && words.into_iter().any(|word| self.literal(word, Value::Null).is_ok()) {
            return Ok(());
        }
        Err(self.syntax("not a value"))
    }

    fn number(&mut self) -> Read<()> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(written) = number::scan(rest) else { return self.constant() };
        self.at += written.text.len();
        let number = match self.mode {
            Mode::Repetitions => 0.0,
            _ => number::read(written).map_err(|what| Box::new(Fault::Number(what)))?,
        };
        self.values.push(Value::Number(number));
        Ok(())
    }

    fn string(&mut self) -> Read<()> {
        match self.plain() {
            Some(text) => self.values.push(Value::String(Cow::Borrowed(text))),
            None => {
                let text = self.escaped()?;
                self.values.push(Value::String(Cow::Owned(text)));
            }
        }
        Ok(())
    }

    /// Goes past a string that means what it says, if the one that begins here does.
    fn plain(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let end = plain_until(bytes, self.at + 1);
        if bytes.get(end) != Some(&b'"') || self.mode != Mode::Strict {
            return None;
        }
        let plain = self.text.get(self.at + 1..end);
        self.at = end + 1;
        plain
    }

    /// Goes past any other string.
    fn escaped(&mut self) -> Read<String> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let end = plain_until(self.text.as_bytes(), self.at);
            push_plain(&mut out, self.text.get(self.at..end).unwrap_or_default(), self.mode);
            self.at = end;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at = unescape(self.text.as_bytes(), self.at, self.mode, &mut out)?,
                Some(_) => return Err(self.syntax("a control character in a string")),
                None => return Err(self.syntax("a string without an end")),
            }
        }
        self.at += 1;
        Ok(out)
    }

    fn array(&mut self, depth: usize) -> Read<()> {
        let inner = depth.checked_sub(1).ok_or(Fault::Depth)?;
        let first = self.values.len();
        let mut open = self.opens(b']');
        while open {
            self.value(inner)?;
            open = self.goes_on(b']')?;
        }
        let items = self.values.split_off(first);
        self.values.push(Value::Array(items));
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Read<()> {
        let inner = depth.checked_sub(1).ok_or(Fault::Depth)?;
        let (first_name, first_value) = (self.names.len(), self.values.len());
        let mut open = self.opens(b'}');
        while open {
            self.name()?;
            self.value(inner)?;
            open = self.goes_on(b'}')?;
        }
        if self.mode != Mode::Repetitions && has_repetition(self.names.get(first_name..).unwrap_or_default()) {
            return Err(Fault::Duplicate.into());
        }
        let members = self.names.drain(first_name..).zip(self.values.drain(first_value..)).collect();
        self.values.push(Value::Object(members));
        Ok(())
    }

    /// Goes past the name of a member and its colon.
    fn name(&mut self) -> Read<()> {
        if self.peek() != Some(b'"') {
            return Err(self.syntax("not the name of a member"));
        }
        match self.plain() {
            Some(name) => self.names.push(Cow::Borrowed(name)),
            None => {
                let name = self.escaped()?;
                self.names.push(Cow::Owned(name));
            }
        }
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.syntax("no colon after a name"));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    /// Goes past the bracket that opens a container; whether there is something in it.
    fn opens(&mut self, end: u8) -> bool {
        self.at += 1;
        self.skip_space();
        let empty = self.peek() == Some(end);
        self.at += usize::from(empty);
        !empty
    }

    /// Goes past what follows an item of a container; whether that is a comma, and not the container's end.
    fn goes_on(&mut self, end: u8) -> Read<bool> {
        self.skip_space();
        let more = match self.peek() {
            Some(b',') => true,
            Some(other) if other == end => false,
            _ => return Err(self.syntax("neither a comma nor an end after an item")),
        };
        self.at += 1;
        if more {
            self.skip_space();
        }
        Ok(more)
    }
}

fn has_repetition(names: &[Cow<'_, str>]) -> bool {
    if names.len() > FEW_NAMES {
        let mut seen = HashSet::with_capacity(names.len());
        return !names.iter().all(|name| seen.insert(name.as_ref()));
    }
    names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|earlier| earlier == name))
}
