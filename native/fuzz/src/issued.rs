//! What was issued, and what of it still holds after a change.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use ler_trust_native::engine::{Engine, Job};
use ler_trust_native::failure::Found;
use ler_trust_native::json::Value;
use ler_trust_native::jsonld::to_dataset;
use ler_trust_native::limits::Limits;
use ler_trust_native::outcome::{Authentication, Form, Secured};
use ler_trust_native::rdfc::{Hash, canonicalize};
use ler_trust_native::remembered::{Memory, Recall};
use ler_trust_native::workspace::canonical_json;

use crate::kit::KIT;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(Limits::default(), 1).expect("a thread"));
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(1_000).expect("a secret"));
static ISSUED: LazyLock<Issued> = LazyLock::new(Issued::read);

/// What the kit's records say and how many others are in them, by the canonical forms of their documents.
#[derive(Default)]
struct Issued {
    summaries: HashMap<Vec<u8>, HashMap<String, usize>>,
}

impl Issued {
    fn read() -> Self {
        let mut issued = Self::default();
        for item in &KIT.genuine {
            let Ok(Authentication { form, secured: Some(secured), .. }) = authenticated(item) else { continue };
            for key in canonical_forms(form, &secured) {
                issued.summaries.entry(key).or_default().insert(summary(&secured), secured.embedded.len());
            }
        }
        assert!(!issued.summaries.is_empty(), "none of the kit's records holds");
        issued
    }

    fn has(&self, form: Form, secured: &Secured) -> bool {
        let (summary, forms) = (summary(secured), canonical_forms(form, secured));
        let mut least = forms.iter().filter_map(|key| self.summaries.get(key)?.get(&summary));
        // Embedded records have proofs of their own to hold; what matters is that each is still found.
        least.any(|least| secured.embedded.len() >= *least)
    }
}

/// Judges `item`, which must not hold and be in form unless it says what a record of the kit says.
///
/// # Panics
/// If it does.
pub fn require_issued(item: &[u8]) {
    if let Some((form, secured)) = held(item).filter(|(_, secured)| secured.malformed.is_none()) {
        assert!(
            ISSUED.has(form, &secured),
            "this was never issued: {}\n{}",
            summary(&secured),
            String::from_utf8_lossy(item)
        );
    }
}

/// What was secured, when a proof holds.
#[must_use]
pub fn held(item: &[u8]) -> Option<(Form, Secured)> {
    let outcome = authenticated(item).ok()?;
    Some((outcome.form, outcome.secured?))
}

/// The engine's outcome when the kit's keys are known: the same whether its proofs were met before or not.
///
/// # Errors
/// As the engine's; [`held`] has none.
///
/// # Panics
/// If it is not the same, or if the engine is at fault.
pub fn authenticated(item: &[u8]) -> Found<Authentication> {
    let survey = only(ENGINE.survey(&[item]))?;
    let material = KIT.material_for(&survey);
    let recall = Recall { memory: &MEMORY, scope: "fuzzing", contexts: &[0; 32] };
    let checked = |recall| {
        let job = Job { material: &material, contexts: &KIT.contexts, documents: true, recall };
        only(ENGINE.authenticate(&[item], &job, &mut || false))
    };
    let anew = checked(None);
    for _ in 0..2 {
        let remembered = checked(Some(recall));
        assert_eq!(format!("{anew:?}"), format!("{remembered:?}"), "{}", String::from_utf8_lossy(item));
    }
    anew
}

fn only<T>(outcomes: Vec<Found<T>>) -> Found<T> {
    let outcome = outcomes.into_iter().next().expect("an outcome for each item");
    if let Err(failure) = &outcome {
        assert_ne!(failure.code, "format.engine_fault", "{failure:?}");
    }
    outcome
}

/// The canonical forms that a signature over the document can be over.
fn canonical_forms(form: Form, secured: &Secured) -> Vec<Vec<u8>> {
    let document = secured.document.as_ref().expect("documents were asked for");
    let mut forms = vec![canonical_json(document)];
    if form == Form::DataIntegrity {
        forms.extend(statements(document));
    }
    forms
}

/// The canonical N-Quads of a document that has them.
fn statements(document: &Value<'_>) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let dataset = to_dataset(document, &KIT.contexts, &limits).ok()?;
    canonicalize(&dataset, Hash::Sha256, &limits).ok()
}

/// What a verdict depends on: no order where there is none, and nothing twice.
fn summary(secured: &Secured) -> String {
    let context = secured.document.as_ref().and_then(|document| document.get("@context")).unwrap_or(&Value::Null);
    let status = set(secured.status.iter().map(|(_, entry)| stated(entry, context)));
    let (types, schemas) = (set(secured.types.iter().cloned()), set(secured.schemas.iter().cloned()));
    let period = (secured.valid_from, secured.valid_until);
    let Secured { version, id, issuer, .. } = secured;
    format!("{version:?} {id:?} {types:?} {issuer} {period:?} {status:?} {schemas:?}")
}

/// What a status entry states; one that is spelled otherwise than it was issued may not be understood.
fn stated(entry: &Value<'_>, context: &Value<'_>) -> String {
    let Value::Object(members) = entry else { return String::new() };
    let mut members = members.clone();
    members.push(("@context".into(), context.clone()));
    String::from_utf8_lossy(&statements(&Value::Object(members)).unwrap_or_default()).into_owned()
}

fn set(texts: impl Iterator<Item = String>) -> BTreeSet<String> {
    texts.collect()
}
