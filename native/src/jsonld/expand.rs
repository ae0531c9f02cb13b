//! Expansion (JSON-LD 1.1 API §5.1.2), refusing in safe mode what would be dropped where it would be.

use super::active::{Coercion, Container, Definition};
use super::expanded::{Item, Node};
use super::keyword::Keyword;
use super::local::Local;
use super::names::Name;
use super::session::{Context, Session};
use super::trouble::{Outcome, Trouble};
use crate::json::Value;
use std::sync::Arc;

/// The reason for refusing a null.
pub const NULL: &str = "null is dropped";
const FREE: &str = "a value without meaning of its own is dropped";

/// The property under which something stands (the active property), looked up in the context at hand.
#[derive(Clone, Copy)]
pub struct Property<'s> {
    /// The term as it is written; nothing at the top.
    pub term: Option<&'s str>,
    /// What it stands for.
    pub name: Name<'s>,
    /// Its definition.
    pub definition: Option<&'s Definition>,
}

/// Where something stands.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// Within a list.
    pub in_list: bool,
    /// Within an index map.
    pub in_index: bool,
}

/// What expansion gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Nothing,
    /// One item.
    One,
    /// An array of items.
    Many,
}

/// A member of an object and what its name stands for.
#[derive(Clone, Copy)]
pub struct Member<'s> {
    /// Its place in the document's object.
    pub at: usize,
    /// Its name as it is written.
    pub key: &'s str,
    /// Its value.
    pub value: &'s Value<'s>,
    /// What its name stands for.
    pub name: Name<'s>,
    /// The definition of its name.
    pub definition: Option<&'s Definition>,
}

/// An object that is about to be expanded.
pub struct Prepared<'s> {
    /// The context of its members.
    pub active: Context<'s>,
    /// The context before those of its types.
    pub type_scoped: Context<'s>,
    /// Its members by name.
    pub members: Vec<Member<'s>>,
    /// The value of the first member that is `@type`.
    pub first_type: Option<&'s Value<'s>>,
}

/// The expansion of one document.
pub struct Expansion<'s> {
    /// The contexts.
    pub session: Session<'s>,
    /// Whether what would be dropped is refused.
    pub is_safe: bool,
}

impl<'s> Property<'s> {
    /// No property: the top of the document.
    pub const NONE: Self = Self { term: None, name: Name::Null, definition: None };

    /// What to call it in a finding.
    pub fn label(&self) -> &'s str {
        self.term.unwrap_or_default()
    }

    /// How its values are typed.
    pub fn coercion(&self) -> Option<&'s Coercion> {
        self.definition.and_then(|definition| definition.coercion.as_ref())
    }

    fn has(&self, container: Container) -> bool {
        self.definition.is_some_and(|definition| definition.has(container))
    }
}

impl<'s> Expansion<'s> {
    /// Expand the document into `out`.
    pub fn run(&self, document: &'s Value<'s>, out: &mut Vec<Item<'s>>) -> Outcome<()> {
        self.expand(self.session.initial(), Property::NONE, document, Place::default(), out)?;
        if let [Item::Node(node)] = out.as_mut_slice()
            && node.len() == 1
            && let Some(items) = node.take(Keyword::Graph)
        {
            *out = items;
        }
        Ok(())
    }

    /// The property `term` as `active` has it.
    pub fn property(&self, active: Context<'s>, term: Option<&'s str>) -> Outcome<Property<'s>> {
        let Some(text) = term else { return Ok(Property::NONE) };
        let (name, definition) = self.session.look_up(active, text)?;
        Ok(Property { term, name, definition })
    }

    /// Expand `element` into `out`.
    pub fn expand(
        &self,
        active: Context<'s>,
        property: Property<'s>,
        element: &'s Value<'s>,
        place: Place,
        out: &mut Vec<Item<'s>>,
    ) -> Outcome<Shape> {
        self.session.spend()?;
        let shape = match element {
            Value::Null if self.is_safe => return Err(Trouble::loss(NULL, property.label())),
            Value::Null => return Ok(Shape::Nothing),
            Value::Array(items) => return self.array(active, property, items, place, out),
            Value::Object(_) => self.object(active, property, element, place, out)?,
            scalar => self.scalar(active, property, scalar, place, out)?,
        };
        if shape == Shape::Nothing && self.is_safe {
            return Err(Trouble::loss(FREE, property.label()));
        }
        Ok(shape)
    }

    fn array(
        &self,
        active: Context<'s>,
        property: Property<'s>,
        items: &'s [Value<'s>],
        place: Place,
        out: &mut Vec<Item<'s>>,
    ) -> Outcome<Shape> {
        let place = Place { in_list: place.in_list || property.has(Container::List), ..place };
        out.reserve(items.len());
        for item in items {
            let start = out.len();
            let shape = self.expand(active, property, item, place, out)?;
            if place.in_list && shape == Shape::Many {
                let list = out.split_off(start);
                out.push(Item::List(list, None));
            }
        }
        Ok(Shape::Many)
    }

    fn scalar(
        &self,
        active: Context<'s>,
        property: Property<'s>,
        scalar: &'s Value<'s>,
        place: Place,
        out: &mut Vec<Item<'s>>,
    ) -> Outcome<Shape> {
        let is_top = property.term.is_none() || property.name == Name::Keyword(Keyword::Graph);
        if !place.in_list && is_top {
            return Ok(Shape::Nothing);
        }
        out.push(self.value(active, property, scalar)?);
        Ok(Shape::One)
    }

    fn object(
        &self,
        active: Context<'s>,
        property: Property<'s>,
        element: &'s Value<'s>,
        place: Place,
        out: &mut Vec<Item<'s>>,
    ) -> Outcome<Shape> {
        let mut context = self.reverted(active, element, place)?;
        if let Some(scoped) = property.definition.and_then(|definition| definition.scoped.as_ref()) {
            context = self.session.apply(context, scoped, true, true)?;
        }
        let prepared = self.prepare(context, element)?;
        let mut node = Node::default();
        self.members(&prepared, property, place.in_list, &mut node)?;
        let context = prepared.active;
        let is_top = property.term.is_none() || property.name == Name::Keyword(Keyword::Graph);
        self.finished(context, element, node, is_top && !place.in_list, out)
    }

    /// The context for a node within another: the one before type-scoped contexts, with two exceptions (§5.1.2,
    /// step 7).
    fn reverted(&self, active: Context<'s>, element: &'s Value<'s>, place: Place) -> Outcome<Context<'s>> {
        let (Some(previous), Value::Object(members)) = (&active.previous, element) else { return Ok(active) };
        if place.in_index {
            return Ok(active);
        }
        if members.len() <= 2 && element.get("@context").is_none() {
            let mut keys: Vec<&'s str> = members.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            for key in keys {
                match self.session.expand(active, key, true, false)? {
                    Name::Keyword(Keyword::Value) => return Ok(active),
                    Name::Keyword(Keyword::Id) if members.len() == 1 => return Ok(active),
                    _ => {}
                }
            }
        }
        Ok(previous)
    }

    /// Apply the context of an object and those of its types (§5.1.2, steps 9 to 12).
    pub fn prepare(&self, context: Context<'s>, element: &'s Value<'s>) -> Outcome<Prepared<'s>> {
        let Value::Object(members) = element else { return Err(Trouble::Malformed("AttributeError")) };
        let mut context = context;
        if let Some(local) = element.get("@context") {
            if matches!(local, Value::Object(inner) if inner.len() == 1) && local.get("@context").is_some() {
                return Err(Trouble::Invalid("keyword redefinition"));
            }
            context = self.session.apply(context, self.session.local(local), false, true)?;
        }
        let mut sorted: Vec<Member<'s>> = members
            .iter()
            .enumerate()
            .map(|(at, (key, value))| Member { at, key: key.as_ref(), value, name: Name::Null, definition: None })
            .collect();
        sorted.sort_unstable_by_key(|member| member.key);
        let mut prepared = Prepared { active: context, type_scoped: context, members: sorted, first_type: None };
        self.apply_types(&mut prepared)?;
        Ok(prepared)
    }

    fn apply_types(&self, prepared: &mut Prepared<'s>) -> Outcome<()> {
        let mut looked_up_in = prepared.active;
        for at in 0..prepared.members.len() {
            let Some(member) = prepared.members.get_mut(at) else { break };
            (member.name, member.definition) = self.session.look_up(prepared.active, member.key)?;
            if member.name != Name::Keyword(Keyword::Type) {
                continue;
            }
            let value = member.value;
            prepared.first_type = prepared.first_type.or(Some(value));
            let mut types: Vec<&'s str> = texts(value).collect();
            types.sort_unstable();
            for name in types {
                if let Some(scoped) = scoped_of(prepared.type_scoped, name).filter(|scoped| !scoped.is_null) {
                    prepared.active = self.session.apply(prepared.active, scoped, false, false)?;
                }
            }
        }
        if looked_up_in.id != prepared.active.id {
            looked_up_in = prepared.active;
            for member in &mut prepared.members {
                (member.name, member.definition) = self.session.look_up(looked_up_in, member.key)?;
            }
        }
        Ok(())
    }

    /// Turn what the members of an object gave into what it is (§5.1.2, steps 15 to 19).
    fn finished(
        &self,
        context: Context<'s>,
        element: &'s Value<'s>,
        mut node: Node<'s>,
        is_free: bool,
        out: &mut Vec<Item<'s>>,
    ) -> Outcome<Shape> {
        let count = node.len();
        if let Some(content) = node.value {
            let Some(literal) = self.literal(context, element, &node, content)? else { return Ok(Shape::Nothing) };
            return Ok(one_unless(is_free, Item::Literal(literal), out));
        }
        if matches!(node.types.as_slice(), [Name::Null]) {
            return Err(Trouble::Invalid("invalid type value"));
        }
        if node.types.is_empty() && (node.has(Keyword::Set) || node.has(Keyword::List)) {
            if count > 1 && !(count == 2 && node.index.is_some()) {
                return Err(Trouble::Invalid("invalid set or list object"));
            }
            if let Some(items) = node.take(Keyword::Set) {
                out.extend(items);
                return Ok(Shape::Many);
            }
            let items = node.take(Keyword::List).unwrap_or_default();
            return Ok(one_unless(is_free, Item::List(items, node.index), out));
        }
        if count == 1 && node.language.is_some() {
            return Ok(Shape::Nothing);
        }
        let is_empty = count == 0 || node.has(Keyword::List) || (count == 1 && node.id.is_some());
        Ok(one_unless(is_free && is_empty, Item::Node(Box::new(node)), out))
    }
}

fn one_unless<'s>(is_dropped: bool, item: Item<'s>, out: &mut Vec<Item<'s>>) -> Shape {
    if is_dropped {
        return Shape::Nothing;
    }
    out.push(item);
    Shape::One
}

/// The scoped context of the term `name`.
pub fn scoped_of<'s>(active: Context<'s>, name: &str) -> Option<&'s Arc<Local>> {
    active.get(name).and_then(|definition| definition.scoped.as_ref())
}

/// The texts in a value or an array of values.
pub fn texts<'s>(value: &'s Value<'s>) -> impl Iterator<Item = &'s str> {
    listed(value).iter().filter_map(Value::as_str)
}

/// A value as an array.
pub fn listed<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}
