//! What was found of proofs before: for the same bytes, keys and contexts, asked for by the same caller.
//!
//! A signature that held a minute ago holds now, so only what cannot change is remembered: no claim, date or status of a
//! record, and nothing that was found because of circumstances. What stands for a record is a digest under a key of
//! this process: nobody can tell records from it, or make two that share one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use sha2::{Digest as _, Sha256};

use crate::finding::Finding;
use crate::material::ENGINE_FAULT;

const WAYS: usize = 16; // outcomes that compete for the same places; the one not used for longest gives way
const MOST_TEXT: usize = 1_024; // bytes of findings on one record; who writes more is not remembered
/// Found for want of something that another time there may be enough of.
const CIRCUMSTANTIAL: [&str; 2] = [ENGINE_FAULT, "graph.too_complex"];

/// A keyed digest, or one of a key or a set of contexts.
pub type Digest = [u8; 32];

/// The digest of these `parts`, in this order.
#[must_use]
pub fn marked<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> Digest {
    let mut made = Sha256::new();
    for part in parts {
        made.update(part.len().to_le_bytes());
        made.update(part);
    }
    made.finalize().into()
}

/// What was found of the proofs of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// What keeps each proof from holding, in order; empty when nothing keeps any.
    pub findings: Box<[Option<Finding>]>,
    /// Which of the keys gathered for a token has signed it.
    pub signer: usize,
}

impl Remembered {
    /// Which key has signed a token, or why none.
    #[must_use]
    pub fn of_token(signer: &Result<usize, Finding>) -> Self {
        match signer {
            Ok(signer) => Self { findings: Box::default(), signer: *signer },
            Err(finding) => Self { findings: [Some(finding.clone())].into(), signer: 0 },
        }
    }

    /// What [`Self::of_token`] was given.
    ///
    /// # Errors
    ///
    /// Why no key has signed it.
    pub fn into_signer(self) -> Result<usize, Finding> {
        self.findings.into_iter().flatten().next().map_or(Ok(self.signer), Err)
    }
}

/// Outcomes that compete for the same places, the one used last at the end.
type Set = Vec<(Digest, Remembered)>;

/// A bounded number of findings, those used last. An outcome without findings takes 56 bytes, and never more than
/// some three kilobytes.
pub struct Memory {
    secret: hmac::Key,
    sets: Box<[Mutex<Set>]>,
    ways: usize,
    hits: AtomicU64,
}

impl Memory {
    /// A memory for at most so many outcomes, at least one.
    pub fn new(outcomes: usize) -> Result<Self, Unspecified> {
        let secret = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?;
        let ways = outcomes.clamp(1, WAYS);
        let sets = (0..(outcomes / ways).max(1)).map(|_| Mutex::default()).collect();
        Ok(Self { secret, sets, ways, hits: AtomicU64::new(0) })
    }

    /// How often something was remembered.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    fn with_set<T>(&self, digest: &Digest, work: impl FnOnce(&mut Set) -> T) -> Option<T> {
        let number = usize::from_le_bytes(*digest.first_chunk()?);
        let set = self.sets.get(number % self.sets.len())?;
        Some(work(&mut set.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// On whose behalf, and with which contexts, something is looked for.
#[derive(Clone, Copy)]
pub struct Recall<'e> {
    pub memory: &'e Memory,
    pub scope: &'e str,
    pub contexts: &'e Digest,
}

impl<'e> Recall<'e> {
    /// The place of `item` when checked with the keys of these `marks`, one for each need of a key.
    #[must_use]
    pub fn place(&self, item: &[u8], marks: impl Iterator<Item = Option<Digest>>) -> Place<'e> {
        let mut made = hmac::Context::with_key(&self.memory.secret);
        for part in [self.scope.as_bytes(), item] {
            made.update(&part.len().to_le_bytes());
            made.update(part);
        }
        made.update(self.contexts);
        for mark in marks {
            made.update(&[u8::from(mark.is_some())]);
            made.update(&mark.unwrap_or_default());
        }
        let mut digest = Digest::default();
        digest.copy_from_slice(made.sign().as_ref());
        Place { memory: self.memory, digest }
    }
}

/// Where what was found of one record is remembered.
pub struct Place<'e> {
    memory: &'e Memory,
    digest: Digest,
}

impl Place<'_> {
    /// What was found before.
    #[must_use]
    pub fn look_up(&self) -> Option<Remembered> {
        let found = self.memory.with_set(&self.digest, |set| {
            let at = set.iter().position(|(digest, _)| *digest == self.digest)?;
            set[at..].rotate_left(1); // used last, it goes last
            set.last().map(|(_, found)| found.clone())
        })?;
        self.memory.hits.fetch_add(u64::from(found.is_some()), Ordering::Relaxed);
        found
    }

    /// Remembers what was found, unless it could be otherwise another time.
    pub fn keep(&self, found: Remembered) {
        let findings = || found.findings.iter().flatten();
        if findings().any(is_circumstantial) || findings().map(size).sum::<usize>() > MOST_TEXT {
            return;
        }
        self.memory.with_set(&self.digest, |set| {
            if set.iter().any(|(digest, _)| *digest == self.digest) {
                return; // somebody else was quicker
            }
            if set.len() >= self.memory.ways {
                set.remove(0);
            }
            set.push((self.digest, found));
        });
    }
}

fn is_circumstantial(finding: &Finding) -> bool {
    finding.retryable || CIRCUMSTANTIAL.contains(&finding.code.as_ref())
}

fn size(finding: &Finding) -> usize {
    finding.code.len() + finding.detail.len() + finding.pointer.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Option<Digest> = Some([1; 32]);

    fn recall(memory: &Memory) -> Recall<'_> {
        Recall { memory, scope: "tenant", contexts: &[7; 32] }
    }

    fn failed(finding: Finding) -> Remembered {
        Remembered { findings: [None, Some(finding)].into(), signer: 0 }
    }

    #[test]
    fn what_was_found_is_remembered_for_the_same_alone() {
        let memory = Memory::new(100).unwrap();
        let kept = failed(Finding::rejected("proof.signature", "no"));
        let here = recall(&memory);
        here.place(b"item", [MARK].into_iter()).keep(kept.clone());
        assert_eq!(here.place(b"item", [MARK].into_iter()).look_up(), Some(kept));
        let places = [
            Recall { scope: "other", ..here }.place(b"item", [MARK].into_iter()),
            Recall { scope: "", ..here }.place(b"tenantitem", [MARK].into_iter()),
            Recall { contexts: &[8; 32], ..here }.place(b"item", [MARK].into_iter()),
            here.place(b"iten", [MARK].into_iter()),
            here.place(b"item", [Some([2; 32])].into_iter()),
            here.place(b"item", [None].into_iter()),
            here.place(b"item", [MARK, None].into_iter()),
            here.place(b"item", std::iter::empty()),
        ];
        assert!(places.iter().all(|place| place.look_up().is_none()));
        assert_eq!(memory.hits(), 1);
    }

    #[test]
    fn memories_do_not_share_a_secret() {
        let digest = |memory: &Memory| recall(memory).place(b"item", [MARK].into_iter()).digest;
        assert_ne!(digest(&Memory::new(1).unwrap()), digest(&Memory::new(1).unwrap()));
    }

    #[test]
    fn circumstances_are_not_remembered() {
        let memory = Memory::new(100).unwrap();
        for finding in [
            Finding::undecided(ENGINE_FAULT, ""),
            Finding::undecided("graph.too_complex", ""),
            Finding { retryable: true, ..Finding::undecided("proof.key_unresolved", "") },
            Finding::rejected("jsonld.data_loss", "").at("/".repeat(MOST_TEXT)),
        ] {
            let place = recall(&memory).place(b"item", std::iter::empty());
            place.keep(failed(finding));
            assert_eq!(place.look_up(), None);
        }
    }

    #[test]
    fn a_memory_is_bounded_and_forgets_what_was_not_used() {
        for most in [1, 5, 16, 100] {
            let memory = Memory::new(most).unwrap();
            let place = |number: usize| recall(&memory).place(&number.to_le_bytes(), std::iter::empty());
            place(0).keep(Remembered::default());
            for number in 1..1_000 {
                place(number).keep(Remembered::default());
                assert!(most == 1 || place(0).look_up().is_some(), "used all the time");
            }
            let kept: usize = memory.sets.iter().map(|set| set.lock().unwrap().len()).sum();
            assert!(kept <= most && kept + WAYS > most, "{kept} of {most}");
        }
    }

    #[test]
    fn an_outcome_without_findings_is_small() {
        assert_eq!(size_of::<(Digest, Remembered)>(), 56);
    }
}
