//! JSON-LD 1.1 to RDF in safe mode: every part of a document reaches the dataset, or it is refused.
//!
//! A signature over RDF covers the dataset only. What JSON-LD processing would quietly leave out (an
//! undefined term, a relative identifier) could be changed by anybody, so it is refused (Data Integrity 1.0
//! §4.5.3 and §5.1, Securing Data Losslessly). The base is null and no context is ever fetched.
//!
//! Contexts are processed once: what applying one context to another gave is kept and used for every later
//! document. Where the reference engine's library departs from the specification, so does this one: a verdict
//! must not depend on the engine.

mod active;
mod contexts;
mod define;
mod definition_members;
mod deserialize;
mod expand;
mod expanded;
mod iri;
mod keyword;
mod local;
mod maps;
mod members;
mod names;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod trouble;
mod values;

pub use contexts::Contexts;

use crate::failure::Found;
use crate::json::Value;
use crate::limits::Limits;
use crate::rdf::Dataset;
use deserialize::dataset_of;
use expand::Expansion;
use session::{Session, Storage};
use trouble::Outcome;

/// How a document is processed.
#[derive(Clone, Copy, Debug)]
struct Options<'o> {
    /// Refuse what would be dropped.
    is_safe: bool,
    /// The base IRI; none in safe mode.
    base: Option<&'o str>,
}

/// Return the RDF dataset of `document`, using `contexts` by URL and no other.
///
/// # Errors
/// Rejected with `jsonld.data_loss` (naming the term) or `jsonld.invalid`; undecided with `context.unknown`
/// (naming the URL) or `graph.too_complex`.
pub fn to_dataset(document: &Value<'_>, contexts: &Contexts, limits: &Limits) -> Found<Dataset> {
    let options = Options { is_safe: true, base: None };
    convert(document, contexts, limits, options).map_err(|trouble| trouble.finding(document))
}

fn convert(document: &Value<'_>, contexts: &Contexts, limits: &Limits, options: Options<'_>) -> Outcome<Dataset> {
    let (kept, storage) = (contexts.kept(), Storage::default());
    let session = Session::new(contexts, &kept, &storage, options.base, limits);
    let expansion = Expansion { session, is_safe: options.is_safe };
    let mut expanded = Vec::new();
    let dataset = expansion.run(document, &mut expanded).and_then(|()| dataset_of(&expanded, options.is_safe, limits));
    drop(expanded);
    contexts.learn(expansion.session.learned());
    dataset
}
