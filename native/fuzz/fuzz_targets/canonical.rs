//! Canonical N-Quads depend on what a document states, and on nothing else.

#![no_main]

use ler_trust_native::failure::Found;
use ler_trust_native::json::{Value, parse};
use ler_trust_native::jsonld::to_dataset;
use ler_trust_native::limits::Limits;
use ler_trust_native::rdf::Dataset;
use ler_trust_native::rdfc::{Hash, canonicalize};
use ler_trust_native_fuzz::kit::KIT;
use ler_trust_native_fuzz::mutation::mutate;
use ler_trust_native_fuzz::same::{relabelled, reversed};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });

fuzz_target!(|data: &[u8]| {
    let Ok(document) = parse(data, &Limits::default()) else { return };
    let dataset = dataset_of(&document);
    let again = dataset_of(&document);
    assert_eq!(dataset.as_ref().map(Dataset::quads), again.as_ref().map(Dataset::quads), "a second time");
    let Ok(dataset) = dataset else { return };
    let Some(form) = form_of(&dataset) else { return };
    assert_canonical(&form, &dataset);
    if let Some(other) = form_of(&relabelled(&dataset)) {
        assert_same(&form, &other, "numbers of blank nodes");
    }
    match dataset_of(&reversed(&document)).map(|dataset| form_of(&dataset)) {
        Ok(Some(other)) => assert_same(&form, &other, "the order of members"),
        Ok(None) => {}
        Err(failure) => assert_eq!(failure.code, "graph.too_complex", "the order of members: {failure:?}"),
    }
});

fn dataset_of(document: &Value<'_>) -> Found<Dataset> {
    to_dataset(document, &KIT.contexts, &Limits::default())
}

/// The canonical form, nothing when that takes too long.
fn form_of(dataset: &Dataset) -> Option<Vec<u8>> {
    match canonicalize(dataset, Hash::Sha256, &Limits::default()) {
        Ok(form) => Some(form),
        Err(failure) => {
            assert_eq!(failure.code, "graph.too_complex");
            None
        }
    }
}

fn assert_canonical(form: &[u8], dataset: &Dataset) {
    let text = std::str::from_utf8(form).expect("N-Quads are text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), dataset.quads().len(), "a line for each statement: {text}");
    assert!(lines.iter().all(|line| line.ends_with(" .\n")), "{text}");
    assert!(lines.is_sorted_by(|one, other| one < other), "sorted and each once: {text}");
}

fn assert_same(one: &[u8], other: &[u8], what: &str) {
    assert!(one == other, "{what}\n{}\n{}", String::from_utf8_lossy(one), String::from_utf8_lossy(other));
}
