//! Canonical forms and hashes for one item, all of them within one time limit (Data Integrity 1.0 §4).

use std::time::Instant;

use sha2::{Digest, Sha256, Sha384};

use crate::failure::{Failure, Found};
use crate::jcs;
use crate::json::Value;
use crate::jsonld::{self, Contexts};
use crate::limits::Limits;
use crate::probe::{Phase, Probe};
use crate::rdfc::{self, Hash};
use crate::signatures::Algorithm;
use crate::suite::Transform;

/// What a record's documents are made into bytes with.
pub struct Workspace<'c, P> {
    contexts: &'c Contexts,
    limits: Limits,
    probe: &'c P,
}

impl<'c, P: Probe> Workspace<'c, P> {
    /// A workspace for one item, with the JSON-LD contexts allowed.
    #[must_use]
    pub fn new(contexts: &'c Contexts, limits: &Limits, probe: &'c P) -> Self {
        Self { contexts, limits: *limits, probe }
    }

    /// Who watches.
    #[must_use]
    pub fn probe(&self) -> &'c P {
        self.probe
    }

    /// The hash of the canonical form of `value`; what it costs is taken from the record's time.
    ///
    /// `graph.too_complex` (undecided) when that is used up.
    pub fn hash(&mut self, transform: Transform, value: &Value<'_>, hash: Hash) -> Found<Vec<u8>> {
        let canonical = self.canonical(transform, value, hash)?;
        Ok(self.probe.during(Phase::Hash, || match hash {
            Hash::Sha256 => Sha256::digest(&canonical).to_vec(),
            Hash::Sha384 => Sha384::digest(&canonical).to_vec(),
        }))
    }

    /// The canonical form of `value`; fails as [`Self::hash`].
    pub fn canonical(&mut self, transform: Transform, value: &Value<'_>, hash: Hash) -> Found<Vec<u8>> {
        if self.limits.rdf_seconds <= 0.0 {
            return Err(Failure::undecided("graph.too_complex", "the time for this record was used up"));
        }
        let started = Instant::now();
        let made = match transform {
            Transform::Jcs => Ok(self.probe.during(Phase::Canonicalise, || canonical_json(value))),
            Transform::Rdfc => self
                .probe
                .during(Phase::Expand, || jsonld::to_dataset(value, self.contexts, &self.limits))
                .and_then(|dataset| {
                    self.probe.during(Phase::Canonicalise, || rdfc::canonicalize(&dataset, hash, &self.limits))
                }),
        };
        self.limits.rdf_seconds -= started.elapsed().as_secs_f64();
        made
    }
}

/// The RFC 8785 form of `value`.
#[must_use]
pub fn canonical_json(value: &Value<'_>) -> Vec<u8> {
    let mut form = Vec::with_capacity(2_048);
    jcs::canonicalize(value, &mut form);
    form
}

/// The hash that goes with an algorithm: SHA-384 with P-384, else SHA-256 (DI ECDSA 1.0 §3.2).
#[must_use]
pub fn hash_of(algorithm: Algorithm) -> Hash {
    if algorithm == Algorithm::Es384 { Hash::Sha384 } else { Hash::Sha256 }
}
