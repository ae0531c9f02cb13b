//! The W3C test suite of RDFC-1.0, and graphs made to be costly.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use super::*;

fn vectors() -> Option<PathBuf> {
    let folder = std::env::var("LER_VECTORS").unwrap_or_else(|_| "../../shared/vectors".to_owned());
    let folder = PathBuf::from(folder).join("w3c+rdf-canon");
    if !folder.is_dir() {
        println!("NOT RUN: the outside test vectors are not at {} (set LER_VECTORS)", folder.display());
        return None;
    }
    Some(folder)
}

/// Reads the N-Quads of the test suite, which are well-formed; also returns the labels of the blank nodes.
fn n_quads(text: &str) -> (Dataset, HashMap<String, u32>) {
    let mut reader = Reader { dataset: Dataset::new(), labels: HashMap::new() };
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let mut rest = line.trim();
        let mut terms = Vec::new();
        while !rest.starts_with('.') {
            let (term, left) = reader.term(rest);
            terms.push(term);
            rest = left.trim_start();
        }
        let quad = Quad { subject: terms[0], predicate: terms[1], object: terms[2], graph: terms.get(3).copied() };
        reader.dataset.add(quad);
    }
    (reader.dataset, reader.labels)
}

struct Reader {
    dataset: Dataset,
    labels: HashMap<String, u32>,
}

impl Reader {
    fn term<'t>(&mut self, text: &'t str) -> (Term, &'t str) {
        if let Some(rest) = text.strip_prefix('<') {
            let (iri, rest) = rest.split_once('>').unwrap();
            return (self.dataset.iri(&unescaped(iri)), rest);
        }
        if text.starts_with("_:") {
            let end = text.find(|c: char| c.is_whitespace()).unwrap_or(text.len());
            return (self.blank(&text[..end]), &text[end..]);
        }
        self.literal(&text[1..])
    }

    fn blank(&mut self, label: &str) -> Term {
        if let Some(node) = self.labels.get(label) {
            return Term::Blank(*node);
        }
        let term = self.dataset.blank();
        if let Term::Blank(node) = term {
            self.labels.insert(label.to_owned(), node);
        }
        term
    }

    fn literal<'t>(&mut self, text: &'t str) -> (Term, &'t str) {
        let mut escaped = false;
        let end = text
            .char_indices()
            .find(|(_, character)| {
                let is_end = *character == '"' && !escaped;
                escaped = *character == '\\' && !escaped;
                is_end
            })
            .unwrap()
            .0;
        let (content, rest) = (unescaped(&text[..end]), &text[end + 1..]);
        if let Some(rest) = rest.strip_prefix("^^<") {
            let (datatype, rest) = rest.split_once('>').unwrap();
            return (self.dataset.literal(&content, Some(&unescaped(datatype)), None), rest);
        }
        if let Some(rest) = rest.strip_prefix('@') {
            let (language, rest) = rest.split_once(' ').unwrap();
            return (self.dataset.literal(&content, None, Some(language)), rest);
        }
        (self.dataset.literal(&content, None, None), rest)
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => out.push(code_point(&mut rest, 4)),
            Some('U') => out.push(code_point(&mut rest, 8)),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn code_point(rest: &mut std::str::Chars<'_>, digits: usize) -> char {
    let text: String = rest.take(digits).collect();
    char::from_u32(u32::from_str_radix(&text, 16).unwrap()).unwrap()
}

/// Takes the canonical form's identifiers map and N-Quads apart, as the suite's manifest lists them.
struct Case {
    name: String,
    kind: String,
    hash: Hash,
    action: PathBuf,
    result: Option<PathBuf>,
}

fn cases(folder: &std::path::Path) -> Vec<Case> {
    let manifest = folder.join("tests/manifest.jsonld");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap();
    let entries = manifest["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| Case {
            name: entry["id"].as_str().unwrap().to_owned(),
            kind: entry["type"].as_str().unwrap().to_owned(),
            hash: if entry["hashAlgorithm"].as_str() == Some("SHA384") { Hash::Sha384 } else { Hash::Sha256 },
            action: folder.join("tests").join(entry["action"].as_str().unwrap()),
            result: entry["result"].as_str().map(|file| folder.join("tests").join(file)),
        })
        .collect()
}

#[test]
fn w3c_rdf_canon() {
    let Some(folder) = vectors() else { return };
    let limits = Limits::default();
    let mut passed = 0;
    for case in cases(&folder) {
        let (dataset, labels) = n_quads(&std::fs::read_to_string(&case.action).unwrap());
        if case.kind.contains("Negative") {
            let refused = canonicalize(&dataset, case.hash, &limits).unwrap_err();
            assert_eq!((refused.code, refused.decided), ("graph.too_complex", false), "{}", case.name);
        } else if case.kind.contains("Map") {
            let expected = std::fs::read(case.result.unwrap()).unwrap();
            let expected: HashMap<String, String> = serde_json::from_slice(&expected).unwrap();
            let issued = issued_identifiers(&dataset, case.hash, &limits).unwrap();
            let found: HashMap<String, String> = labels
                .iter()
                .map(|(label, node)| (label[2..].to_owned(), format!("c14n{}", issued[*node as usize].unwrap())))
                .collect();
            assert_eq!(found, expected, "{}", case.name);
        } else {
            let expected = std::fs::read_to_string(case.result.unwrap()).unwrap();
            let found = canonicalize(&dataset, case.hash, &limits).unwrap();
            assert_eq!(String::from_utf8(found).unwrap(), expected, "{}", case.name);
        }
        passed += 1;
    }
    println!("rdf-canon: {passed} of {passed} ran and passed");
    assert_eq!(passed, 86);
}

/// A graph in which every blank node is connected to every other.
fn clique(nodes: u32) -> Dataset {
    let mut dataset = Dataset::new();
    let all: Vec<Term> = (0..nodes).map(|_| dataset.blank()).collect();
    let predicate = dataset.iri("https://example.org/p");
    for subject in &all {
        for object in all.iter().filter(|object| *object != subject) {
            dataset.add(Quad { subject: *subject, predicate, object: *object, graph: None });
        }
    }
    dataset
}

/// Two rings of alike blank nodes, of which one has a marked node at its end.
fn chain(nodes: u32) -> Dataset {
    let mut dataset = Dataset::new();
    let all: Vec<Term> = (0..nodes).map(|_| dataset.blank()).collect();
    let predicate = dataset.iri("https://example.org/next");
    for (one, other) in all.iter().zip(all.iter().cycle().skip(1)) {
        dataset.add(Quad { subject: *one, predicate, object: *other, graph: None });
    }
    dataset
}

#[test]
fn poison_graphs_are_refused_quickly() {
    for dataset in [clique(10), clique(60), chain(1_000), chain(10_000)] {
        let started = Instant::now();
        let refused = canonicalize(&dataset, Hash::Sha256, &Limits::default()).unwrap_err();
        assert_eq!((refused.code, refused.decided), ("graph.too_complex", false));
        println!("{} statements refused after {:?}", dataset.quads().len(), started.elapsed());
        assert!(started.elapsed().as_secs_f64() < 2.5);
    }
}

#[test]
fn a_short_time_limit_is_kept() {
    let limits = Limits { rdf_seconds: 0.0, ..Limits::default() };
    assert!(canonicalize(&clique(4), Hash::Sha256, &limits).is_err());
    assert!(canonicalize(&clique(4), Hash::Sha256, &Limits::default()).is_ok());
}
