//! Index, id, type and graph maps (JSON-LD 1.1 API §5.1.2, step 13.8); safe mode refuses them.

use std::borrow::Cow;

use super::active::{Container, Definition};
use super::expand::{Expansion, Place, Property, listed, scoped_of};
use super::expanded::{Item, Node, add, graph_of};
use super::keyword::Keyword;
use super::names::Name;
use super::session::Context;
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

/// What the names of a map are.
#[derive(Clone, Copy)]
enum Names<'s> {
    Index,
    Property(Property<'s>),
    Id,
    Type,
}

impl<'s> Expansion<'s> {
    /// Expand `map`, the value of the term `definition`, into `items`.
    pub fn index_map(
        &self,
        active: Context<'s>,
        context: Context<'s>,
        definition: &'s Definition,
        map: &'s [(Cow<'s, str>, Value<'s>)],
        items: &mut Vec<Item<'s>>,
    ) -> Outcome<()> {
        let names = self.names_of(active, context, definition)?;
        let mut context = match names {
            Names::Type => context.previous.as_ref().unwrap_or(context),
            _ => context,
        };
        let as_graph = definition.has(Container::Graph) && !matches!(names, Names::Type);
        let mut sorted: Vec<_> = map.iter().collect();
        sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (key, value) in sorted {
            if let (Names::Type, Some(scoped)) = (names, scoped_of(context, key)) {
                context = self.session.apply(context, scoped, false, false)?;
            }
            let property = self.property(context, Some(&definition.term))?;
            let mut expanded = Vec::new();
            let place = Place { in_list: false, in_index: true };
            for value in listed(value) {
                self.expand(context, property, value, place, &mut expanded)?;
            }
            for item in expanded {
                let item = if as_graph && !item.is_graph() { graph_of(item) } else { item };
                items.push(self.named(context, names, key, item)?);
            }
        }
        Ok(())
    }

    fn names_of(&self, active: Context<'s>, context: Context<'s>, definition: &'s Definition) -> Outcome<Names<'s>> {
        if definition.has(Container::Index) {
            let index = context.get(&definition.term).and_then(|definition| definition.index.as_deref());
            return Ok(match index {
                Some(index) => Names::Property(self.property(active, Some(index))?),
                None => Names::Index,
            });
        }
        Ok(if definition.has(Container::Id) { Names::Id } else { Names::Type })
    }

    /// Give `item` the name it has in the map.
    fn named(&self, context: Context<'s>, names: Names<'s>, key: &'s str, item: Item<'s>) -> Outcome<Item<'s>> {
        const INVALID: Trouble = Trouble::Invalid("invalid value object");
        let name = self.session.expand(context, key, true, false)?;
        let is_none = name == Name::Keyword(Keyword::None);
        let mut node = match (item, names) {
            (Item::Node(node), _) => node,
            (item @ (Item::Literal(_) | Item::List(..)), Names::Index) => return Ok(item),
            (Item::List(..), _) | (_, Names::Id | Names::Type | Names::Property(_)) => return Err(INVALID),
            (item, Names::Index) => return Ok(item),
        };
        match names {
            _ if is_none => {}
            Names::Type => node.types.insert(0, name),
            Names::Id => {
                if node.id.is_none() {
                    node.id = Some(self.session.expand(context, key, false, true)?);
                }
            }
            Names::Index => node.index = node.index.or(Some(key)),
            Names::Property(property) => self.add_index(context, property, key, &mut node)?,
        }
        Ok(Item::Node(node))
    }

    fn add_index(
        &self,
        context: Context<'s>,
        property: Property<'s>,
        key: &'s str,
        node: &mut Node<'s>,
    ) -> Outcome<()> {
        let value = self.session.value_of_text(key);
        let inner = self.property(context, property.term)?;
        let item = self.value(context, inner, value)?;
        add(&mut node.slots, property.name, vec![item]);
        Ok(())
    }
}
