//! Where the time goes for one credential: `cargo run --release --no-default-features --example phases -- FOLDER CONTEXTS`.
//!
//! `FOLDER` is a set of credentials as the service's benchmarks keep it (`credentials.json`); the file `CONTEXTS` has
//! the JSON-LD contexts, a JSON object of texts by URL. Prints microseconds a credential for each phase.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use ler_trust_native::engine::{Engine, Job};
use ler_trust_native::json::{self, Value};
use ler_trust_native::jsonld::{Contexts, to_dataset};
use ler_trust_native::keys::PublicKey;
use ler_trust_native::limits::Limits;
use ler_trust_native::material::{Material, Method};
use ler_trust_native::rdfc::{self, Hash};
use ler_trust_native::signatures::{self, Algorithm};
use ler_trust_native::workspace::canonical_json;
use sha2::{Digest, Sha256};

const ROUNDS: u32 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let contexts = std::fs::read(arguments.next().ok_or("which contexts?")?)?;
    let contexts: HashMap<String, String> = serde_json::from_slice(&contexts)?;
    let contexts = Contexts::new(contexts.iter().map(|(url, text)| (url.as_str(), text.as_bytes())))
        .map_err(|failure| failure.detail.into_owned())?;
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(format!("{folder}/credentials.json"))?)?;
    let items = kept["items"].as_array().ok_or("no items")?;
    let text = |item: &serde_json::Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let contents: Vec<String> = items.iter().map(|item| text(item, "content")).collect();
    let limits = Limits::default();

    let parsed = timed("parse", &contents, |content| json::parse(content.as_bytes(), &limits).ok());
    let documents: Vec<Value<'_>> = parsed.into_iter().flatten().map(bare).collect();
    let _ = timed("jcs", &documents, canonical_json);
    let datasets =
        timed("expand and deserialise", &documents, |document| to_dataset(document, &contexts, &limits).ok());
    let datasets: Vec<_> = datasets.into_iter().flatten().collect();
    let forms = timed("canonicalise", &datasets, |dataset| rdfc::canonicalize(dataset, Hash::Sha256, &limits).ok());
    let forms: Vec<_> = forms.into_iter().flatten().collect();
    let _ = timed("hash", &forms, |form| Sha256::digest(form.as_slice()));
    let quads: usize = datasets.iter().map(|dataset| dataset.quads().len()).sum();
    println!("statements a document: {}", quads / datasets.len().max(1));

    let mut keys = HashMap::new();
    for item in items {
        let key = text(item, "key");
        let material = hex(&key);
        keys.entry(key).or_insert_with(|| PublicKey::new(&text(item, "kind"), &material, None));
    }
    let jobs: Vec<_> = items
        .iter()
        .map(|item| (text(item, "key"), hex(&text(item, "signed")), hex(&text(item, "signature"))))
        .collect();
    let holding = timed("verify", &jobs, |(key, data, signature)| {
        let key = keys.get(key).and_then(Option::as_ref);
        let algorithms = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256];
        let fitting = key.and_then(|key| algorithms.into_iter().find(|algorithm| key.fits(*algorithm)));
        key.zip(fitting).is_some_and(|(key, algorithm)| signatures::verify(key, algorithm, data, signature))
    });
    whole(&contents, items, &contexts)?;
    println!("signatures that hold: {} of {}", holding.iter().filter(|holds| **holds).count(), holding.len());
    Ok(())
}

/// The engine as a whole, on one thread, without the values for Python.
fn whole(
    contents: &[String],
    items: &[serde_json::Value],
    contexts: &Contexts,
) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(Limits::default(), 1)?;
    let mut material = Material::default();
    let batch: Vec<&[u8]> = contents.iter().map(String::as_bytes).collect();
    for (survey, item) in engine.survey(&batch).iter().flatten().zip(items) {
        let kind = item["kind"].as_str().unwrap_or_default();
        let key = PublicKey::new(kind, &hex(item["key"].as_str().unwrap_or_default()), None).map(Arc::new);
        for need in &survey.keys {
            let id = need.method.clone().unwrap_or_default();
            material.insert(need.clone(), Ok(vec![Method { id, kind: kind.to_owned(), key: key.clone() }]));
        }
    }
    let job = Job { material: &material, contexts, documents: false, recall: None };
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        black_box(engine.authenticate(&batch, &job, &mut || false));
        best = best.min(started.elapsed().as_secs_f64());
    }
    println!("{:>24} {:8.2} µs", "authenticate", best * 1e6 / batch.len().max(1) as f64);
    Ok(())
}

/// The least time of some rounds, printed for one item; returns what the last round made.
fn timed<'t, T, R>(name: &str, items: &'t [T], work: impl Fn(&'t T) -> R) -> Vec<R> {
    let mut best = f64::INFINITY;
    let mut made = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        made = black_box(items.iter().map(&work).collect());
        best = best.min(started.elapsed().as_secs_f64());
    }
    println!("{name:>24} {:8.2} µs", best * 1e6 / items.len().max(1) as f64);
    made
}

fn bare(mut document: Value<'_>) -> Value<'_> {
    if let Value::Object(members) = &mut document {
        members.retain(|(name, _)| name != "proof");
    }
    document
}

fn hex(text: &str) -> Vec<u8> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).filter_map(pair).collect()
}
