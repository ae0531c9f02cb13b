//! Term definitions (JSON-LD 1.1 API §4.2, Create Term Definition), as the reference engine makes them.

use std::sync::Arc;

use hashbrown::HashMap;

use super::active::{Active, Coercion, Definition, Meaning};
use super::definition_members::{
    Written, first_line, set_container, set_direction, set_index, set_language, set_nest, set_prefix,
};
use super::iri;
use super::keyword::{Keyword, has_keyword_form};
use super::local::{Entry, Object, is_truthy};
use super::trouble::{Outcome, Trouble};
use crate::json::Value;

/// Terms that may be defined by each other in a chain; the reference engine's stack ends about here.
const DEEPEST: usize = 450;

/// The making of the definitions of one context definition.
pub struct Definer<'o> {
    object: &'o Object,
    defined: HashMap<Box<str>, bool, foldhash::fast::RandomState>,
    journal: Option<Vec<(Box<str>, Option<bool>)>>,
    protects: bool,
    depth: usize,
}

impl<'o> Definer<'o> {
    /// Start with the keywords that are dealt with, and whether terms are protected.
    pub fn new(object: &'o Object) -> Self {
        let protects = object.get("@protected").is_some_and(|entry| is_truthy(&entry.value));
        let mut definer = Self { object, defined: HashMap::default(), journal: None, protects, depth: 0 };
        for name in ["@version", "@import", "@base", "@vocab", "@language", "@direction", "@propagate"] {
            if object.get(name).is_some() {
                definer.mark(name, true);
            }
        }
        definer.mark("@protected", protects);
        definer.mark("_uuid", true);
        definer
    }

    fn mark(&mut self, term: &str, done: bool) {
        let before = self.defined.insert(term.into(), done);
        if let Some(journal) = &mut self.journal {
            journal.push((term.into(), before));
        }
    }

    /// Define `term` in `active`.
    pub fn define(&mut self, active: &mut Active, term: &str, may_override: bool) -> Outcome<()> {
        match self.defined.get(term) {
            Some(true) => return Ok(()),
            Some(false) => return Err(Trouble::Invalid("cyclic IRI mapping")),
            None => {}
        }
        if self.depth >= DEEPEST {
            return Err(Trouble::TooDeep);
        }
        self.depth += 1;
        self.mark(term, false);
        let object = self.object;
        if let Some((name, entry)) = object.entry(term) {
            self.define_as(active, name, entry, may_override)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn define_as(&mut self, active: &mut Active, term: &Arc<str>, entry: &Entry, may_override: bool) -> Outcome<()> {
        if !may_be_defined(term, &entry.value, entry.scoped.is_some())? {
            return Ok(());
        }
        let previous = active.remove(term);
        let written = Written::of(entry)?;
        let mut definition = Definition::new(Arc::clone(term));
        if !self.set_meaning(active, &mut definition, &written)? {
            if let Some(previous) = previous {
                active.insert(previous);
            }
            return Ok(());
        }
        self.set_protection(&mut definition, &written);
        self.set_coercion(active, &mut definition, &written)?;
        set_container(&mut definition, &written)?;
        set_index(&mut definition, &written)?;
        definition.scoped.clone_from(&entry.scoped);
        set_language(&mut definition, &written)?;
        set_prefix(&mut definition, &written)?;
        set_direction(&mut definition, &written)?;
        set_nest(&mut definition, &written)?;
        if matches!(definition.meaning, Meaning::Keyword(Keyword::Context | Keyword::Preserve)) {
            return Err(Trouble::Invalid("invalid keyword alias"));
        }
        if let Some(previous) = previous.filter(|previous| previous.is_protected && !may_override) {
            definition.is_protected = true;
            if !previous.says_the_same(&definition) {
                return Err(Trouble::Invalid("protected term redefinition"));
            }
        }
        active.insert(Arc::new(definition));
        self.mark(term, true);
        Ok(())
    }

    /// Set what the term stands for; false when the definition is to be ignored.
    fn set_meaning(
        &mut self,
        active: &mut Active,
        definition: &mut Definition,
        written: &Written<'_>,
    ) -> Outcome<bool> {
        let term = Arc::clone(&definition.term);
        let colon = term.find(':').filter(|colon| *colon > 0);
        if let Some(reverse) = written.get("@reverse") {
            return self.set_reverse(active, definition, written, reverse);
        }
        match written.id() {
            Some(Value::Null) => return Ok(true),
            Some(Value::String(id)) if Keyword::of(id).is_none() && has_keyword_form(id) => return Ok(false),
            Some(Value::String(id)) if **id != *term => {
                definition.meaning = self.meaning_of_id(active, &term, id)?;
                definition.is_prefix = written.is_simple && colon.is_none() && ends_like_a_prefix(&definition.meaning);
                return Ok(true);
            }
            Some(Value::String(_)) | None => {}
            Some(other) if is_truthy(other) => return Err(Trouble::Invalid("invalid IRI mapping")),
            // False, zero or empty: gets past the reference engine's check and fails later.
            Some(_) => return Err(Trouble::Malformed("TypeError")),
        }
        definition.meaning = self.meaning_of_name(active, &term, colon)?;
        Ok(true)
    }

    fn set_reverse(
        &mut self,
        active: &mut Active,
        definition: &mut Definition,
        written: &Written<'_>,
        reverse: &Value<'static>,
    ) -> Outcome<bool> {
        if written.id().is_some() || written.get("@nest").is_some() {
            return Err(Trouble::Invalid("invalid reverse property"));
        }
        let Value::String(reverse) = reverse else { return Err(Trouble::Invalid("invalid IRI mapping")) };
        if has_keyword_form(reverse) {
            return Ok(false);
        }
        definition.meaning = self.expand(active, reverse)?;
        if !definition.meaning.is_absolute() {
            return Err(Trouble::Invalid("invalid IRI mapping"));
        }
        definition.is_reverse = true;
        Ok(true)
    }

    fn meaning_of_id(&mut self, active: &mut Active, term: &str, id: &str) -> Outcome<Meaning> {
        let meaning = self.expand(active, id)?;
        if !meaning.is_absolute() && !matches!(meaning, Meaning::Keyword(_)) {
            return Err(Trouble::Invalid("invalid IRI mapping"));
        }
        if has_iri_form(term) && self.expand_own(active, term)? != meaning {
            return Err(Trouble::Invalid("invalid IRI mapping"));
        }
        Ok(meaning)
    }

    /// Expand `term` as if it were defined already, forgetting afterwards what was defined for it.
    fn expand_own(&mut self, active: &mut Active, term: &str) -> Outcome<Meaning> {
        let outer = self.journal.replace(Vec::new());
        self.mark(term, true);
        let meaning = self.expand(active, term);
        for (name, before) in std::mem::replace(&mut self.journal, outer).into_iter().flatten().rev() {
            match before {
                Some(done) => self.defined.insert(name, done),
                None => self.defined.remove(&name),
            };
        }
        meaning
    }

    fn meaning_of_name(&mut self, active: &mut Active, term: &str, colon: Option<usize>) -> Outcome<Meaning> {
        if let Some(colon) = colon {
            let (prefix, suffix) = (&term[..colon], &term[colon + 1..]);
            if self.object.get(prefix).is_some() {
                self.define(active, prefix, false)?;
            }
            return match active.get(prefix) {
                Some(definition) => joined(&definition.meaning, suffix),
                None => Ok(Meaning::of(term.to_owned())),
            };
        }
        if term == "@type" {
            return Ok(Meaning::Keyword(Keyword::Type));
        }
        let vocab = active.vocab.as_deref().ok_or(Trouble::Invalid("invalid IRI mapping"))?;
        Ok(Meaning::of(format!("{vocab}{term}")))
    }

    fn set_protection(&self, definition: &mut Definition, written: &Written<'_>) {
        let own = written.get("@protected");
        definition.is_protected = own.map_or(self.protects, is_truthy);
    }

    fn set_coercion(&mut self, active: &mut Active, definition: &mut Definition, written: &Written<'_>) -> Outcome<()> {
        let Some(value) = written.get("@type") else { return Ok(()) };
        let Value::String(name) = value else { return Err(Trouble::Invalid("invalid type mapping")) };
        definition.coercion = Some(match name.as_ref() {
            "@id" => Coercion::Id,
            "@vocab" => Coercion::Vocab,
            "@json" => Coercion::Json,
            "@none" => Coercion::None,
            name => match self.expand(active, name)? {
                Meaning::Iri(datatype, form) if form.is_absolute && !datatype.starts_with("_:") => {
                    Coercion::To(datatype, form)
                }
                _ => return Err(Trouble::Invalid("invalid type mapping")),
            },
        });
        Ok(())
    }

    /// Expand a name relative to the vocabulary, defining what it depends on (§5.2.2).
    fn expand(&mut self, active: &mut Active, name: &str) -> Outcome<Meaning> {
        if let Some(keyword) = Keyword::of(name) {
            return Ok(Meaning::Keyword(keyword));
        }
        if has_keyword_form(name) {
            return Ok(Meaning::Null);
        }
        if self.object.get(name).is_some() && self.defined.get(name) != Some(&true) {
            self.define(active, name, false)?;
        }
        if let Some(definition) = active.get(name) {
            return Ok(definition.meaning.clone());
        }
        if let Some((prefix, suffix)) = name.split_once(':').filter(|(prefix, _)| !prefix.is_empty()) {
            if prefix == "_" || suffix.starts_with("//") {
                return Ok(Meaning::of(name.to_owned()));
            }
            if self.object.get(prefix).is_some() && self.defined.get(prefix) != Some(&true) {
                self.define(active, prefix, false)?;
            }
            if let Some(definition) = active.get(prefix).filter(|definition| definition.is_prefix) {
                return joined(&definition.meaning, suffix);
            }
            if iri::is_absolute(name) {
                return Ok(Meaning::of(name.to_owned()));
            }
        }
        Ok(Meaning::of(format!("{}{name}", active.vocab.as_deref().unwrap_or_default())))
    }
}

/// Whether the term is one to define; false for one to ignore (§4.2.2, steps 5 and 6).
fn may_be_defined(term: &str, value: &Value<'_>, has_context: bool) -> Outcome<bool> {
    const REDEFINITION: Trouble = Trouble::Invalid("keyword redefinition");
    if term == "@type" {
        let Value::Object(members) = value else { return Err(REDEFINITION) };
        let is_set = value.get("@container").is_none_or(|container| container.as_str() == Some("@set"));
        let fits = |name: &str| matches!(name, "@container" | "@id" | "@protected");
        if !is_set || has_context || members.is_empty() || !members.iter().all(|(name, _)| fits(name)) {
            return Err(REDEFINITION);
        }
        return Ok(true);
    }
    if Keyword::of(term).is_some() {
        return Err(REDEFINITION);
    }
    if term.is_empty() {
        return Err(Trouble::Invalid("invalid term definition"));
    }
    Ok(!has_keyword_form(term))
}

fn joined(prefix: &Meaning, suffix: &str) -> Outcome<Meaning> {
    let prefix = prefix.text().ok_or(Trouble::Malformed("TypeError"))?;
    Ok(Meaning::of(format!("{prefix}{suffix}")))
}

/// Whether a term has the form of an IRI and so must mean the same.
fn has_iri_form(term: &str) -> bool {
    let line = first_line(term);
    line.contains('/')
        || line.match_indices(':').any(|(at, _)| term[at + 1..].chars().next().is_some_and(|next| next != ':'))
}

/// Whether a simple term for this IRI may begin compact IRIs (§4.2.2, step 14.2.5).
fn ends_like_a_prefix(meaning: &Meaning) -> bool {
    let text = meaning.text().unwrap_or_default();
    let line = text.strip_suffix('\n').unwrap_or(text);
    text.starts_with("_:") || (!line.contains('\n') && line.ends_with([':', '/', '?', '#', '[', ']', '@']))
}
