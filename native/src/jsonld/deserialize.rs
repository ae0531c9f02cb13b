//! From expanded JSON-LD to RDF (JSON-LD 1.1 API §8, Deserialize JSON-LD to RDF).
//!
//! Statements form a set, so each is written down where it is met; the flattening of the specification, whose
//! purpose is to bring equal subjects together, is not needed.

use hashbrown::HashMap;

use super::active::{Direction, Form};
use super::expanded::{Datatype, Item, Literal, Node};
use super::iri;
use super::keyword::Keyword;
use super::names::Name;
use super::trouble::{Outcome, Trouble};
use crate::json::Value;
use crate::rdf::{Dataset, Quad, RDF, Term};
use crate::{jcs, limits::Limits};

const IDENTIFIER: &str = "an identifier that is not an absolute IRI";
const PROPERTY: &str = "a property that RDF cannot hold";
const INDEX: &str = "an index is dropped";
const VALUE: &str = "a base direction or index is dropped";
const DATATYPE: &str = "a datatype that is not an absolute IRI";
const LANGUAGE: &str = "a language tag that is not well-formed";

/// From here on a number is written as a double (§8.6).
const LARGEST_INTEGER: f64 = 1e21;

/// Return the dataset that `expanded` stands for.
pub fn dataset_of(expanded: &[Item<'_>], is_safe: bool, limits: &Limits) -> Outcome<Dataset> {
    let mut dataset = Dataset::new();
    let rdf = |dataset: &mut Dataset, name: &str| dataset.iri(&format!("{RDF}{name}"));
    let [kind, first, rest, nil] = ["type", "first", "rest", "nil"].map(|name| rdf(&mut dataset, name));
    let mut writer =
        Writer { dataset, labels: HashMap::default(), is_safe, most: limits.rdf_quads, kind, first, rest, nil };
    for item in expanded {
        writer.node(item, None, "@id")?;
    }
    Ok(writer.dataset)
}

/// Collects statements; every blank node gets a number of its own, whatever the document called it.
struct Writer<'e> {
    dataset: Dataset,
    labels: HashMap<&'e str, Term, foldhash::fast::RandomState>,
    is_safe: bool,
    most: usize,
    kind: Term,
    first: Term,
    rest: Term,
    nil: Term,
}

impl<'e> Writer<'e> {
    /// Refuse what RDF cannot hold; outside safe mode it is left out.
    fn lose<T>(&self, reason: &'static str, term: &str) -> Outcome<Option<T>> {
        if self.is_safe { Err(Trouble::loss(reason, term)) } else { Ok(None) }
    }

    /// Whether N-Quads can carry an IRI. Safe mode is as lenient about fragments as the reference engine.
    fn is_writable(&self, text: &str, form: Option<Form>) -> bool {
        form.map_or_else(|| iri::is_writable(text), |form| form.is_writable)
            && (self.is_safe || text.bytes().filter(|byte| *byte == b'#').count() < 2)
    }

    /// Write what is said of a node in `graph`; return its term.
    fn node(&mut self, item: &'e Item<'e>, graph: Option<Term>, term: &str) -> Outcome<Option<Term>> {
        let node = match item {
            Item::Node(node) => node,
            Item::Other if self.is_safe => return Err(Trouble::Malformed("AttributeError")),
            _ => return self.lose(PROPERTY, term),
        };
        let subject = match node.id {
            Some(id) => self.identifier(id, term)?,
            None => Some(self.dataset.blank()),
        };
        if node.index.is_some() || node.language.is_some() || node.direction.is_some() {
            let keyword = match (node.direction, node.index) {
                (Some(_), _) => "@direction",
                (_, Some(_)) => "@index",
                _ => "@language",
            };
            self.lose::<()>(PROPERTY, keyword)?;
        }
        self.types(node, subject, graph)?;
        for (name, items) in &node.slots {
            self.slot(subject, *name, items, graph)?;
        }
        for (name, items) in node.reverse.iter().flatten() {
            self.reversed(subject, *name, items, graph)?;
        }
        Ok(subject)
    }

    fn types(&mut self, node: &'e Node<'e>, subject: Option<Term>, graph: Option<Term>) -> Outcome<()> {
        for name in &node.types {
            let object = self.identifier(*name, "@type")?;
            self.add(subject, Some(self.kind), object, graph)?;
        }
        Ok(())
    }

    fn slot(
        &mut self,
        subject: Option<Term>,
        name: Name<'e>,
        items: &'e [Item<'e>],
        graph: Option<Term>,
    ) -> Outcome<()> {
        match name {
            Name::Keyword(Keyword::Graph) => {
                // A graph whose name RDF cannot hold is left out; safe mode has refused it by now.
                let Some(subject) = subject else { return Ok(()) };
                items.iter().try_for_each(|item| self.node(item, Some(subject), "@graph").map(|_| ()))
            }
            Name::Keyword(Keyword::Included) => {
                items.iter().try_for_each(|item| self.node(item, graph, "@included").map(|_| ()))
            }
            _ => {
                let predicate = self.predicate(name)?;
                let label = text_of(name);
                for item in items {
                    let object = self.object(item, graph, label)?;
                    self.add(subject, predicate, object, graph)?;
                }
                Ok(())
            }
        }
    }

    fn reversed(
        &mut self,
        subject: Option<Term>,
        name: Name<'e>,
        items: &'e [Item<'e>],
        graph: Option<Term>,
    ) -> Outcome<()> {
        let predicate = self.predicate(name)?;
        for item in items {
            let node = self.node(item, graph, text_of(name))?;
            self.add(node, predicate, subject, graph)?;
        }
        Ok(())
    }

    fn predicate(&mut self, name: Name<'e>) -> Outcome<Option<Term>> {
        match name {
            Name::Iri(text, form) if self.is_writable(text, form) => Ok(Some(self.dataset.iri(text))),
            // A keyword that means nothing here, a blank node, a relative IRI.
            _ => self.lose(PROPERTY, text_of(name)),
        }
    }

    fn object(&mut self, item: &'e Item<'e>, graph: Option<Term>, term: &str) -> Outcome<Option<Term>> {
        match item {
            Item::Literal(literal) => self.literal(literal, term),
            Item::List(items, index) => {
                if index.is_some() {
                    self.lose::<()>(INDEX, term)?;
                }
                self.list(items, graph, term).map(Some)
            }
            other => self.node(other, graph, term),
        }
    }

    /// Write a linked list (§8.5, List to RDF Conversion); return its head.
    fn list(&mut self, items: &'e [Item<'e>], graph: Option<Term>, term: &str) -> Outcome<Term> {
        let mut rest = self.nil;
        for item in items.iter().rev() {
            let cell = self.dataset.blank();
            let object = self.object(item, graph, term)?;
            self.add(Some(cell), Some(self.first), object, graph)?;
            self.add(Some(cell), Some(self.rest), Some(rest), graph)?;
            rest = cell;
        }
        Ok(rest)
    }

    fn identifier(&mut self, name: Name<'e>, term: &str) -> Outcome<Option<Term>> {
        let Name::Iri(text, form) = name else { return self.lose(IDENTIFIER, term) };
        if self.is_writable(text, form) {
            return Ok(Some(self.dataset.iri(text)));
        }
        if !iri::is_blank(text) {
            return self.lose(IDENTIFIER, term);
        }
        if let Some(node) = self.labels.get(text) {
            return Ok(Some(*node));
        }
        let node = self.dataset.blank();
        self.labels.insert(text, node);
        Ok(Some(node))
    }

    fn add(
        &mut self,
        subject: Option<Term>,
        predicate: Option<Term>,
        object: Option<Term>,
        graph: Option<Term>,
    ) -> Outcome<()> {
        let (Some(subject), Some(predicate), Some(object)) = (subject, predicate, object) else { return Ok(()) };
        if self.dataset.add(Quad { subject, predicate, object, graph }) && self.dataset.quads().len() > self.most {
            return Err(Trouble::too_complex(format!("more than {} statements", self.most)));
        }
        Ok(())
    }

    /// Return the literal for a value object (§8.6, Object to RDF Conversion).
    fn literal(&mut self, literal: &Literal<'e>, term: &str) -> Outcome<Option<Term>> {
        if literal.direction.is_some_and(|direction| self.is_safe || direction == Direction::Neither)
            || literal.index.is_some()
        {
            self.lose::<()>(VALUE, term)?;
        }
        let datatype = match literal.datatype {
            Datatype::Unset => None,
            Datatype::Json => return Ok(Some(self.json(literal.content))),
            Datatype::Many => return Err(Trouble::Malformed("TypeError")),
            Datatype::To(name) => match name {
                Name::Iri(text, _) if name.form().is_some_and(|form| form.is_writable) => Some(text),
                _ => return self.lose(DATATYPE, term),
            },
        };
        match literal.content {
            Value::Bool(truth) => {
                let text = if *truth { "true" } else { "false" };
                Ok(Some(self.dataset.literal(text, Some(datatype.unwrap_or(BOOLEAN)), None)))
            }
            Value::Number(number) => Ok(Some(self.number(*number, datatype))),
            Value::String(text) => match literal.language {
                Some(language) if !iri::is_language_tag(language) => self.lose(LANGUAGE, term),
                language => Ok(Some(self.dataset.literal(text, datatype, language))),
            },
            _ => Err(Trouble::Malformed("TypeError")),
        }
    }

    fn json(&mut self, content: &Value<'_>) -> Term {
        let mut canonical = Vec::new();
        jcs::canonicalize(content, &mut canonical);
        let text = String::from_utf8_lossy(&canonical);
        self.dataset.literal(&text, Some(JSON), None)
    }

    fn number(&mut self, number: f64, datatype: Option<&str>) -> Term {
        if number % 1.0 == 0.0 && number.abs() < LARGEST_INTEGER && datatype != Some(DOUBLE) {
            // Adding zero takes the sign from a negative zero.
            return self.dataset.literal(&format!("{:.0}", number + 0.0), Some(datatype.unwrap_or(INTEGER)), None);
        }
        let text = format!("{number:.15e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        self.dataset.literal(&format!("{whole}.{fraction}E{exponent}"), Some(datatype.unwrap_or(DOUBLE)), None)
    }
}

const BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
const INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
const DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
const JSON: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON";

fn text_of(name: Name<'_>) -> &str {
    match name {
        Name::Null => "",
        Name::Keyword(keyword) => keyword.text(),
        Name::Iri(text, _) => text,
    }
}
