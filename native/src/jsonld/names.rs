//! What names in a document stand for (JSON-LD 1.1 API §5.2, IRI Expansion).

use super::active::{Active, Definition, Form, Meaning};
use super::iri;
use super::keyword::{Keyword, has_keyword_form};
use super::session::{Context, Session};
use super::trouble::{Outcome, Trouble};

/// What a name stands for at a place in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'s> {
    /// Nothing.
    Null,
    /// A keyword.
    Keyword(Keyword),
    /// An IRI, a blank node identifier, or something relative.
    Iri(&'s str, Option<Form>),
}

impl Name<'_> {
    /// What is known of the text of an IRI; looked at when it is not known yet.
    pub fn form(&self) -> Option<Form> {
        match self {
            Self::Iri(text, form) => Some(form.unwrap_or_else(|| Form::of(text))),
            _ => None,
        }
    }

    /// Whether it passes for an absolute IRI or blank node identifier.
    pub fn is_absolute(&self) -> bool {
        self.form().is_some_and(|form| form.is_absolute)
    }
}

impl<'s> From<&'s Meaning> for Name<'s> {
    fn from(meaning: &'s Meaning) -> Self {
        match meaning {
            Meaning::Null => Self::Null,
            Meaning::Keyword(keyword) => Self::Keyword(*keyword),
            Meaning::Iri(text, form) => Self::Iri(text, Some(*form)),
        }
    }
}

impl<'s> Session<'s> {
    /// What `name` stands for as a key or type, and its definition when it is a term.
    pub fn look_up(&self, active: Context<'s>, name: &'s str) -> Outcome<(Name<'s>, Option<&'s Definition>)> {
        if let Some(definition) = active.get(name) {
            let name = if name.starts_with('@') {
                self.expand(active, name, true, false)?
            } else {
                Name::from(&definition.meaning)
            };
            return Ok((name, Some(definition)));
        }
        Ok((self.expand(active, name, true, false)?, None))
    }

    /// What `value` stands for (§5.2, IRI Expansion): as a term when `vocab`, as a reference when `document`.
    pub fn expand(&self, active: Context<'s>, value: &'s str, vocab: bool, document: bool) -> Outcome<Name<'s>> {
        if vocab
            && !value.starts_with('@')
            && let Some(definition) = active.get(value)
        {
            return Ok(Name::from(&definition.meaning));
        }
        self.expand_in(active, value, vocab, document)
    }

    /// The same for an active context that is being made.
    pub fn expand_in<'v>(&self, active: &Active, value: &'v str, vocab: bool, document: bool) -> Outcome<Name<'v>>
    where
        's: 'v,
    {
        if value.starts_with('@') {
            if let Some(keyword) = Keyword::of(value) {
                return Ok(Name::Keyword(keyword));
            }
            if has_keyword_form(value) {
                return Ok(Name::Null);
            }
        }
        if vocab && let Some(definition) = active.get(value) {
            return Ok(match &definition.meaning {
                Meaning::Null => Name::Null,
                Meaning::Keyword(keyword) => Name::Keyword(*keyword),
                Meaning::Iri(text, form) => Name::Iri(self.text([text, ""])?, Some(*form)),
            });
        }
        if let Some((prefix, suffix)) = value.split_once(':').filter(|(prefix, _)| !prefix.is_empty()) {
            if prefix == "_" || suffix.starts_with("//") {
                return Ok(Name::Iri(value, None));
            }
            if let Some(definition) = active.get(prefix).filter(|definition| definition.is_prefix) {
                let start = definition.meaning.text().ok_or(Trouble::Malformed("TypeError"))?;
                return Ok(Name::Iri(self.text([start, suffix])?, None));
            }
            if iri::is_absolute(value) {
                return Ok(Name::Iri(value, None));
            }
        }
        if vocab && let Some(vocab) = &active.vocab {
            return Ok(name_of(self.text([vocab, value])?));
        }
        if document { self.against_base(active, value) } else { Ok(Name::Iri(value, None)) }
    }

    fn against_base<'v>(&self, active: &Active, value: &'v str) -> Outcome<Name<'v>>
    where
        's: 'v,
    {
        let Some(document_base) = self.base else { return Ok(Name::Iri(value, None)) };
        let resolved = match &active.base {
            Some(None) => return Ok(Name::Iri(value, None)),
            Some(Some(base)) if iri::is_absolute(base) => iri::resolve(value, base)?,
            Some(Some(base)) => iri::resolve(value, &iri::resolve(base, document_base)?)?,
            None if document_base.is_empty() => return Ok(Name::Iri(value, None)),
            None => iri::resolve(value, document_base)?,
        };
        Ok(Name::Iri(self.text([&resolved, ""])?, None))
    }
}

fn name_of(text: &str) -> Name<'_> {
    Keyword::of(text).map_or(Name::Iri(text, None), Name::Keyword)
}
