//! Surveys and authenticates credentials in bulk: bytes of many in, one outcome each out, on all cores.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{self, Duration};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::claims;
use crate::credential::{self, Issued};
use crate::data_integrity::{self, ProofSet};
use crate::failure::{Failure, Found};
use crate::instant::Instant;
use crate::jose::{self, Search, Signer};
use crate::json::Value;
use crate::jsonld::Contexts;
use crate::limits::Limits;
use crate::material::{ENGINE_FAULT, Material};
use crate::outcome::{Authentication, Form, ProofOutcome, Survey};
use crate::probe::{Phase, Probe, Stopwatch, Unwatched};
use crate::record::{self, Record};
use crate::remembered::{Recall, Remembered};
use crate::token::Parts;
use crate::workspace::Workspace;

const STACK: usize = 8 * 1024 * 1024; // bytes a thread: the deepest document allowed, expanded recursively
const AT_ONCE: usize = 16; // items a thread takes at a time
const BETWEEN_LOOKS: Duration = Duration::from_millis(10); // at whether to stop

/// The engine: its limits and its threads.
pub struct Engine {
    limits: Limits,
    pool: ThreadPool,
}

/// Whether no further item is to be begun; asked every now and then, by the thread that waits for a batch.
pub type Stop<'s> = &'s mut (dyn FnMut() -> bool + Send);

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

    /// Says for each item which keys it needs.
    #[must_use]
    pub fn survey(&self, items: &[&[u8]]) -> Vec<Found<Survey>> {
        self.each(items, |item| survey(item, &self.limits), &mut || false)
    }

    /// Checks every proof of each item; once `stop` says so, what is left is `batch.deadline` (undecided).
    #[must_use]
    pub fn authenticate(&self, items: &[&[u8]], job: &Job<'_>, stop: Stop<'_>) -> Vec<Found<Authentication>> {
        self.each(items, |item| job.authenticate(item, &self.limits, &Unwatched), stop)
    }

    /// Does what [`Self::authenticate`] does on one of the engine's threads; returns the time that each phase took,
    /// and the rest.
    #[must_use]
    pub fn timed(&self, items: &[&[u8]], job: &Job<'_>) -> Vec<(&'static str, Duration)> {
        self.pool.install(|| {
            let (watch, started) = (Stopwatch::default(), time::Instant::now());
            for item in items {
                let _ = black_box(isolated(|| job.authenticate(item, &self.limits, &watch)));
            }
            let whole = started.elapsed();
            let mut spent: Vec<_> = watch.spent().map(|(phase, spent)| (phase.name(), spent)).collect();
            let watched: Duration = spent.iter().map(|(_, spent)| *spent).sum();
            spent.push(("other", whole.saturating_sub(watched)));
            spent
        })
    }

    /// Does `work` for each item on the engine's threads, and keeps what it may panic from the others.
    fn each<T: Send + Sync>(
        &self,
        items: &[&[u8]],
        work: impl Fn(&[u8]) -> Found<T> + Sync,
        stop: Stop<'_>,
    ) -> Vec<Found<T>> {
        let shares: Vec<_> = items.chunks(AT_ONCE).map(|share| (share, OnceLock::new())).collect();
        let stopped = AtomicBool::new(stop());
        let one =
            |item: &&[u8]| if stopped.load(Ordering::Relaxed) { Err(out_of_time()) } else { isolated(|| work(item)) };
        let (working, finished) = channel::<Infallible>(); // over when the last share's end of it is dropped
        self.pool.in_place_scope(|scope| {
            for (share, outcomes) in &shares {
                let (working, one) = (working.clone(), &one);
                scope.spawn(move |_| {
                    outcomes.get_or_init(|| share.iter().map(one).collect::<Vec<_>>());
                    drop(working);
                });
            }
            drop(working);
            while finished.recv_timeout(BETWEEN_LOOKS) == Err(RecvTimeoutError::Timeout) {
                stopped.fetch_or(stop(), Ordering::Relaxed);
            }
        });
        shares.into_iter().filter_map(|(_, outcomes)| outcomes.into_inner()).flatten().collect()
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

fn out_of_time() -> Failure {
    Failure::for_now("batch.deadline", "the batch's time ran out")
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

/// What every item of a batch is checked with; with `documents` outcomes carry the whole secured document, with
/// `recall` proofs are not checked again that were checked before.
pub struct Job<'e> {
    pub material: &'e Material,
    pub contexts: &'e Contexts,
    pub documents: bool,
    pub recall: Option<Recall<'e>>,
}

impl Job<'_> {
    fn authenticate<P: Probe>(&self, item: &[u8], limits: &Limits, probe: &P) -> Found<Authentication> {
        let done = match probe.during(Phase::Parse, || record::parse(item, limits))? {
            Record::Token(parts) => self.token(item, &parts, limits, probe),
            Record::Document(document) => self.document(item, document, limits, probe),
        }?;
        match done.proofs.iter().find_map(engine_fault) {
            Some(fault) => Err(fault),
            None => Ok(done),
        }
    }

    fn token<P: Probe>(&self, item: &[u8], parts: &Parts<'_>, limits: &Limits, probe: &P) -> Found<Authentication> {
        let token = probe.during(Phase::Parse, || parts.read(limits))?;
        let form = claims::form_of(&token)?;
        credential::require_supported(claims::credential_of(&token, form)?)?;
        let issuer = claims::issuer_of(&token, form)?;
        let mut stated = claims::status_entries(&token);
        let search = |search: &Search<'_>| self.signer(item, search, limits, probe);
        let verified = jose::verify(token, form, &issuer, self.material, search);
        let secured = verified.claimed.map(|claimed| {
            probe.during(Phase::Read, || {
                let issued = Issued { at: claimed.issued, source: "iat" };
                let document = without_proof(claimed.credential);
                let mut secured = credential::read(&document, issuer, issued, limits, self.documents);
                secured.status.append(&mut stated);
                secured
            })
        });
        Ok(Authentication { form, proofs: vec![verified.outcome], secured })
    }

    /// Which key has signed the token that `item` is.
    fn signer<P: Probe>(&self, item: &[u8], search: &Search<'_>, limits: &Limits, probe: &P) -> Signer {
        let anew = || probe.during(Phase::Verify, || search.signer(limits));
        let Some(recall) = &self.recall else { return anew() };
        let place = recall.place(item, iter::once(self.material.mark(search.need)));
        if let Some(remembered) = place.look_up() {
            return remembered.into_signer();
        }
        let signer = anew();
        place.keep(Remembered::of_token(&signer));
        signer
    }

    fn document<P: Probe>(
        &self,
        item: &[u8],
        document: Value<'_>,
        limits: &Limits,
        probe: &P,
    ) -> Found<Authentication> {
        credential::require_supported(&document)?;
        let issuer = credential::issuer_of(&document)?.to_owned();
        let space = Workspace::new(self.contexts, limits, probe);
        let mut set = ProofSet::new(document, &issuer, self.material, space, limits)?;
        self.recalled(item, &mut set);
        let proofs = set.outcomes();
        let secured = probe.during(Phase::Read, || {
            let covered = set.covered();
            let issued = Issued { at: first_created(&proofs), source: "proof.created" };
            covered.map(|covered| credential::read(&covered, issuer.clone(), issued, limits, self.documents))
        });
        Ok(Authentication { form: Form::DataIntegrity, proofs, secured })
    }

    /// Takes from memory what was found of the proofs of `item`, or remembers it.
    fn recalled<P: Probe>(&self, item: &[u8], set: &mut ProofSet<'_, '_, P>) {
        let Some(recall) = &self.recall else { return };
        let place = recall.place(item, set.needs().map(|need| self.material.mark(&need)));
        match place.look_up() {
            Some(remembered) => set.recall(remembered),
            None => place.keep(set.findings()),
        }
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

    #[test]
    fn equal_items_keep_their_places() {
        let distinct = Distinct::of(&[b"{}", b"[", b"{}", b"1", b"["]);
        assert_eq!((distinct.items.len(), distinct.of_item), (3, vec![0, 1, 0, 2, 1]));
    }

    #[test]
    fn a_panic_is_a_fault_of_one_item() {
        let engine = Engine::new(Limits::default(), 2).unwrap();
        let work = |item: &[u8]| if item == b"bad" { Err(Failure::rejected("x", "y")) } else { Ok(item[0]) };
        let outcomes = engine.each(&[b"", b"1", b"bad"], work, &mut || false); // the first one indexes past its end
        let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().map_err(|it| it.code)).collect();
        assert_eq!(codes, [Err("format.engine_fault"), Ok(&b'1'), Err("x")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(item in prop::collection::vec(any::<u8>(), 0..80)) {
            let contexts = Contexts::new([]).unwrap();
            let job = Job { material: &Material::default(), contexts: &contexts, documents: true, recall: None };
            prop_assert!(survey(&item, &Limits::default()).is_err());
            prop_assert!(job.authenticate(&item, &Limits::default(), &Unwatched).is_err());
        }
    }
}
