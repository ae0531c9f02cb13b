//! RDF datasets as canonical N-Quads writes them (RDF 1.2 N-Quads, canonical form; RDFC-1.0 §5).
//!
//! Every IRI and literal is kept once, as the text it has in canonical N-Quads, and named by a number, so
//! that comparing, hashing and writing statements need no further work.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The namespace of RDF itself.
pub const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// The datatype that canonical N-Quads does not write.
pub const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";

/// A term of a statement: a blank node, or an IRI or literal whose text its dataset keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// A blank node; the numbers of a dataset count up from 0.
    Blank(u32),
    /// An IRI or literal; [`Dataset::text`] gives its text. Equal texts have equal numbers.
    Text(u32),
}

/// One statement; no graph means the default graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quad {
    /// The subject: a blank node or an IRI.
    pub subject: Term,
    /// The predicate: an IRI.
    pub predicate: Term,
    /// The object.
    pub object: Term,
    /// The name of the graph: a blank node or an IRI.
    pub graph: Option<Term>,
}

/// A set of statements and the texts of their terms.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    texts: String,
    ends: Vec<u32>,
    by_text: HashTable<u32>,
    quads: Vec<Quad>,
    by_quad: HashTable<u32>,
    blank_nodes: u32,
    hasher: RandomState,
}

impl Dataset {
    /// Return an empty dataset with room for a usual credential.
    #[must_use]
    pub fn new() -> Self {
        Self {
            texts: String::with_capacity(4096),
            ends: Vec::with_capacity(96),
            by_text: HashTable::with_capacity(96),
            quads: Vec::with_capacity(56),
            by_quad: HashTable::with_capacity(56),
            ..Self::default()
        }
    }

    /// Return a new blank node.
    pub fn blank(&mut self) -> Term {
        let node = Term::Blank(self.blank_nodes);
        self.blank_nodes = self.blank_nodes.saturating_add(1);
        node
    }

    /// Return the term for an IRI that is already known to be well-formed.
    pub fn iri(&mut self, value: &str) -> Term {
        let start = self.texts.len();
        self.texts.reserve(value.len() + 2);
        self.texts.push('<');
        self.texts.push_str(value);
        self.texts.push('>');
        self.interned(start)
    }

    /// Return the term for a literal: of `datatype`, of `xsd:string` without one, or tagged with `language`.
    pub fn literal(&mut self, value: &str, datatype: Option<&str>, language: Option<&str>) -> Term {
        let start = self.texts.len();
        self.texts.push('"');
        push_escaped(&mut self.texts, value);
        self.texts.push('"');
        if let Some(language) = language {
            self.texts.push('@');
            self.texts.push_str(language);
        } else if let Some(datatype) = datatype.filter(|datatype| *datatype != XSD_STRING) {
            self.texts.push_str("^^<");
            self.texts.push_str(datatype);
            self.texts.push('>');
        }
        self.interned(start)
    }

    /// Add a statement; says whether it is a new one.
    pub fn add(&mut self, quad: Quad) -> bool {
        let quads = &self.quads;
        let hasher = &self.hasher;
        let hash = hasher.hash_one(quad);
        let at = |index: &u32| quads[*index as usize];
        if self.by_quad.find(hash, |index| at(index) == quad).is_some() {
            return false;
        }
        let index = u32::try_from(quads.len()).unwrap_or(u32::MAX);
        self.by_quad.insert_unique(hash, index, |index| hasher.hash_one(at(index)));
        self.quads.push(quad);
        true
    }

    /// The statements, each once, in the order they were added.
    #[must_use]
    pub fn quads(&self) -> &[Quad] {
        &self.quads
    }

    /// How many blank nodes were given out; those in statements have lower numbers.
    #[must_use]
    pub const fn blank_nodes(&self) -> u32 {
        self.blank_nodes
    }

    /// The canonical N-Quads text of the IRI or literal numbered `text`.
    #[must_use]
    pub fn text(&self, text: u32) -> &str {
        text_at(&self.texts, &self.ends, text)
    }

    /// Number the text from `start` to the end of the texts, taking it back when it is there already.
    fn interned(&mut self, start: usize) -> Term {
        let (texts, ends, hasher) = (&self.texts, &self.ends, &self.hasher);
        let new = &texts[start..];
        let hash = hasher.hash_one(new);
        if let Some(index) = self.by_text.find(hash, |index| text_at(texts, ends, *index) == new) {
            let known = *index;
            self.texts.truncate(start);
            return Term::Text(known);
        }
        let index = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        self.by_text.insert_unique(hash, index, |index| hasher.hash_one(text_at(texts, ends, *index)));
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        Term::Text(index)
    }
}

fn text_at<'a>(texts: &'a str, ends: &[u32], index: u32) -> &'a str {
    let index = index as usize;
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    ends.get(index).and_then(|end| texts.get(start..*end as usize)).unwrap_or_default()
}

/// Write `value` as canonical N-Quads writes the inside of a string literal.
fn push_escaped(out: &mut String, value: &str) {
    let mut plain = 0;
    for (index, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0x7f {
            continue;
        }
        out.push_str(&value[plain..index]);
        plain = index + 1;
        match byte {
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            _ => push_code_point(out, byte),
        }
    }
    out.push_str(&value[plain..]);
}

fn push_code_point(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push_str("\\u00");
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_escaped_as_canonical_n_quads_wants() {
        let mut dataset = Dataset::new();
        let term = dataset.literal("\u{0}\u{8}\t\n\u{c}\r\"\\\u{7f}é", None, Some("en"));
        let Term::Text(text) = term else { unreachable!() };
        assert_eq!(dataset.text(text), "\"\\u0000\\b\\t\\n\\f\\r\\\"\\\\\\u007Fé\"@en");
    }

    #[test]
    fn equal_statements_are_one() {
        let mut dataset = Dataset::new();
        let subject = dataset.blank();
        let [predicate, again] = [dataset.iri("https://example.org/p"), dataset.iri("https://example.org/p")];
        let object = dataset.literal("x", Some(XSD_STRING), None);
        assert_eq!(object, dataset.literal("x", None, None));
        assert!(dataset.add(Quad { subject, predicate, object, graph: None }));
        assert!(!dataset.add(Quad { subject, predicate: again, object, graph: None }));
        assert!(dataset.add(Quad { subject, predicate, object, graph: Some(subject) }));
        assert_eq!(dataset.quads().len(), 2);
    }
}
