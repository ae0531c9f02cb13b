//! Value objects (JSON-LD 1.1 API §5.3, Value Expansion, and §5.1.2, step 15).

use super::active::Coercion;
use super::expand::{Expansion, Property};
use super::expanded::{Datatype, Item, Literal, Node};
use super::keyword::Keyword;
use super::names::Name;
use super::session::Context;
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

impl<'s> Expansion<'s> {
    /// Expand a scalar (§5.3.2, Value Expansion).
    pub fn value(&self, active: Context<'s>, property: Property<'s>, value: &'s Value<'s>) -> Outcome<Item<'s>> {
        let coercion = property.coercion();
        if let Value::String(text) = value {
            let as_node = |name| Ok(Item::Node(Box::new(Node { id: Some(name), ..Node::default() })));
            match (property.name, coercion) {
                (Name::Keyword(Keyword::Graph), _) | (_, Some(Coercion::Id)) => {
                    return as_node(self.session.expand(active, text, false, true)?);
                }
                (_, Some(Coercion::Vocab)) => return as_node(self.session.expand(active, text, true, true)?),
                _ => {}
            }
        }
        if matches!(property.name, Name::Keyword(_)) {
            return Ok(Item::Other);
        }
        let mut literal =
            Literal { content: value, datatype: Datatype::Unset, language: None, direction: None, index: None };
        match coercion {
            Some(Coercion::To(datatype, form)) => literal.datatype = Datatype::To(Name::Iri(datatype, Some(*form))),
            Some(Coercion::Json) => literal.datatype = Datatype::Json,
            _ if matches!(value, Value::String(_)) => {
                let own = property.definition.and_then(|definition| definition.language.as_ref());
                literal.language = own.map_or(active.language.as_deref(), |own| own.as_deref());
                let own = property.definition.and_then(|definition| definition.direction);
                literal.direction = own.unwrap_or(active.direction);
            }
            _ => {}
        }
        Ok(Item::Literal(literal))
    }

    /// The value object that `node` is (§5.1.2, step 15), nothing for a null.
    pub fn literal(
        &self,
        context: Context<'s>,
        element: &'s Value<'s>,
        node: &Node<'s>,
        content: &'s Value<'s>,
    ) -> Outcome<Option<Literal<'s>>> {
        let tagged = node.language.is_some() || node.direction.is_some();
        let others = node.id.is_some() || node.reverse.is_some() || !node.slots.is_empty();
        if (!node.types.is_empty() && tagged) || others {
            return Err(Trouble::Invalid("invalid value object"));
        }
        if !node.types.is_empty() && self.has_array_of_types(context, element)? {
            return Err(Trouble::Invalid("invalid typed value"));
        }
        let datatype = match node.types.as_slice() {
            [] | [Name::Null] => Datatype::Unset,
            [Name::Keyword(Keyword::Json)] if context.has_mode => Datatype::Json,
            [one] => Datatype::To(*one),
            _ => Datatype::Many,
        };
        let literal =
            Literal { content, datatype, language: node.language, direction: node.direction, index: node.index };
        if datatype == Datatype::Json {
            return Ok(Some(literal));
        }
        if matches!(content, Value::Null) {
            return Ok(None);
        }
        if node.language.is_some() && !matches!(content, Value::String(_)) {
            return Err(Trouble::Invalid("invalid language-tagged value"));
        }
        let fits =
            |name: &Name<'s>| matches!(name, Name::Iri(text, _) if name.is_absolute() && !text.starts_with("_:"));
        if node.language.is_none() && datatype != Datatype::Unset && !node.types.iter().all(fits) {
            return Err(Trouble::Invalid("invalid typed value"));
        }
        Ok(Some(literal))
    }

    fn has_array_of_types(&self, context: Context<'s>, element: &'s Value<'s>) -> Outcome<bool> {
        let Value::Object(members) = element else { return Ok(false) };
        for (key, value) in members {
            let is_type = self.session.expand(context, key, true, false)? == Name::Keyword(Keyword::Type);
            if is_type && matches!(value, Value::Array(_)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
