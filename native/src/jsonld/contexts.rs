//! The contexts a document may name, and what applying them gave so far.

use std::sync::{Arc, RwLock};

use hashbrown::HashMap;

use super::active::Active;
use super::local::{Local, uses_import};
use super::trouble::{Outcome, Trouble};
use crate::failure::Found;
use crate::json::{self, Value};
use crate::limits::Limits;

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Results kept that concern known contexts only: a badge has about twenty, each of some ten kilobytes.
const KEPT_KNOWN: usize = 1024;
/// Results kept that concern contexts written into documents.
const KEPT_OTHER: usize = 128;
/// Bytes of an `@context` value that is kept: real ones have some hundred.
const LONGEST_KEPT: usize = 8192;

/// What was applied to what: the numbers of the active and the local context, whether protected terms could
/// be overridden, whether the result reaches into nested nodes.
pub type Step = (u64, u64, bool, bool);

/// The contexts that may be used, by URL, and what applying them gave so far. Shared by all threads.
#[derive(Debug)]
pub struct Contexts {
    documents: Map<Box<str>, Document>,
    /// The initial context.
    pub(super) initial: Arc<Active>,
    kept: RwLock<Arc<Kept>>,
}

/// A context document.
#[derive(Debug)]
enum Document {
    Context(Arc<Local>),
    Importing,
    Null,
    NoObject,
}

/// Local contexts by what is written, and active contexts by how they came about.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Contexts that consist of URLs, and what came of known contexts alone.
    pub known: Arc<Table>,
    /// The others.
    pub other: Arc<Table>,
}

/// One part of what is kept.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Local contexts by the bytes of [`written_form`].
    pub locals: Map<Box<[u8]>, Arc<Local>>,
    /// Active contexts, and how many steps of work each took.
    pub results: Map<Step, (Arc<Active>, usize)>,
}

/// What one document adds to what is kept.
#[derive(Debug, Default)]
pub struct Learned {
    /// Local contexts.
    pub locals: Vec<(Box<[u8]>, Arc<Local>)>,
    /// Active contexts, and how many steps of work each took.
    pub results: Vec<(Step, (Arc<Active>, usize))>,
}

impl Contexts {
    /// Read the contexts in `documents`, pairs of URL and content.
    ///
    /// # Errors
    /// A rejection with a `format.*` code for content that is not JSON.
    pub fn new<'c>(documents: impl IntoIterator<Item = (&'c str, &'c [u8])>) -> Found<Self> {
        let limits = Limits::default();
        let read =
            |(url, content): (&str, &[u8])| Ok((url.into(), Document::read(&json::parse(content, &limits)?, url)));
        Ok(Self {
            documents: documents.into_iter().map(read).collect::<Found<_>>()?,
            initial: Arc::new(Active::initial()),
            kept: RwLock::default(),
        })
    }

    /// Return the context at `url`.
    pub(super) fn load(&self, url: &str) -> Outcome<&Arc<Local>> {
        match self.documents.get(url) {
            Some(Document::Context(local)) => Ok(local),
            Some(Document::Importing) => {
                Err(Trouble::context_unknown(format!("the context {url} uses @import, which is not supported")))
            }
            Some(Document::Null) => Err(Trouble::Invalid("loading document failed")),
            Some(Document::NoObject) => Err(Trouble::Invalid("invalid remote context")),
            None => Err(Trouble::context_unknown(format!("the context {url} is not known here"))),
        }
    }

    /// Return what is kept at this moment.
    pub(super) fn kept(&self) -> Arc<Kept> {
        match self.kept.read() {
            Ok(kept) => Arc::clone(&kept),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Keep what a document added; a part that is full starts anew.
    pub(super) fn learn(&self, learned: Learned) {
        if learned.locals.is_empty() && learned.results.is_empty() {
            return;
        }
        let mut guard = match self.kept.write() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        let mut kept = Kept::clone(&guard);
        for (written, local) in learned.locals {
            kept.part(local.is_known).locals.insert(written, local);
        }
        for (step, made) in learned.results {
            kept.part(made.0.is_known).results.insert(step, made);
        }
        bound(&mut kept.known, KEPT_KNOWN);
        bound(&mut kept.other, KEPT_OTHER);
        *guard = Arc::new(kept);
    }
}

impl Document {
    fn read(document: &Value<'_>, url: &str) -> Self {
        match document {
            _ if uses_import(document) => Self::Importing,
            Value::Null => Self::Null,
            Value::Object(_) => {
                let empty = Value::Object(Vec::new());
                Self::Context(Local::read(document.get("@context").unwrap_or(&empty), url, true))
            }
            _ => Self::NoObject,
        }
    }
}

impl Kept {
    /// Return the local context written as `written`.
    pub fn local(&self, written: &[u8]) -> Option<&Arc<Local>> {
        self.known.locals.get(written).or_else(|| self.other.locals.get(written))
    }

    /// Return the result of `step`.
    pub fn result(&self, step: &Step) -> Option<&(Arc<Active>, usize)> {
        self.known.results.get(step).or_else(|| self.other.results.get(step))
    }

    fn part(&mut self, is_known: bool) -> &mut Table {
        Arc::make_mut(if is_known { &mut self.known } else { &mut self.other })
    }
}

fn bound(table: &mut Arc<Table>, most: usize) {
    if table.results.len() > most || table.locals.len() > most {
        *table = Arc::default();
    }
}

/// Write `context` so that equal bytes mean equal contexts; false when it is too long to be kept.
pub fn written_form(context: &Value<'_>, out: &mut Vec<u8>) -> bool {
    let text = |tag: u8, text: &str, out: &mut Vec<u8>| {
        out.push(tag);
        out.extend_from_slice(&(text.len() as u64).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    match context {
        Value::Null => out.push(b'n'),
        Value::Bool(truth) => out.push(if *truth { b't' } else { b'f' }),
        Value::Number(number) => {
            out.push(b'd');
            out.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        Value::String(content) => text(b's', content, out),
        Value::Array(items) => {
            out.push(b'[');
            if !items.iter().all(|item| written_form(item, out)) {
                return false;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (name, member) in members {
                text(b's', name, out);
                if !written_form(member, out) {
                    return false;
                }
            }
            out.push(b'}');
        }
    }
    out.len() <= LONGEST_KEPT
}
