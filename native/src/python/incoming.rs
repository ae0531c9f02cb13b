//! What comes in from Python: limits, the keys gathered for a batch, and what makes a record plain.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyTuple;

use crate::finding::Finding;
use crate::keys::PublicKey;
use crate::limits::Limits;
use crate::material::{Gathered, Material, Method, Need};
use crate::plain::Terms;
use crate::proof::PURPOSE;

const KEYS_KEPT: usize = 1_024; // parsed keys; a batch has some dozens of issuers

/// The engine's limits from the service's.
pub fn limits(given: &Bound<'_, PyAny>) -> PyResult<Limits> {
    Ok(Limits {
        item_bytes: given.getattr("item_bytes")?.extract()?,
        json_depth: given.getattr("json_depth")?.extract()?,
        proofs: given.getattr("proofs")?.extract()?,
        status_entries: given.getattr("status_entries")?.extract()?,
        embedded: given.getattr("embedded")?.extract()?,
        rdf_quads: given.getattr("rdf_quads")?.extract()?,
        rdf_work: given.getattr("rdf_work")?.extract()?,
        rdf_seconds: given.getattr("rdf_seconds")?.extract()?,
    })
}

/// A `PlainTerms`.
pub fn terms(given: &Bound<'_, PyAny>) -> PyResult<Terms> {
    let kinds: Option<HashSet<String>> = given.getattr("kinds")?.extract()?;
    Ok(Terms {
        at: given.getattr("at")?.extract()?,
        skew: given.getattr("skew")?.extract()?,
        periods: given.getattr("periods")?.extract()?,
        dates: given.getattr("dates")?.extract()?,
        kinds,
        status_entries: given.getattr("status_entries")?.extract()?,
    })
}

/// A key as it came: kind, material, and the algorithm a JWK names.
type Identity = (String, Vec<u8>, Option<String>);

/// Keys already parsed, some of those seen before.
#[derive(Default)]
pub struct KnownKeys(Mutex<HashMap<Identity, Option<Arc<PublicKey>>>>);

impl KnownKeys {
    fn parsed(&self, identity: Identity) -> Option<Arc<PublicKey>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&identity) {
            return key.clone();
        }
        if known.len() >= KEYS_KEPT {
            known.clear();
        }
        let (kind, material, algorithm) = &identity;
        let key = PublicKey::new(kind, material, algorithm.as_deref()).map(Arc::new);
        known.insert(identity, key.clone());
        key
    }
}

/// The keys of a `Material` by need.
pub fn material(keys: &Bound<'_, PyAny>, known: &KnownKeys) -> PyResult<Material> {
    let mut material = Material::default();
    for item in keys.call_method0("items")?.try_iter()? {
        let ((issuer, method, purpose), found): ((String, Option<String>, String), Bound<'_, PyAny>) =
            item?.extract()?;
        if purpose == PURPOSE {
            material.insert(Need { issuer, method }, gathered(&found, known)?);
        }
    }
    Ok(material)
}

fn gathered(found: &Bound<'_, PyAny>, known: &KnownKeys) -> PyResult<Gathered> {
    match found.cast::<PyTuple>() {
        Ok(methods) => Ok(Ok(methods.iter().map(|one| method(&one, known)).collect::<PyResult<_>>()?)),
        Err(_) => Ok(Err(finding(found)?)),
    }
}

fn method(given: &Bound<'_, PyAny>, known: &KnownKeys) -> PyResult<Method> {
    let key = given.getattr("key")?;
    let kind: String = key.getattr("kind")?.extract()?;
    let material: PyBackedBytes = key.getattr("material")?.extract()?;
    let identity = (kind.clone(), material.to_vec(), key.getattr("algorithm")?.extract()?);
    Ok(Method { id: given.getattr("id")?.extract()?, kind, key: known.parsed(identity) })
}

fn finding(failure: &Bound<'_, PyAny>) -> PyResult<Finding> {
    let text = |name: &str| failure.getattr(name)?.extract::<String>();
    Ok(Finding {
        decided: failure.getattr("decided")?.extract()?,
        code: text("code")?.into(),
        detail: text("detail")?.into(),
        pointer: text("pointer")?,
        retryable: failure.getattr("retryable")?.extract()?,
    })
}
