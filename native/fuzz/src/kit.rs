//! What `seeds.py` wrote: contexts, keys, records that hold, and words that records are made of.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use aws_lc_rs::signature::Ed25519KeyPair;
use ler_trust_native::finding::Finding;
use ler_trust_native::jsonld::Contexts;
use ler_trust_native::keys::PublicKey;
use ler_trust_native::material::{Gathered, Material, Method, Need};
use ler_trust_native::outcome::Survey;
use serde_json::Value;

/// The kit, read when it is first needed.
pub static KIT: LazyLock<Kit> = LazyLock::new(|| Kit::read(&folder()));

/// Everything the targets know beforehand.
pub struct Kit {
    pub contexts: Contexts,
    /// Records as they were issued.
    pub genuine: Vec<Vec<u8>>,
    /// Names of members.
    pub names: Vec<String>,
    /// Values of members.
    pub values: Vec<Value>,
    /// The issuer whose records are signed anew, its key's address and the key.
    pub signer: Signer,
    keys: Vec<Key>,
}

/// An issuer with an Ed25519 key.
pub struct Signer {
    pub issuer: String,
    pub method: String,
    pub pair: Ed25519KeyPair,
}

struct Key {
    issuer: String,
    method: Method,
}

impl Kit {
    fn read(folder: &Path) -> Self {
        let contexts = read_json(&folder.join("contexts.json"));
        let texts = contexts.as_object().expect("contexts.json is an object");
        let documents = texts.iter().map(|(url, text)| (url.as_str(), text.as_str().unwrap_or_default().as_bytes()));
        let words = read_json(&folder.join("words.json"));
        let signer = read_json(&folder.join("signer.json"));
        Self {
            contexts: Contexts::new(documents).expect("the contexts are JSON"),
            genuine: files(&folder.join("genuine")),
            names: list(&words["names"]).iter().map(text).collect(),
            values: list(&words["values"]).to_vec(),
            signer: Signer {
                issuer: text(&signer["issuer"]),
                method: text(&signer["method"]),
                pair: Ed25519KeyPair::from_seed_unchecked(&hex(&text(&signer["seed"]))).expect("a seed of 32 bytes"),
            },
            keys: list(&read_json(&folder.join("keys.json"))).iter().map(Key::read).collect(),
        }
    }

    /// The kit's keys.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().filter_map(|key| key.method.key.as_deref())
    }

    /// What a resolver that knows the kit's keys finds for `survey`.
    #[must_use]
    pub fn material_for(&self, survey: &Survey) -> Material {
        let mut material = Material::default();
        for need in &survey.keys {
            material.insert(need.clone(), self.found(need));
        }
        material
    }

    fn found(&self, need: &Need) -> Gathered {
        let is_meant = |key: &&Key| {
            key.issuer == need.issuer && need.method.as_ref().is_none_or(|method| *method == key.method.id)
        };
        let found: Vec<Method> = self.keys.iter().filter(is_meant).map(|key| key.method.clone()).collect();
        if found.is_empty() {
            Err(Finding::rejected("proof.key_not_bound", "not a key of the issuer's"))
        } else {
            Ok(found)
        }
    }
}

impl Key {
    fn read(row: &Value) -> Self {
        let kind = text(&row["kind"]);
        let key = PublicKey::new(&kind, &hex(&text(&row["material"])), None).map(Arc::new);
        Self { issuer: text(&row["issuer"]), method: Method { id: text(&row["method"]), kind, key } }
    }
}

fn folder() -> PathBuf {
    std::env::var_os("LER_FUZZ_KIT").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("kit"), PathBuf::from)
}

fn read_json(path: &Path) -> Value {
    let content = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error} (run seeds.py)", path.display()));
    serde_json::from_slice(&content).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error} (run seeds.py)", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn hex(text: &str) -> Vec<u8> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len()).step_by(2).filter_map(pair).collect()
}
