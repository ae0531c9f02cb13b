//! Expanded JSON-LD (§9.1 to §9.8), as far as its RDF needs it.

use super::active::Direction;
use super::keyword::Keyword;
use super::names::Name;
use crate::json::Value;

/// One value of a property, or a node at the top.
#[derive(Debug)]
pub enum Item<'s> {
    /// A node object.
    Node(Box<Node<'s>>),
    /// A value object.
    Literal(Literal<'s>),
    /// A list object.
    List(Vec<Item<'s>>, Option<&'s str>),
    /// A value under a keyword that is left as it is; no statement comes of it.
    Other,
}

/// A value object.
#[derive(Debug)]
pub struct Literal<'s> {
    /// The value.
    pub content: &'s Value<'s>,
    /// The datatype.
    pub datatype: Datatype<'s>,
    /// The language tag.
    pub language: Option<&'s str>,
    /// The base direction.
    pub direction: Option<Direction>,
    /// The index.
    pub index: Option<&'s str>,
}

/// The `@type` of a value object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype<'s> {
    /// None is given.
    Unset,
    /// `@json`
    Json,
    /// An IRI.
    To(Name<'s>),
    /// More than one, which the reference engine stumbles over late.
    Many,
}

/// What a property or keyword of a node holds.
pub type Slot<'s> = (Name<'s>, Vec<Item<'s>>);

/// A node object, or what becomes one while its members are read.
#[derive(Debug, Default)]
pub struct Node<'s> {
    /// `@id`
    pub id: Option<Name<'s>>,
    /// `@type`; set and empty when only empty arrays were met is not kept apart from unset.
    pub types: Vec<Name<'s>>,
    /// `@value`
    pub value: Option<&'s Value<'s>>,
    /// `@language`
    pub language: Option<&'s str>,
    /// `@direction`
    pub direction: Option<Direction>,
    /// `@index`
    pub index: Option<&'s str>,
    /// Properties and the other keywords, in the order they were met.
    pub slots: Vec<Slot<'s>>,
    /// `@reverse`
    pub reverse: Option<Vec<Slot<'s>>>,
}

impl<'s> Node<'s> {
    /// How many members the object has.
    pub fn len(&self) -> usize {
        usize::from(self.id.is_some())
            + usize::from(!self.types.is_empty())
            + usize::from(self.value.is_some())
            + usize::from(self.language.is_some())
            + usize::from(self.direction.is_some())
            + usize::from(self.index.is_some())
            + usize::from(self.reverse.is_some())
            + self.slots.len()
    }

    /// The items under a keyword.
    pub fn slot(&self, keyword: Keyword) -> Option<&Vec<Item<'s>>> {
        self.slots.iter().find(|(name, _)| *name == Name::Keyword(keyword)).map(|(_, items)| items)
    }

    /// Whether the object has `keyword`.
    pub fn has(&self, keyword: Keyword) -> bool {
        match keyword {
            Keyword::Id => self.id.is_some(),
            Keyword::Type => !self.types.is_empty(),
            Keyword::Value => self.value.is_some(),
            Keyword::Language => self.language.is_some(),
            Keyword::Direction => self.direction.is_some(),
            Keyword::Index => self.index.is_some(),
            Keyword::Reverse => self.reverse.is_some(),
            other => self.slot(other).is_some(),
        }
    }

    /// Take out the items under a keyword.
    pub fn take(&mut self, keyword: Keyword) -> Option<Vec<Item<'s>>> {
        let at = self.slots.iter().position(|(name, _)| *name == Name::Keyword(keyword))?;
        Some(self.slots.swap_remove(at).1)
    }
}

impl Item<'_> {
    /// Whether this is a node object with more than an identifier (a "subject" of the reference engine), which one
    /// that was made from a set or list with a type is not.
    pub fn is_subject(&self) -> bool {
        match self {
            Item::Node(node) if node.has(Keyword::Set) || node.has(Keyword::List) => false,
            Item::Node(node) => node.len() > 1 || node.id.is_none(),
            _ => false,
        }
    }

    /// Whether this is a graph object (§9.4).
    pub fn is_graph(&self) -> bool {
        match self {
            Item::Node(node) => {
                let others = usize::from(node.id.is_some()) + usize::from(node.index.is_some());
                node.has(Keyword::Graph) && node.len() - others == 1
            }
            _ => false,
        }
    }

    /// Whether this may stand under a reverse property.
    pub const fn is_reversible(&self) -> bool {
        !matches!(self, Item::Literal(_) | Item::List(..))
    }
}

/// Add `items` under `name`; names that mean the same share one place.
pub fn add<'s>(slots: &mut Vec<Slot<'s>>, name: Name<'s>, items: Vec<Item<'s>>) {
    match slots.iter_mut().find(|(other, _)| same(other, &name)) {
        Some((_, there)) => there.extend(items),
        None => slots.push((name, items)),
    }
}

fn same(one: &Name<'_>, other: &Name<'_>) -> bool {
    match (one, other) {
        (Name::Iri(one, _), Name::Iri(other, _)) => one.len() == other.len() && one == other,
        _ => one == other,
    }
}

/// A graph object that holds `item`.
pub fn graph_of(item: Item<'_>) -> Item<'_> {
    let slot: Slot<'_> = (Name::Keyword(Keyword::Graph), vec![item]);
    Item::Node(Box::new(Node { slots: vec![slot], ..Node::default() }))
}
