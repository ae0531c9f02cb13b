//! The W3C test suite of JSON-LD 1.1, Deserialize JSON-LD to RDF.

use std::path::{Path, PathBuf};

use super::n_quads;
use crate::json::{self, Value};
use crate::jsonld::{Contexts, Options, Outcome, convert};
use crate::limits::Limits;
use crate::rdf::Dataset;
use crate::rdfc::{Hash, canonicalize};

const SUITE: &str = "https://w3c.github.io/json-ld-api/tests/";

const IMPORT: &str = "@import, which this service refuses";

/// Tests that are not run, by name, and why.
const LEFT_OUT: [(&str, &str); 5] =
    [("#tso05", IMPORT), ("#tso06", IMPORT), ("#tso08", IMPORT), ("#tso09", IMPORT), ("#tso11", IMPORT)];

struct Case {
    name: String,
    input: PathBuf,
    base: String,
    expected: Option<PathBuf>,
    is_negative: bool,
}

fn suite() -> Option<PathBuf> {
    let vectors = std::env::var("LER_VECTORS").unwrap_or_else(|_| "../../shared/vectors".to_owned());
    let folder = PathBuf::from(vectors).join("w3c+json-ld-api/tests");
    if !folder.is_dir() {
        println!("NOT RUN: the outside test vectors are not at {} (set LER_VECTORS)", folder.display());
        return None;
    }
    Some(folder)
}

/// The contexts that tests name: every document of the suite, by the address it has there.
fn documents(folder: &Path, address: &str) -> Vec<(String, Vec<u8>)> {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let address = format!("{address}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            documents.extend(self::documents(&entry.path(), &address));
        } else if address.ends_with(".jsonld") {
            documents.push((address, std::fs::read(entry.path()).unwrap()));
        }
    }
    documents.retain(|(_, content)| json::parse(content, &Limits::default()).is_ok());
    documents
}

fn reason_left_out(name: &str, test: &Value<'_>) -> Option<&'static str> {
    let option = |option: &str| test.get("option").and_then(|options| options.get(option));
    let is_1_0 = |name: &str| option(name).and_then(Value::as_str) == Some("json-ld-1.0");
    let input = test.get("input").and_then(Value::as_str).unwrap();
    match () {
        () if is_1_0("specVersion") || is_1_0("processingMode") => Some("JSON-LD 1.0"),
        () if !input.ends_with(".jsonld") => Some("HTML"),
        () if option("produceGeneralizedRdf").is_some() => Some("generalised RDF"),
        () if option("rdfDirection").is_some() => Some("base directions in RDF, not normative"),
        () if option("expandContext").is_some() => Some("a context given beside the document"),
        () => LEFT_OUT.iter().find(|(left_out, _)| name == *left_out).map(|(_, reason)| *reason),
    }
}

fn case(folder: &Path, test: &Value<'_>) -> Result<Case, &'static str> {
    let text = |name: &str| test.get(name).and_then(Value::as_str);
    let name = text("@id").unwrap().to_owned();
    if let Some(reason) = reason_left_out(&name, test) {
        return Err(reason);
    }
    let input = text("input").unwrap();
    let base = test.get("option").and_then(|options| options.get("base")).and_then(Value::as_str);
    Ok(Case {
        name,
        input: folder.join(input),
        base: base.map_or_else(|| format!("{SUITE}{input}"), str::to_owned),
        expected: text("expect").map(|expected| folder.join(expected)),
        is_negative: text("expectErrorCode").is_some(),
    })
}

fn run(case: &Case, documents: &[(String, Vec<u8>)]) -> Outcome<Dataset> {
    let contexts = Contexts::new(documents.iter().map(|(url, content)| (url.as_str(), content.as_slice()))).unwrap();
    let content = std::fs::read(&case.input).unwrap();
    let document = json::parse(&content, &Limits::default()).unwrap();
    convert(&document, &contexts, &Limits::default(), Options { is_safe: false, base: Some(&case.base) })
}

fn failure(case: &Case, documents: &[(String, Vec<u8>)]) -> Option<String> {
    let canonical = |dataset: &Dataset| {
        String::from_utf8(canonicalize(dataset, Hash::Sha256, &Limits::default()).unwrap()).unwrap()
    };
    match (run(case, documents), case.is_negative, &case.expected) {
        (Ok(_), true, _) => Some("is not refused".to_owned()),
        (Err(_), true, _) | (Ok(_), false, None) => None,
        (Err(trouble), false, _) => Some(format!("{trouble:?}")),
        (Ok(dataset), false, Some(expected)) => {
            let (ours, theirs) =
                (canonical(&dataset), canonical(&n_quads::read(&std::fs::read_to_string(expected).unwrap())));
            (ours != theirs).then(|| format!("differs\nours\n{ours}theirs\n{theirs}"))
        }
    }
}

#[test]
fn w3c_to_rdf() {
    let Some(folder) = suite() else { return };
    let manifest = std::fs::read(folder.join("toRdf-manifest.jsonld")).unwrap();
    let manifest = json::parse(&manifest, &Limits::default()).unwrap();
    let Some(Value::Array(tests)) = manifest.get("sequence") else { panic!("no tests") };
    let documents = documents(&folder.join("toRdf"), &format!("{SUITE}toRdf"));
    let (cases, left_out): (Vec<_>, Vec<_>) = tests.iter().map(|test| case(&folder, test)).partition(Result::is_ok);
    let failures: Vec<String> = cases
        .iter()
        .flatten()
        .filter_map(|case| failure(case, &documents).map(|failure| format!("{}: {failure}", case.name)))
        .collect();
    let mut reasons: Vec<_> = left_out.into_iter().filter_map(Result::err).collect();
    reasons.sort_unstable();
    for group in reasons.chunk_by(|one, other| one == other) {
        println!("not run: {} tests, {}", group.len(), group[0]);
    }
    println!("{} of {} tests of W3C JSON-LD 1.1 toRdf passed", cases.len() - failures.len(), cases.len());
    assert!(cases.len() > 400, "only {} tests", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
