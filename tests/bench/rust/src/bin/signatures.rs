//! Checks bare signatures, nothing else, with the fastest of the native libraries there is: the limit that no verifier
//! of single signatures can pass, whatever it is written in. Keys are parsed and signatures decoded before the clock
//! starts.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;

use aws_lc_rs::signature as aws;
use ed25519_dalek as dalek;
use ler_trust_bench::{Outcome, serve, share};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Share {
    warm_up: Vec<Item>,
    rounds: Vec<Vec<Item>>,
}

/// A signature of the corpus; bytes are hexadecimal.
#[derive(Deserialize)]
struct Item {
    kind: String,
    key: String,
    signed: String,
    signature: String,
    holds: bool,
}

enum Key {
    Dalek(dalek::VerifyingKey),
    Aws(aws::ParsedPublicKey),
}

/// One signature, ready to be checked.
struct Check {
    key: Rc<Key>,
    data: Vec<u8>,
    signature: Signature,
    holds: bool,
}

enum Signature {
    Dalek(dalek::Signature),
    Aws(Vec<u8>),
}

impl Check {
    fn run(&self) -> Outcome<()> {
        let found = match (&*self.key, &self.signature) {
            (Key::Dalek(key), Signature::Dalek(signature)) => key.verify_strict(&self.data, signature).is_ok(),
            (Key::Aws(key), Signature::Aws(signature)) => key.verify_sig(&self.data, signature).is_ok(),
            _ => false,
        };
        if found == self.holds { Ok(()) } else { Err("a signature was not judged as it must be".into()) }
    }
}

/// The libraries for a kind of key.
fn libraries(kind: &str) -> &'static [&'static str] {
    if kind == "Ed25519" { &["ed25519-dalek strict", "aws-lc-rs"] } else { &["aws-lc-rs"] }
}

/// Parses each key once for one library.
struct Preparer {
    library: &'static str,
    keys: HashMap<String, Rc<Key>>,
}

impl Preparer {
    fn new(library: &'static str) -> Self {
        Self { library, keys: HashMap::new() }
    }

    fn prepare(&mut self, item: &Item) -> Outcome<Check> {
        let key = match self.keys.get(&item.key) {
            Some(key) => Rc::clone(key),
            None => {
                let key = Rc::new(self.parse(&item.kind, &decode(&item.key)?)?);
                self.keys.insert(item.key.clone(), Rc::clone(&key));
                key
            }
        };
        let raw = decode(&item.signature)?;
        let signature = match *key {
            Key::Dalek(_) => Signature::Dalek(dalek::Signature::from_slice(&raw)?),
            Key::Aws(_) => Signature::Aws(raw),
        };
        Ok(Check { key, data: decode(&item.signed)?, signature, holds: item.holds })
    }

    fn prepare_all(&mut self, items: &[Item]) -> Outcome<Vec<Check>> {
        items.iter().map(|item| self.prepare(item)).collect()
    }

    fn parse(&self, kind: &str, material: &[u8]) -> Outcome<Key> {
        if self.library != "aws-lc-rs" {
            return Ok(Key::Dalek(dalek::VerifyingKey::from_bytes(material.try_into()?)?));
        }
        let algorithm: &'static dyn aws::VerificationAlgorithm = match kind {
            "Ed25519" => &aws::ED25519,
            "P-256" => &aws::ECDSA_P256_SHA256_FIXED,
            "P-384" => &aws::ECDSA_P384_SHA384_FIXED,
            "RSA" => &aws::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(format!("no library here checks {kind}").into()),
        };
        Ok(Key::Aws(aws::ParsedPublicKey::new(algorithm, material)?))
    }
}

fn decode(text: &str) -> Outcome<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

/// The library that takes the least time for signatures that are not measured.
fn fastest(items: &[Item]) -> Outcome<&'static str> {
    let kind = &items.first().ok_or("nothing to warm up with")?.kind;
    let mut best = (f64::INFINITY, "");
    for library in libraries(kind) {
        let checks = Preparer::new(library).prepare_all(items)?;
        for _ in 0..2 {
            let started = Instant::now();
            checks.iter().try_for_each(Check::run)?;
            let seconds = started.elapsed().as_secs_f64();
            if seconds < best.0 {
                best = (seconds, library);
            }
        }
    }
    Ok(best.1)
}

fn main() -> Outcome<()> {
    let Share { warm_up, rounds } = share()?;
    let library = fastest(&warm_up)?;
    let mut preparer = Preparer::new(library);
    let rounds = rounds.iter().map(|items| preparer.prepare_all(items)).collect::<Outcome<Vec<_>>>()?;
    serve(&rounds, Map::from_iter([("library".to_owned(), Value::from(library))]), Check::run)
}
