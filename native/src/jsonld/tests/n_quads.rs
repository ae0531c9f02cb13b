//! N-Quads as the test suite writes them.

use std::collections::HashMap;

use crate::rdf::{Dataset, Quad, Term};

/// Read well-formed N-Quads.
pub fn read(text: &str) -> Dataset {
    let mut reader = Reader { dataset: Dataset::new(), labels: HashMap::new() };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut rest = line;
        let mut terms = Vec::new();
        while !rest.starts_with('.') {
            let (term, left) = reader.term(rest);
            terms.push(term);
            rest = left.trim_start();
        }
        let quad = Quad { subject: terms[0], predicate: terms[1], object: terms[2], graph: terms.get(3).copied() };
        reader.dataset.add(quad);
    }
    reader.dataset
}

struct Reader {
    dataset: Dataset,
    labels: HashMap<String, Term>,
}

impl Reader {
    fn term<'t>(&mut self, text: &'t str) -> (Term, &'t str) {
        if let Some(rest) = text.strip_prefix('<') {
            let (iri, rest) = rest.split_once('>').unwrap();
            return (self.dataset.iri(&unescaped(iri)), rest);
        }
        if text.starts_with("_:") {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let fresh = &mut self.dataset;
            return (*self.labels.entry(text[..end].to_owned()).or_insert_with(|| fresh.blank()), &text[end..]);
        }
        self.literal(&text[1..])
    }

    fn literal<'t>(&mut self, text: &'t str) -> (Term, &'t str) {
        let mut end = 0;
        while !text[end..].starts_with('"') {
            end += if text[end..].starts_with('\\') { 2 } else { text[end..].chars().next().unwrap().len_utf8() };
        }
        let (content, rest) = (unescaped(&text[..end]), &text[end + 1..]);
        if let Some(rest) = rest.strip_prefix("^^<") {
            let (datatype, rest) = rest.split_once('>').unwrap();
            return (self.dataset.literal(&content, Some(datatype), None), rest);
        }
        if let Some(rest) = rest.strip_prefix('@') {
            let end = rest.find(char::is_whitespace).unwrap();
            return (self.dataset.literal(&content, None, Some(&rest[..end])), &rest[end..]);
        }
        (self.dataset.literal(&content, None, None), rest)
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        let digits = match characters.next().unwrap() {
            'u' => 4,
            'U' => 8,
            escape => {
                out.push(match escape {
                    'b' => '\u{8}',
                    't' => '\t',
                    'n' => '\n',
                    'f' => '\u{c}',
                    'r' => '\r',
                    other => other,
                });
                continue;
            }
        };
        let code: String = characters.by_ref().take(digits).collect();
        out.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
    }
    out
}
