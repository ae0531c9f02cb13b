//! Surveys and authenticates credentials in bulk: bytes of many in, one outcome each out, on all cores.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::claims;
use crate::credential::{self, Issued};
use crate::data_integrity::{self, ProofSet};
use crate::failure::{Failure, Found};
use crate::instant::Instant;
use crate::jose;
use crate::json::Value;
use crate::jsonld::Contexts;
use crate::limits::Limits;
use crate::material::{ENGINE_FAULT, Material};
use crate::outcome::{Authentication, Form, ProofOutcome, Survey};
use crate::record::{self, Record};
use crate::token::Parts;
use crate::workspace::Workspace;

const STACK: usize = 8 * 1024 * 1024; // bytes a thread: the deepest document allowed, expanded recursively
const AT_ONCE: usize = 16; // items a thread takes at a time

/// The engine: its limits and its threads.
pub struct Engine {
    limits: Limits,
    pool: ThreadPool,
}

/// The outcomes of some of a batch's distinct items, from the one numbered `start` on.
pub struct Part<T> {
    pub start: usize,
    pub outcomes: Vec<Found<T>>,
}

/// Waits for the next part, in no order; `None` after the last.
pub type Next<'n, T> = &'n mut (dyn FnMut() -> Option<Part<T>> + Send);

/// The distinct items of a batch, and which of them each item is.
pub struct Distinct<'a> {
    pub items: Vec<&'a [u8]>,
    pub of_item: Vec<usize>,
}

impl Engine {
    /// An engine with so many `threads`; 0 for one a core.
    pub fn new(limits: Limits, threads: usize) -> Result<Self, ThreadPoolBuildError> {
        let builder = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK);
        let pool = builder.thread_name(|number| format!("ler-trust-{number}")).build()?;
        Ok(Self { limits, pool })
    }

    /// The limits that every item is held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Says for each item which keys it needs; `take` is given the outcomes while others are being worked on.
    pub fn survey<R>(&self, items: &[&[u8]], take: impl FnOnce(Next<'_, Survey>) -> R) -> R {
        self.each(items, |item| survey(item, &self.limits), take)
    }

    /// Checks every proof of each item; `take` is given the outcomes while others are being worked on.
    pub fn authenticate<'a, R>(
        &self,
        items: &[&'a [u8]],
        job: &Job<'_>,
        take: impl FnOnce(Next<'_, Authentication<'a>>) -> R,
    ) -> R {
        self.each(items, |item| job.authenticate(item, &self.limits), take)
    }

    /// Does `work` for each item on the engine's threads, and keeps what it may panic from the others.
    fn each<'a, T: Send, R>(
        &self,
        items: &[&'a [u8]],
        work: impl Fn(&'a [u8]) -> Found<T> + Sync,
        take: impl FnOnce(Next<'_, T>) -> R,
    ) -> R {
        let (sender, receiver) = channel();
        self.pool.in_place_scope(|scope| {
            for (number, share) in items.chunks(AT_ONCE).enumerate() {
                let (sender, work) = (sender.clone(), &work);
                scope.spawn(move |_| {
                    let outcomes = share.iter().map(|item| isolated(|| work(item))).collect();
                    // Nobody listens any more when the caller gave up.
                    let _ = sender.send(Part { start: number * AT_ONCE, outcomes });
                });
            }
            drop(sender);
            take(&mut move || receiver.recv().ok())
        })
    }
}

impl<'a> Distinct<'a> {
    /// The distinct ones among `items`.
    #[must_use]
    pub fn of(items: &[&'a [u8]]) -> Self {
        let mut found: Vec<&'a [u8]> = Vec::with_capacity(items.len());
        let mut places: HashMap<&'a [u8], usize, foldhash::fast::RandomState> = HashMap::default();
        places.reserve(items.len());
        let place = |item: &&'a [u8]| {
            *places.entry(item).or_insert_with(|| {
                found.push(item);
                found.len() - 1
            })
        };
        let of_item = items.iter().map(place).collect();
        Self { items: found, of_item }
    }
}

/// What `work` returns; when it panics, a fault of the engine, which says nothing against the record.
fn isolated<T>(work: impl FnOnce() -> Found<T>) -> Found<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| Err(Failure::undecided(ENGINE_FAULT, "a panic in the native engine")))
}

fn survey(item: &[u8], limits: &Limits) -> Found<Survey> {
    match record::parse(item, limits)? {
        Record::Token(parts) => {
            let token = parts.read(limits)?;
            let form = claims::form_of(&token)?;
            credential::require_supported(claims::credential_of(&token, form)?)?;
            let issuer = claims::issuer_of(&token, form)?;
            Ok(Survey { form, keys: jose::key_needs(&token, &issuer), issuer })
        }
        Record::Document(document) => {
            credential::require_supported(&document)?;
            let issuer = credential::issuer_of(&document)?;
            let keys = data_integrity::key_needs(&document, issuer, limits)?;
            Ok(Survey { form: Form::DataIntegrity, keys, issuer: issuer.to_owned() })
        }
    }
}

/// What every item of a batch is checked with; with `documents` outcomes carry the whole secured document.
pub struct Job<'e> {
    pub material: &'e Material,
    pub contexts: &'e Contexts,
    pub documents: bool,
}

impl Job<'_> {
    fn authenticate<'a>(&self, item: &'a [u8], limits: &Limits) -> Found<Authentication<'a>> {
        let done = match record::parse(item, limits)? {
            Record::Token(parts) => self.token(&parts, limits),
            Record::Document(document) => self.document(document, limits),
        }?;
        match done.proofs.iter().find_map(engine_fault) {
            Some(fault) => Err(fault),
            None => Ok(done),
        }
    }

    fn token<'a>(&self, parts: &Parts<'_>, limits: &Limits) -> Found<Authentication<'a>> {
        let token = parts.read(limits)?;
        let form = claims::form_of(&token)?;
        credential::require_supported(claims::credential_of(&token, form)?)?;
        let issuer = claims::issuer_of(&token, form)?;
        let mut stated = claims::status_entries(&token);
        let verified = jose::verify(token, form, &issuer, self.material, limits);
        let secured = verified.claimed.map(|claimed| {
            let issued = Issued { at: claimed.issued, source: "iat" };
            let document = without_proof(claimed.credential);
            let mut secured = credential::read(document, issuer, issued, limits, self.documents).into_owned();
            secured.status.append(&mut stated);
            secured
        });
        Ok(Authentication { form, proofs: vec![verified.outcome], secured })
    }

    fn document<'a>(&self, document: Value<'a>, limits: &Limits) -> Found<Authentication<'a>> {
        credential::require_supported(&document)?;
        let issuer = credential::issuer_of(&document)?.to_owned();
        let space = Workspace::new(self.contexts, limits);
        let mut set = ProofSet::new(document, &issuer, self.material, space, limits)?;
        let proofs = set.outcomes();
        let covered = set.covered();
        let issued = Issued { at: first_created(&proofs), source: "proof.created" };
        let secured = covered.map(|covered| credential::read(covered, issuer, issued, limits, self.documents));
        Ok(Authentication { form: Form::DataIntegrity, proofs, secured })
    }
}

fn engine_fault(proof: &ProofOutcome) -> Option<Failure> {
    let finding = proof.failure.as_ref().filter(|finding| finding.code == ENGINE_FAULT)?;
    Some(Failure::undecided(ENGINE_FAULT, finding.detail.clone()))
}

fn without_proof(mut credential: Value<'_>) -> Value<'_> {
    if let Value::Object(members) = &mut credential {
        members.retain(|(name, _)| name != "proof");
    }
    credential
}

fn first_created(proofs: &[ProofOutcome]) -> Option<Instant> {
    proofs.iter().filter(|proof| proof.failure.is_none()).find_map(|proof| proof.created)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<T>(next: Next<'_, T>) -> Vec<Found<T>> {
        let mut parts: Vec<Part<T>> = std::iter::from_fn(next).collect();
        parts.sort_by_key(|part| part.start);
        parts.into_iter().flat_map(|part| part.outcomes).collect()
    }

    #[test]
    fn equal_items_keep_their_places() {
        let distinct = Distinct::of(&[b"{}", b"[", b"{}", b"1", b"["]);
        assert_eq!((distinct.items.len(), distinct.of_item), (3, vec![0, 1, 0, 2, 1]));
    }

    #[test]
    fn a_panic_is_a_fault_of_one_item() {
        let engine = Engine::new(Limits::default(), 2).unwrap();
        let work = |item: &[u8]| if item == b"bad" { Err(Failure::rejected("x", "y")) } else { Ok(item[0]) };
        let outcomes = engine.each(&[b"", b"1", b"bad"], work, all); // the first one indexes past its end
        let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().map_err(|it| it.code)).collect();
        assert_eq!(codes, [Err("format.engine_fault"), Ok(&b'1'), Err("x")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(item in prop::collection::vec(any::<u8>(), 0..80)) {
            let contexts = Contexts::new([]).unwrap();
            let job = Job { material: &Material::default(), contexts: &contexts, documents: true };
            prop_assert!(survey(&item, &Limits::default()).is_err());
            prop_assert!(job.authenticate(&item, &Limits::default()).is_err());
        }
    }
}
