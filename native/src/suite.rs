//! The closed table of kinds of proof: what is checked, and what is known by name and not checked.

use crate::failure::{Failure, Found};
use crate::json::Value;
use crate::keys::PublicKey;
use crate::signatures::Algorithm;

/// The `type` of proofs that name their suite in `cryptosuite` (Data Integrity 1.0 §2.1).
const DATA_INTEGRITY_PROOF: &str = "DataIntegrityProof";
const MOST_SHOWN: usize = 64; // characters of a stranger's suite name that go into a message

/// How documents become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Canonical N-Quads; the proof's options are read with the document's `@context`.
    Rdfc,
    /// Canonical JSON; the document is read with the `@context` that the proof was made for.
    Jcs,
}

/// A supported suite.
#[derive(Debug, PartialEq, Eq)]
pub struct Suite {
    pub name: &'static str,
    pub transform: Transform,
    algorithms: &'static [Algorithm],
    pub created_required: bool,
}

impl Suite {
    /// The algorithm that goes with `key`, `None` when the suite does not sign with such keys.
    #[must_use]
    pub fn algorithm(&self, key: &PublicKey) -> Option<Algorithm> {
        self.algorithms.iter().copied().find(|algorithm| key.fits(*algorithm))
    }
}

const EDDSA: &[Algorithm] = &[Algorithm::EdDsa];
const ECDSA: &[Algorithm] = &[Algorithm::Es256, Algorithm::Es384];

const fn suite(name: &'static str, transform: Transform, algorithms: &'static [Algorithm]) -> Suite {
    Suite { name, transform, algorithms, created_required: false }
}

static CRYPTOSUITES: [Suite; 4] = [
    suite("eddsa-rdfc-2022", Transform::Rdfc, EDDSA),
    suite("eddsa-jcs-2022", Transform::Jcs, EDDSA),
    suite("ecdsa-rdfc-2019", Transform::Rdfc, ECDSA),
    suite("ecdsa-jcs-2019", Transform::Jcs, ECDSA),
];
const KNOWN_CRYPTOSUITES: [&str; 7] = [
    "ecdsa-sd-2023",
    "bbs-2023",
    "eddsa-2022",
    "json-eddsa-2022",
    "ecdsa-2019",
    "mldsa44-rdfc-2024",
    "mldsa44-jcs-2024",
];
static PROOF_TYPES: [Suite; 1] =
    [Suite { created_required: true, ..suite("Ed25519Signature2020", Transform::Rdfc, EDDSA) }];
const KNOWN_PROOF_TYPES: [&str; 7] = [
    "Ed25519Signature2018",
    "JsonWebSignature2020",
    "RsaSignature2018",
    "EcdsaSecp256k1Signature2019",
    "EcdsaSecp256r1Signature2019",
    "BbsBlsSignature2020",
    "BbsBlsSignatureProof2020",
];

/// How the proof names its suite, shortened; empty where it does not.
#[must_use]
pub fn name_of(proof: &Value<'_>) -> String {
    let kind = proof.get("type").and_then(Value::as_str);
    let name = if kind == Some(DATA_INTEGRITY_PROOF) { proof.get("cryptosuite").and_then(Value::as_str) } else { kind };
    shortened(name.unwrap_or_default(), MOST_SHOWN)
}

/// The suite of `proof`.
///
/// `proof.malformed` (rejected) when the proof names none, `proof.suite_unsupported` (undecided) when it names
/// one that is not supported.
pub fn suite_of(proof: &Value<'_>) -> Found<&'static Suite> {
    let kind = proof.get("type").and_then(Value::as_str);
    let kind = kind.ok_or_else(|| Failure::rejected("proof.malformed", "the proof has no type"))?;
    if kind != DATA_INTEGRITY_PROOF {
        return row(&PROOF_TYPES, &KNOWN_PROOF_TYPES, kind);
    }
    let name = proof.get("cryptosuite").and_then(Value::as_str);
    let name = name.ok_or_else(|| Failure::rejected("proof.malformed", "the proof has no cryptosuite"))?;
    row(&CRYPTOSUITES, &KNOWN_CRYPTOSUITES, name)
}

fn row(rows: &'static [Suite], known: &[&str], name: &str) -> Found<&'static Suite> {
    rows.iter().find(|suite| suite.name == name).ok_or_else(|| {
        let how = if known.contains(&name) { "known and not supported" } else { "not known" };
        Failure::undecided("proof.suite_unsupported", format!("{} is {how}", shortened(name, MOST_SHOWN)))
    })
}

/// The first `most` characters of `text`.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
