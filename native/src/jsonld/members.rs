//! The members of an object (JSON-LD 1.1 API §5.1.2, steps 13 and 14).

use super::active::{Container, Definition, Direction};
use super::definition_members::direction_of;
use super::expand::{Expansion, Member, NULL, Place, Prepared, Property, Shape, listed};
use super::expanded::{Datatype, Item, Literal, Node, add, graph_of};
use super::keyword::Keyword;
use super::names::Name;
use super::session::Context;
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

const UNDEFINED: &str = "a term that no context defines";
const MAP: &str = "a map whose names are dropped";

/// The object whose members are expanded.
#[derive(Clone, Copy)]
struct Around<'s, 'p> {
    prepared: &'p Prepared<'s>,
    property: Property<'s>,
    in_list: bool,
}

impl<'s> Expansion<'s> {
    /// Expand the members of an object into `node`.
    pub fn members(
        &self,
        prepared: &Prepared<'s>,
        property: Property<'s>,
        in_list: bool,
        node: &mut Node<'s>,
    ) -> Outcome<()> {
        if self.is_safe {
            refuse_undefined(&prepared.members)?;
        }
        let around = Around { prepared, property, in_list };
        let mut nests = Vec::new();
        let mut value_is_nested = false;
        for member in &prepared.members {
            match member.name {
                _ if member.key == "@context" => {}
                Name::Keyword(keyword) => {
                    self.require_free(keyword, property, node)?;
                    match keyword {
                        Keyword::Value => value_is_nested = self.at_value(around, member, node)?,
                        Keyword::Nest => nests.push((*member, self.term_context(prepared.active, member)?)),
                        _ => self.at_keyword(around, keyword, member, node)?,
                    }
                }
                name if name.is_absolute() => self.at_property(around, member, node)?,
                _ => {}
            }
        }
        let is_json = prepared.active.has_mode && matches!(node.types.as_slice(), [Name::Keyword(Keyword::Json)]);
        if node.value.is_some() && value_is_nested && !is_json {
            return Err(Trouble::Invalid("invalid value object value"));
        }
        nests.iter().try_for_each(|(member, context)| self.at_nest(around, member, context, node))
    }

    fn require_free(&self, keyword: Keyword, property: Property<'s>, node: &Node<'s>) -> Outcome<()> {
        if property.name == Name::Keyword(Keyword::Reverse) {
            return Err(Trouble::Invalid("invalid reverse property map"));
        }
        if node.has(keyword) && !matches!(keyword, Keyword::Included | Keyword::Type) {
            return Err(Trouble::Invalid("colliding keywords"));
        }
        Ok(())
    }

    fn at_keyword(
        &self,
        around: Around<'s, '_>,
        keyword: Keyword,
        member: &Member<'s>,
        node: &mut Node<'s>,
    ) -> Outcome<()> {
        let active = around.prepared.active;
        match keyword {
            Keyword::Id => {
                let Value::String(id) = member.value else { return Err(Trouble::Invalid("invalid @id value")) };
                node.id = Some(self.session.expand(active, id, false, true)?);
            }
            Keyword::Type => self.at_type(around, member.value, node)?,
            Keyword::Included if active.has_mode => self.at_included(around, member, node)?,
            Keyword::Graph if !matches!(member.value, Value::Object(_) | Value::Array(_)) => {
                return Err(Trouble::Invalid("invalid @graph value"));
            }
            Keyword::Language => match member.value {
                Value::Null => {}
                Value::String(language) => node.language = Some(self.lowercase(language)?),
                _ => return Err(Trouble::Invalid("invalid language-tagged string")),
            },
            Keyword::Direction => node.direction = Some(direction(member.value)?),
            Keyword::Index => {
                let Value::String(index) = member.value else { return Err(Trouble::Invalid("invalid @index value")) };
                node.index = Some(index);
            }
            Keyword::Reverse => self.at_reverse(around, member, node)?,
            _ => self.at_property(around, member, node)?,
        }
        Ok(())
    }

    fn lowercase(&self, text: &'s str) -> Outcome<&'s str> {
        if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            return Ok(text);
        }
        self.session.text([&text.to_lowercase(), ""])
    }

    fn at_type(&self, around: Around<'s, '_>, value: &'s Value<'s>, node: &mut Node<'s>) -> Outcome<()> {
        const INVALID: Trouble = Trouble::Invalid("invalid type value");
        if matches!(value, Value::Null) {
            node.types.push(Name::Null);
            return Ok(());
        }
        let names = listed(value);
        if !names.iter().all(|name| matches!(name, Value::String(_))) {
            return Err(INVALID);
        }
        for name in names.iter().filter_map(Value::as_str) {
            node.types.push(self.session.expand(around.prepared.type_scoped, name, true, true)?);
        }
        Ok(())
    }

    fn at_included(&self, around: Around<'s, '_>, member: &Member<'s>, node: &mut Node<'s>) -> Outcome<()> {
        let active = around.prepared.active;
        let property = self.property(active, around.property.term)?;
        let mut items = Vec::new();
        let shape = self.expand(active, property, member.value, Place::default(), &mut items)?;
        if shape == Shape::Nothing || !items.iter().all(Item::is_subject) {
            return Err(Trouble::Invalid("invalid @included value"));
        }
        add(&mut node.slots, member.name, items);
        Ok(())
    }

    /// Take a `@value`; says whether it is an object or array.
    fn at_value(&self, around: Around<'s, '_>, member: &Member<'s>, node: &mut Node<'s>) -> Outcome<bool> {
        let prepared = around.prepared;
        let is_json = match prepared.first_type.map(|types| listed(types).first().unwrap_or(types)) {
            Some(Value::String(name)) => {
                prepared.active.has_mode
                    && self.session.expand(prepared.active, name, true, false)? == Name::Keyword(Keyword::Json)
            }
            _ => false,
        };
        node.value = match member.value {
            Value::Array(_) if !is_json => innermost(member.value),
            value => Some(value),
        };
        Ok(matches!(member.value, Value::Object(_) | Value::Array(_)))
    }

    fn at_reverse(&self, around: Around<'s, '_>, member: &Member<'s>, node: &mut Node<'s>) -> Outcome<()> {
        if !matches!(member.value, Value::Object(_)) {
            return Err(Trouble::Invalid("invalid @reverse value"));
        }
        let active = around.prepared.active;
        let property = Property { term: Some("@reverse"), name: Name::Keyword(Keyword::Reverse), definition: None };
        let mut items = Vec::new();
        let place = Place { in_list: around.in_list, in_index: false };
        self.expand(active, property, member.value, place, &mut items)?;
        let Some(Item::Node(reversed)) = items.pop() else { return Ok(()) };
        for (name, items) in reversed.reverse.into_iter().flatten() {
            add(&mut node.slots, name, items);
        }
        for (name, items) in reversed.slots {
            add_reversed(node, name, items)?;
        }
        Ok(())
    }

    /// The context for the value of a term: with its scoped context.
    fn term_context(&self, active: Context<'s>, member: &Member<'s>) -> Outcome<Context<'s>> {
        match member.definition.and_then(|definition| definition.scoped.as_ref()) {
            Some(scoped) => self.session.apply(active, scoped, true, true),
            None => Ok(active),
        }
    }

    fn at_property(&self, around: Around<'s, '_>, member: &Member<'s>, node: &mut Node<'s>) -> Outcome<()> {
        let active = around.prepared.active;
        let context = self.term_context(active, member)?;
        let has = |container| member.definition.is_some_and(|definition| definition.has(container));
        let (mut items, shape) = self.property_value(around, member, context)?;
        if shape == Shape::Nothing {
            return Ok(());
        }
        let is_list = shape == Shape::One && matches!(items.as_slice(), [Item::List(..)]);
        if has(Container::List) && member.name != Name::Keyword(Keyword::List) && !is_list {
            items = vec![Item::List(items, None)];
        }
        if has(Container::Graph) && !has(Container::Id) && !has(Container::Index) {
            items = items.into_iter().map(graph_of).collect();
        }
        let is_reverse = if context.id == active.id {
            member.definition.is_some_and(|definition| definition.is_reverse)
        } else {
            context.get(member.key).is_some_and(|definition| definition.is_reverse)
        };
        if is_reverse {
            return add_reversed(node, member.name, items);
        }
        add(&mut node.slots, member.name, items);
        Ok(())
    }

    fn property_value(
        &self,
        around: Around<'s, '_>,
        member: &Member<'s>,
        context: Context<'s>,
    ) -> Outcome<(Vec<Item<'s>>, Shape)> {
        let active = around.prepared.active;
        let mut items = Vec::new();
        if let (Some(definition), Value::Object(map)) = (member.definition, member.value) {
            if definition.has(Container::Language) {
                self.language_map(active, context, definition, map, &mut items)?;
                return Ok((items, Shape::Many));
            }
            if definition.has(Container::Index) || definition.has(Container::Id) || definition.has(Container::Type) {
                if self.is_safe {
                    // Indexes have no counterpart in RDF, and an id in a value silently wins over one in the map.
                    return Err(Trouble::loss(MAP, member.key));
                }
                self.index_map(active, context, definition, map, &mut items)?;
                return Ok((items, Shape::Many));
            }
        }
        let shape = match member.name {
            Name::Keyword(keyword @ (Keyword::List | Keyword::Set)) => {
                let in_list = keyword == Keyword::List;
                let is_graph = around.property.name == Name::Keyword(Keyword::Graph);
                let term = around.property.term.filter(|_| !(in_list && is_graph));
                let property = self.property(context, term)?;
                self.expand(context, property, member.value, Place { in_list, in_index: false }, &mut items)?
            }
            _ if member.definition.is_some_and(is_json) => {
                items.push(Item::Literal(Literal {
                    content: member.value,
                    datatype: Datatype::Json,
                    language: None,
                    direction: None,
                    index: None,
                }));
                Shape::One
            }
            name => {
                let property = if context.id == active.id {
                    Property { term: Some(member.key), name, definition: member.definition }
                } else {
                    self.property(context, Some(member.key))?
                };
                self.expand(context, property, member.value, Place::default(), &mut items)?
            }
        };
        Ok((items, shape))
    }

    fn language_map(
        &self,
        active: Context<'s>,
        context: Context<'s>,
        definition: &'s Definition,
        map: &'s [(std::borrow::Cow<'s, str>, Value<'s>)],
        items: &mut Vec<Item<'s>>,
    ) -> Outcome<()> {
        let holds_null = |value: &Value<'_>| listed(value).iter().any(|item| matches!(item, Value::Null));
        if let Some((language, _)) = map.iter().find(|(_, value)| self.is_safe && holds_null(value)) {
            return Err(Trouble::loss(NULL, language));
        }
        let direction = definition.direction.unwrap_or(active.direction);
        let mut sorted: Vec<_> = map.iter().collect();
        sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (language, values) in sorted {
            let is_none = self.session.expand(context, language, true, false)? == Name::Keyword(Keyword::None);
            let tag = if is_none { None } else { Some(self.lowercase(language)?) };
            for content in listed(values) {
                match content {
                    Value::Null => continue,
                    Value::String(_) => {}
                    _ => return Err(Trouble::Invalid("invalid language map value")),
                }
                items.push(Item::Literal(Literal {
                    content,
                    datatype: Datatype::Unset,
                    language: tag,
                    direction: direction.filter(|direction| *direction != Direction::Neither),
                    index: None,
                }));
            }
        }
        Ok(())
    }

    /// Expand what is nested as if it stood in the node itself (§5.1.2, step 14).
    fn at_nest(
        &self,
        around: Around<'s, '_>,
        member: &Member<'s>,
        context: &Context<'s>,
        node: &mut Node<'s>,
    ) -> Outcome<()> {
        const INVALID: Trouble = Trouble::Invalid("invalid @nest value");
        for nested in listed(member.value) {
            if !matches!(nested, Value::Object(_)) {
                return Err(INVALID);
            }
            let prepared = self.prepare(context, nested)?;
            if prepared.members.iter().any(|member| member.name == Name::Keyword(Keyword::Value)) {
                return Err(INVALID);
            }
            self.members(&prepared, around.property, around.in_list, node)?;
        }
        Ok(())
    }
}

/// The first value in arrays within arrays; one such is refused, none is no value at all.
fn innermost<'v, 'a>(value: &'v Value<'a>) -> Option<&'v Value<'a>> {
    match value {
        Value::Array(items) => items.iter().find_map(innermost),
        other => Some(other),
    }
}

/// Refuse a member that would be dropped, the first in the order of the document.
fn refuse_undefined(members: &[Member<'_>]) -> Outcome<()> {
    let trouble = |member: &Member<'_>| match member.name {
        _ if member.key == "@context" => None,
        Name::Keyword(Keyword::Language) if matches!(member.value, Value::Null) => Some(NULL),
        Name::Keyword(_) => None,
        name if name.is_absolute() => None,
        _ => Some(UNDEFINED),
    };
    let bad = members.iter().filter(|member| trouble(member).is_some());
    match bad.min_by_key(|member| member.at) {
        Some(member) => Err(Trouble::loss(trouble(member).unwrap_or(UNDEFINED), member.key)),
        None => Ok(()),
    }
}

fn direction(value: &Value<'_>) -> Outcome<Direction> {
    match value {
        Value::String(text) if !text.is_empty() => direction_of(value),
        _ => Err(Trouble::Invalid("invalid base direction")),
    }
}

fn is_json(definition: &Definition) -> bool {
    definition.coercion == Some(super::active::Coercion::Json)
}

fn add_reversed<'s>(node: &mut Node<'s>, name: Name<'s>, items: Vec<Item<'s>>) -> Outcome<()> {
    let reverse = node.reverse.get_or_insert_default();
    if !items.iter().all(Item::is_reversible) {
        return Err(Trouble::Invalid("invalid reverse property value"));
    }
    add(reverse, name, items);
    Ok(())
}
