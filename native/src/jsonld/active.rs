//! Active contexts: what each term means at a place in a document (JSON-LD 1.1 API §4.1).

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::iri;
use super::keyword::Keyword;
use super::local::{Local, next_id};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing: to be ignored.
    Null,
    /// A keyword.
    Keyword(Keyword),
    /// An IRI, a blank node identifier, or something relative.
    Iri(Arc<str>, Form),
}

/// What is known of the text of an IRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// It passes for an absolute IRI or blank node identifier.
    pub is_absolute: bool,
    /// N-Quads can carry it.
    pub is_writable: bool,
}

impl Form {
    /// Look at `text`.
    pub fn of(text: &str) -> Self {
        let is_writable = iri::is_writable(text);
        // The white space beyond ASCII is what N-Quads can carry and JSON-LD processing does not take.
        Self { is_absolute: (is_writable && text.is_ascii()) || iri::is_absolute(text), is_writable }
    }
}

impl Meaning {
    /// The meaning that is this text.
    pub fn of(text: String) -> Self {
        match Keyword::of(&text) {
            Some(keyword) => Self::Keyword(keyword),
            None => {
                let form = Form::of(&text);
                Self::Iri(text.into(), form)
            }
        }
    }

    /// The text; nothing for null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Keyword(keyword) => Some(keyword.text()),
            Self::Iri(text, _) => Some(text),
        }
    }

    /// Whether it passes for an absolute IRI or blank node identifier.
    pub const fn is_absolute(&self) -> bool {
        matches!(self, Self::Iri(_, Form { is_absolute: true, .. }))
    }
}

/// How values of a term are typed (§4.1, type mapping).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coercion {
    /// `@id`
    Id,
    /// `@vocab`
    Vocab,
    /// `@json`
    Json,
    /// `@none`
    None,
    /// A datatype.
    To(Arc<str>, Form),
}

/// A container of a term (§4.1, container mapping).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the keyword of its name")]
pub enum Container {
    List = 1,
    Set = 2,
    Index = 4,
    Language = 8,
    Graph = 16,
    Id = 32,
    Type = 64,
}

/// A base direction; what is neither is kept to be refused later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the value of its name")]
pub enum Direction {
    Ltr,
    Rtl,
    Neither,
}

/// A term definition.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The term.
    pub term: Arc<str>,
    /// What it stands for.
    pub meaning: Meaning,
    /// Whether it may begin compact IRIs.
    pub is_prefix: bool,
    /// Whether it is a reverse property.
    pub is_reverse: bool,
    /// Whether it must not be changed.
    pub is_protected: bool,
    /// How its values are typed.
    pub coercion: Option<Coercion>,
    /// Its containers as they are written.
    pub containers: Option<Vec<Container>>,
    /// The same as a set of bits.
    pub container_bits: u8,
    /// The property its index stands for.
    pub index: Option<Arc<str>>,
    /// The language of its texts; null for none.
    pub language: Option<Option<Arc<str>>>,
    /// The base direction of its texts; null for none.
    pub direction: Option<Option<Direction>>,
    /// The term it is nested in when compacted.
    pub nest: Option<Arc<str>>,
    /// Its scoped context.
    pub scoped: Option<Arc<Local>>,
}

impl Definition {
    /// A definition of nothing yet.
    pub fn new(term: Arc<str>) -> Self {
        Self {
            term,
            meaning: Meaning::Null,
            is_prefix: false,
            is_reverse: false,
            is_protected: false,
            coercion: None,
            containers: None,
            container_bits: 0,
            index: None,
            language: None,
            direction: None,
            nest: None,
            scoped: None,
        }
    }

    /// Whether the term has `container`.
    pub const fn has(&self, container: Container) -> bool {
        self.container_bits & container as u8 != 0
    }

    /// Whether both say the same (§4.2.2, step 27).
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.meaning == other.meaning
            && (self.is_prefix, self.is_reverse, self.is_protected)
                == (other.is_prefix, other.is_reverse, other.is_protected)
            && self.coercion == other.coercion
            && self.containers == other.containers
            && self.index == other.index
            && self.language == other.language
            && self.direction == other.direction
            && self.nest == other.nest
            && self.scoped == other.scoped
    }
}

/// An active context. Never changed once a document is expanded with it.
#[derive(Clone, Debug)]
pub struct Active {
    /// By which the cache knows it.
    pub id: u64,
    terms: HashTable<Arc<Definition>>,
    /// The base IRI a context sets, or that it sets none.
    pub base: Option<Option<Arc<str>>>,
    /// What is put before names that are no terms.
    pub vocab: Option<Arc<str>>,
    /// The language of texts.
    pub language: Option<Arc<str>>,
    /// The base direction of texts.
    pub direction: Option<Direction>,
    /// To be returned to in the next node.
    pub previous: Option<Arc<Active>>,
    /// Whether the processing mode is set; an empty `@context` array unsets it in the reference engine.
    pub has_mode: bool,
    /// Whether everything that made it is known beside the document.
    pub is_known: bool,
}

const HASHER: FixedState = FixedState::with_seed(0x6c65_7274_7275_7374);

impl Active {
    /// The initial context.
    pub fn initial() -> Self {
        Self {
            id: next_id(),
            terms: HashTable::new(),
            base: None,
            vocab: None,
            language: None,
            direction: None,
            previous: None,
            has_mode: true,
            is_known: true,
        }
    }

    /// A copy to be changed; the base direction does not come along, as in the reference engine.
    pub fn child(&self) -> Self {
        Self { id: next_id(), direction: None, has_mode: false, ..self.clone() }
    }

    /// The definition of `term`.
    pub fn get(&self, term: &str) -> Option<&Arc<Definition>> {
        self.terms.find(HASHER.hash_one(term), |definition| &*definition.term == term)
    }

    /// Set a definition.
    pub fn insert(&mut self, definition: Arc<Definition>) {
        let hash = HASHER.hash_one(&*definition.term);
        self.terms.insert_unique(hash, definition, |other| HASHER.hash_one(&*other.term));
    }

    /// Take the definition of `term` out.
    pub fn remove(&mut self, term: &str) -> Option<Arc<Definition>> {
        self.terms
            .find_entry(HASHER.hash_one(term), |definition| &*definition.term == term)
            .ok()
            .map(|entry| entry.remove().0)
    }

    /// Whether any term is protected.
    pub fn has_protected(&self) -> bool {
        self.terms.iter().any(|definition| definition.is_protected)
    }

    /// How many terms are defined.
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }
}
