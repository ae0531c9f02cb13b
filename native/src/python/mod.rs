//! The Python module `ler_trust._native`: a batch in, the service's own values out, the interpreter lock released
//! in between.

mod incoming;
mod model;
mod outgoing;

use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::engine::{self, Distinct, Job};
use crate::failure::Failure;
use crate::json;
use crate::jsonld;
use crate::rdfc::Hash;
use crate::suite::Transform;
use crate::workspace::Workspace;
use incoming::KnownKeys;
use model::Model;

/// JSON-LD contexts, processed once and used for many batches.
#[pyclass(frozen, module = "ler_trust._native")]
struct Contexts(Arc<jsonld::Contexts>);

#[pymethods]
impl Contexts {
    /// The contexts of `documents`, a mapping from URL to bytes; `ValueError` for one that cannot be used.
    #[new]
    fn new(documents: &Bound<'_, PyDict>) -> PyResult<Self> {
        let documents: Vec<(String, Bound<'_, PyBytes>)> =
            documents.iter().map(|(url, content)| Ok((url.extract()?, content.extract()?))).collect::<PyResult<_>>()?;
        let borrowed = documents.iter().map(|(url, content)| (url.as_str(), content.as_bytes()));
        let contexts = jsonld::Contexts::new(borrowed).map_err(|failure| PyValueError::new_err(told(&failure)))?;
        Ok(Self(Arc::new(contexts)))
    }
}

fn told(failure: &Failure) -> String {
    format!("{}: {}", failure.code, failure.detail)
}

/// The engine behind `ler_trust.suites.native`.
#[pyclass(frozen, module = "ler_trust._native")]
struct Engine {
    inner: engine::Engine,
    model: Model,
    keys: KnownKeys,
}

#[pymethods]
impl Engine {
    /// An engine within `limits` (a `ler_trust.model.limits.Limits`) on so many `threads`, 0 for one a core.
    #[new]
    fn new(py: Python<'_>, limits: &Bound<'_, PyAny>, threads: usize) -> PyResult<Self> {
        let inner = engine::Engine::new(incoming::limits(limits)?, threads)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self { inner, model: Model::of(py)?, keys: KnownKeys::default() })
    }

    /// A `Survey` for each of `items`.
    fn survey<'py>(&self, py: Python<'py>, items: Vec<Bound<'py, PyBytes>>) -> PyResult<Bound<'py, PyList>> {
        let contents: Vec<&[u8]> = items.iter().map(|item| item.as_bytes()).collect();
        let distinct = py.detach(|| Distinct::of(&contents));
        let make = |found: &_| outgoing::survey(py, &self.model, found);
        self.inner.survey(&distinct.items, |next| outgoing::each(py, &distinct, next, make))
    }

    /// An `Authentication` for each of `items`, by the keys of a `Material`.
    fn authenticate<'py>(
        &self,
        py: Python<'py>,
        items: Vec<Bound<'py, PyBytes>>,
        keys: &Bound<'py, PyAny>,
        contexts: &Bound<'py, Contexts>,
        documents: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let material = incoming::material(keys, &self.keys)?;
        let contexts = &contexts.get().0;
        let contents: Vec<&[u8]> = items.iter().map(|item| item.as_bytes()).collect();
        let distinct = py.detach(|| Distinct::of(&contents));
        let make = |found: &_| outgoing::authentication(py, &self.model, found);
        let job = Job { material: &material, contexts, documents };
        self.inner.authenticate(&distinct.items, &job, |next| outgoing::each(py, &distinct, next, make))
    }

    /// The canonical N-Quads of a JSON document, or the `Failure` that stands in the way.
    fn canonical<'py>(
        &self,
        py: Python<'py>,
        document: &[u8],
        contexts: &Bound<'py, Contexts>,
        sha384: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let hash = if sha384 { Hash::Sha384 } else { Hash::Sha256 };
        let limits = self.inner.limits();
        let made = json::parse(document, limits)
            .and_then(|value| Workspace::new(&contexts.get().0, limits).canonical(Transform::Rdfc, &value, hash));
        match made {
            Ok(form) => Ok(PyBytes::new(py, &form).into_any()),
            Err(failure) => self.model.failure(py, &failure),
        }
    }
}

/// The module.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Contexts>()?;
    module.add_class::<Engine>()
}
