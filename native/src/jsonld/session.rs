//! Context processing (JSON-LD 1.1 API §4.1), each step taken once and kept.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bumpalo::Bump;
use hashbrown::HashMap;
use typed_arena::Arena;

use super::active::Active;
use super::contexts::{Contexts, Kept, Learned, Step, written_form};
use super::define::Definer;
use super::local::{FirstPropagate, Item, Local, Object};
use super::trouble::{Outcome, Trouble};
use crate::json::Value;
use crate::limits::Limits;

const TOO_LONG: &str = "the record takes too long to expand";
/// Entries of one `@context`: real ones have at most ten.
const MOST_CONTEXTS: usize = 32;
/// URLs fetched for one `@context`, as the reference engine's library has it.
const MOST_URLS: usize = 10;
/// Bytes of IRIs put together for one document, beyond which it is taken for an attack.
const MOST_JOINED: usize = 64 << 20;
/// Scoped contexts within each other that are tried out; a document cannot nest as many.
const DEEPEST: usize = 100;
/// Term definitions in all the contexts of one document that are not known beforehand: some 60 MiB.
const MOST_TERMS: usize = 1 << 22;
/// Steps between looks at the clock.
const STEPS_A_LOOK: usize = 512;

/// An active context during one document.
pub type Context<'s> = &'s Arc<Active>;

/// A local context of the document by what is written.
type Written<'s> = (Box<[u8]>, &'s Arc<Local>);

/// Where what lives as long as the work on one document is kept.
#[derive(Default)]
pub struct Storage {
    texts: Bump,
    actives: Arena<Arc<Active>>,
    locals: Arena<Arc<Local>>,
    values: Arena<Value<'static>>,
}

/// The work on one document.
pub struct Session<'s> {
    contexts: &'s Contexts,
    kept: &'s Kept,
    storage: &'s Storage,
    /// The base IRI; none in safe mode.
    pub base: Option<&'s str>,
    steps: Cell<usize>,
    joined: Cell<usize>,
    depth: Cell<usize>,
    terms: Cell<usize>,
    deadline: Instant,
    results: RefCell<HashMap<Step, (Context<'s>, usize), foldhash::fast::RandomState>>,
    written: RefCell<Vec<Written<'s>>>,
    scratch: RefCell<Vec<u8>>,
}

impl<'s> Session<'s> {
    /// Begin with a document.
    pub fn new(
        contexts: &'s Contexts,
        kept: &'s Kept,
        storage: &'s Storage,
        base: Option<&'s str>,
        limits: &Limits,
    ) -> Self {
        let seconds = Duration::try_from_secs_f64(limits.rdf_seconds).unwrap_or_default();
        Self {
            contexts,
            kept,
            storage,
            base,
            steps: Cell::new(limits.rdf_quads),
            joined: Cell::new(0),
            depth: Cell::new(0),
            terms: Cell::new(0),
            deadline: Instant::now() + seconds,
            results: RefCell::default(),
            written: RefCell::default(),
            scratch: RefCell::default(),
        }
    }

    /// The context a document begins with.
    pub fn initial(&self) -> Context<'s> {
        &self.contexts.initial
    }

    /// What this document added, to be kept for others.
    pub fn learned(self) -> Learned {
        Learned {
            locals: self
                .written
                .into_inner()
                .into_iter()
                .map(|(written, local)| (written, Arc::clone(local)))
                .collect(),
            results: self
                .results
                .into_inner()
                .into_iter()
                .map(|(step, (active, steps))| (step, (Arc::clone(active), steps)))
                .collect(),
        }
    }

    /// Count one step.
    pub fn spend(&self) -> Outcome<()> {
        let left = self.steps.get();
        if left == 0 || (left.is_multiple_of(STEPS_A_LOOK) && self.is_late()) {
            return Err(Trouble::too_complex(TOO_LONG));
        }
        self.steps.set(left - 1);
        Ok(())
    }

    fn spend_steps(&self, steps: usize) -> Outcome<()> {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.ok_or(Trouble::too_complex(TOO_LONG))?);
        Ok(())
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.deadline
    }

    /// Keep a text for the time of the document.
    pub fn text(&self, parts: [&str; 2]) -> Outcome<&'s str> {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        self.joined.set(self.joined.get().saturating_add(length));
        if self.joined.get() > MOST_JOINED {
            return Err(Trouble::too_complex("the identifiers of the record are too long"));
        }
        let mut text = bumpalo::collections::String::with_capacity_in(length, &self.storage.texts);
        parts.iter().for_each(|part| text.push_str(part));
        Ok(text.into_bump_str())
    }

    /// Keep a text as a JSON value for the time of the document.
    pub fn value_of_text(&self, text: &'s str) -> &'s Value<'s> {
        self.storage.values.alloc(Value::String(text.to_owned().into()))
    }

    /// Take apart the `@context` value `context` of the document.
    pub fn local(&self, context: &Value<'_>) -> &'s Arc<Local> {
        let mut written = self.scratch.borrow_mut();
        written.clear();
        let is_kept = written_form(context, &mut written);
        if is_kept {
            if let Some(local) = self.kept.local(&written) {
                return local;
            }
            if let Some((_, local)) = self.written.borrow().iter().find(|(other, _)| **other == **written) {
                return local;
            }
        }
        let local: &'s Arc<Local> =
            self.storage.locals.alloc(Local::read(context, self.base.unwrap_or_default(), false));
        if is_kept && self.written.borrow().len() < MOST_CONTEXTS {
            self.written.borrow_mut().push((written.as_slice().into(), local));
        }
        local
    }

    /// Apply `local` to `active` (§4.1.2), or return what that gave before.
    pub fn apply(
        &self,
        active: Context<'s>,
        local: &'s Arc<Local>,
        may_override: bool,
        propagate: bool,
    ) -> Outcome<Context<'s>> {
        let step = (active.id, local.id, may_override, propagate);
        let kept = self.kept.result(&step).map(|(result, steps)| (result, *steps));
        if let Some((result, steps)) = kept.or_else(|| self.results.borrow().get(&step).copied()) {
            // Work that the document causes counts, done again or not; work on known contexts is not its fault.
            self.spend_steps(if local.is_known { 0 } else { steps })?;
            return Ok(result);
        }
        if self.is_late() || self.terms.get() > MOST_TERMS {
            return Err(Trouble::too_complex(TOO_LONG));
        }
        let before = self.steps.get();
        let result = self.process(active, local, may_override, propagate, &mut HashSet::new())?;
        self.terms.update(|terms| terms.saturating_add(result.term_count()));
        let steps = before.saturating_sub(self.steps.get());
        if local.is_known {
            self.steps.set(before);
        }
        let result: Context<'s> = self.storage.actives.alloc(result);
        self.results.borrow_mut().insert(step, (result, steps));
        Ok(result)
    }

    fn process(
        &self,
        active: &Arc<Active>,
        local: &Local,
        may_override: bool,
        propagate: bool,
        tried: &mut HashSet<Box<str>>,
    ) -> Outcome<Arc<Active>> {
        if local.is_array && local.items.len() > MOST_CONTEXTS {
            return Err(Trouble::too_complex(format!("more than {MOST_CONTEXTS} contexts in one place")));
        }
        if local.imports {
            let detail = "the context of the record itself uses @import, which is not supported";
            return Err(Trouble::context_unknown(detail.to_owned()));
        }
        self.spend()?;
        if local.items.is_empty() {
            return Ok(Arc::new(active.child()));
        }
        let mut resolved = Vec::new();
        self.resolve(local, &mut Fetched::default(), &mut resolved)?;
        let propagate = propagation(local, resolved.first(), propagate)?;
        let mut result = Arc::clone(active);
        if !propagate && result.previous.is_none() {
            let mut child = result.child();
            child.previous = Some(Arc::clone(active));
            result = Arc::new(child);
        }
        for object in resolved {
            result = match object {
                None if !may_override && result.has_protected() => {
                    return Err(Trouble::Invalid("invalid context nullification"));
                }
                None => Arc::clone(&self.contexts.initial),
                Some(object) => {
                    let is_known = result.is_known && local.is_known;
                    let mut next = self.extend(&result, object, may_override, tried)?;
                    next.is_known = is_known;
                    Arc::new(next)
                }
            };
        }
        Ok(result)
    }

    /// Bring the contexts of `local` into `out`, those of its URLs in their places; none is a null context.
    fn resolve<'l>(
        &'l self,
        local: &'l Local,
        fetched: &mut Fetched<'l>,
        out: &mut Vec<Option<&'l Object>>,
    ) -> Outcome<()> {
        for item in &local.items {
            match item {
                Item::Null => out.push(None),
                Item::Object(object) => out.push(Some(object)),
                Item::Invalid(_) => return Err(Trouble::Invalid("invalid local context")),
                Item::Url(_, None) => return Err(Trouble::Malformed("ValueError")),
                Item::Url(written, Some(url)) => {
                    let is_done = fetched.done.contains(&&**written);
                    if !is_done {
                        fetched.begin(url)?;
                    }
                    let document = self.contexts.load(if is_done { written } else { url })?;
                    let before = out.len();
                    self.resolve(document, fetched, out)?;
                    if out.len() > before {
                        fetched.done.push(url);
                    }
                }
            }
        }
        Ok(())
    }

    fn extend(
        &self,
        active: &Arc<Active>,
        object: &Object,
        may_override: bool,
        tried: &mut HashSet<Box<str>>,
    ) -> Outcome<Active> {
        if object.is_misplaced {
            return Err(Trouble::Invalid("invalid local context"));
        }
        let mut next = active.child();
        next.has_mode = true;
        self.set_keywords(active, &mut next, object)?;
        let mut definer = Definer::new(object);
        for (term, entry) in &object.entries {
            definer.define(&mut next, term, may_override)?;
            if let Some(scoped) = &entry.scoped {
                next = self.try_scoped(next, scoped, tried)?;
            }
        }
        Ok(next)
    }

    /// See that a scoped context can be applied; what that gives is of no use yet (§4.2.2, step 21).
    fn try_scoped(&self, next: Active, scoped: &Local, tried: &mut HashSet<Box<str>>) -> Outcome<Active> {
        if let ([Item::Url(_, url)], false) = (scoped.items.as_slice(), scoped.is_array) {
            let url = url.as_ref().ok_or(Trouble::Malformed("ValueError"))?;
            if !tried.insert(url.clone()) {
                return Ok(next);
            }
        }
        if self.depth.get() >= DEEPEST {
            return Err(Trouble::TooDeep);
        }
        let next = Arc::new(next);
        self.depth.update(|depth| depth + 1);
        self.process(&next, scoped, true, true, tried).map_err(Trouble::inside_scoped_context)?;
        self.depth.update(|depth| depth - 1);
        Ok(Arc::try_unwrap(next).unwrap_or_else(|shared| Active::clone(&shared)))
    }
}

/// The contexts fetched for one `@context` value.
#[derive(Default)]
struct Fetched<'l> {
    begun: Vec<&'l str>,
    done: Vec<&'l str>,
}

impl<'l> Fetched<'l> {
    fn begin(&mut self, url: &'l str) -> Outcome<()> {
        if self.begun.len() > MOST_URLS || self.begun.contains(&url) {
            return Err(Trouble::Invalid("context overflow"));
        }
        self.begun.push(url);
        Ok(())
    }
}

/// Whether the result reaches into nested nodes, as the first context says (§4.1.2, step 2).
fn propagation(local: &Local, first: Option<&Option<&Object>>, otherwise: bool) -> Outcome<bool> {
    match first.ok_or(Trouble::Malformed("IndexError"))? {
        Some(object) if object.propagate.is_some() => match local.propagate {
            FirstPropagate::To(propagate) => Ok(propagate),
            FirstPropagate::Missed(kind) => Err(Trouble::Malformed(kind)),
            FirstPropagate::Unset => Ok(otherwise),
        },
        _ => Ok(otherwise),
    }
}
