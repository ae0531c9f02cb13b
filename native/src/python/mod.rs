//! The Python module `ler_trust._native`: a batch in, the service's own values out as they are asked for, the
//! interpreter lock released in between.

mod batches;
mod incoming;
mod model;
mod outgoing;
mod parts;
mod plain;

use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::engine::{self, Distinct, Job};
use crate::failure::Failure;
use crate::json;
use crate::jsonld;
use crate::probe::Unwatched;
use crate::rdfc::Hash;
use crate::remembered::{Digest, Memory, Recall, marked};
use crate::suite::Transform;
use crate::workspace::Workspace;
use batches::{Outcomes, Surveys};
use incoming::KnownKeys;
use model::Model;
use plain::PlainRecords;

/// A record's document and graph are many small things, made on one thread and often dropped on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// JSON-LD contexts, processed once and used for many batches.
#[pyclass(frozen, module = "ler_trust._native")]
struct Contexts {
    inner: jsonld::Contexts,
    /// What tells these contexts from others.
    mark: Digest,
}

#[pymethods]
impl Contexts {
    /// The contexts of `documents`, a mapping from URL to bytes; `ValueError` for one that cannot be used.
    #[new]
    fn new(documents: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut documents: Vec<(String, Bound<'_, PyBytes>)> =
            documents.iter().map(|(url, content)| Ok((url.extract()?, content.extract()?))).collect::<PyResult<_>>()?;
        let borrowed = documents.iter().map(|(url, content)| (url.as_str(), content.as_bytes()));
        let inner = jsonld::Contexts::new(borrowed).map_err(|failure| PyValueError::new_err(told(&failure)))?;
        documents.sort_by(|(one, _), (other, _)| one.cmp(other));
        let parts = documents.iter().flat_map(|(url, content)| [url.as_bytes(), content.as_bytes()]);
        Ok(Self { inner, mark: marked(parts) })
    }
}

fn told(failure: &Failure) -> String {
    format!("{}: {}", failure.code, failure.detail)
}

/// The engine behind `ler_trust.suites.native`.
#[pyclass(frozen, module = "ler_trust._native")]
struct Engine {
    inner: engine::Engine,
    model: Arc<Model>,
    keys: KnownKeys,
    memory: Option<Memory>,
}

#[pymethods]
impl Engine {
    /// An engine within `limits` (a `ler_trust.model.limits.Limits`) on so many `threads`, 0 for one a core, that
    /// remembers the outcomes of so many proofs or sets of them.
    #[new]
    #[pyo3(signature = (limits, threads, remembered = 0))]
    fn new(py: Python<'_>, limits: &Bound<'_, PyAny>, threads: usize, remembered: usize) -> PyResult<Self> {
        let inner = engine::Engine::new(incoming::limits(limits)?, threads)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let memory = (remembered > 0).then(|| Memory::new(remembered)).transpose();
        let memory = memory.map_err(|_| PyRuntimeError::new_err("this system has no source of randomness"))?;
        Ok(Self { inner, model: Arc::new(Model::of(py)?), keys: KnownKeys::default(), memory })
    }

    /// The surveys of `items`.
    fn survey(&self, py: Python<'_>, items: Vec<Bound<'_, PyBytes>>) -> Surveys {
        let contents: Vec<&[u8]> = items.iter().map(|item| item.as_bytes()).collect();
        let (found, of_item) = py.detach(|| {
            let distinct = Distinct::of(&contents);
            (self.inner.survey(&distinct.items), distinct.of_item)
        });
        Surveys { model: Arc::clone(&self.model), found, of_item }
    }

    #[allow(clippy::too_many_arguments)] // as many as the contract has
    /// The outcomes of `items`, by the keys of a `Material`; once `stop` (a `threading.Event`) is set, no further
    /// item is begun.
    fn authenticate(
        &self,
        py: Python<'_>,
        items: Vec<Bound<'_, PyBytes>>,
        keys: &Bound<'_, PyAny>,
        contexts: &Bound<'_, Contexts>,
        documents: bool,
        stop: Option<Py<PyAny>>,
        scope: Option<&str>,
    ) -> PyResult<Outcomes> {
        let material = incoming::material(keys, &self.keys)?;
        let contexts = contexts.get();
        let recall = self.memory.as_ref().zip(scope);
        let recall = recall.map(|(memory, scope)| Recall { memory, scope, contexts: &contexts.mark });
        let contents: Vec<&[u8]> = items.iter().map(|item| item.as_bytes()).collect();
        let mut watch = Watch { stop, fault: None };
        let found = py.detach(|| {
            let distinct = Distinct::of(&contents);
            let job = Job { material: &material, contexts: &contexts.inner, documents, recall };
            let outcomes = self.inner.authenticate(&distinct.items, &job, &mut || watch.is_set());
            let outcomes: Vec<_> = outcomes.into_iter().map(Arc::new).collect();
            distinct.of_item.iter().filter_map(|place| outcomes.get(*place).cloned()).collect()
        });
        watch.fault.map_or(Ok(Outcomes { model: Arc::clone(&self.model), found }), Err)
    }

    /// How often the outcome of an item's proofs was remembered.
    #[getter]
    fn remembered_hits(&self) -> u64 {
        self.memory.as_ref().map_or(0, Memory::hits)
    }

    /// The seconds that each phase of authenticating `items` takes on one thread, and `other` for what is none.
    fn timed<'py>(
        &self,
        py: Python<'py>,
        items: Vec<Bound<'py, PyBytes>>,
        keys: &Bound<'py, PyAny>,
        contexts: &Bound<'py, Contexts>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let material = incoming::material(keys, &self.keys)?;
        let contexts = &contexts.get().inner;
        let contents: Vec<&[u8]> = items.iter().map(|item| item.as_bytes()).collect();
        let job = Job { material: &material, contexts, documents: false, recall: None };
        let spent = py.detach(|| self.inner.timed(&contents, &job));
        let told = PyDict::new(py);
        for (phase, spent) in spent {
            told.set_item(phase, spent.as_secs_f64())?;
        }
        Ok(told)
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
        let made = json::parse(document, limits).and_then(|value| {
            Workspace::new(&contexts.get().inner, limits, &Unwatched).canonical(Transform::Rdfc, &value, hash)
        });
        match made {
            Ok(form) => Ok(PyBytes::new(py, &form).into_any()),
            Err(failure) => self.model.failure(py, &failure),
        }
    }
}

/// A `threading.Event` that another thread sets when a batch is to end; `fault` is what went wrong in asking it.
struct Watch {
    stop: Option<Py<PyAny>>,
    fault: Option<PyErr>,
}

impl Watch {
    fn is_set(&mut self) -> bool {
        let Some(event) = &self.stop else { return false };
        let told = Python::attach(|py| event.bind(py).call_method0("is_set")?.is_truthy());
        told.unwrap_or_else(|fault| {
            self.fault = Some(fault);
            true
        })
    }
}

/// The module.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Contexts>()?;
    module.add_class::<Engine>()?;
    module.add_class::<Surveys>()?;
    module.add_class::<Outcomes>()?;
    module.add_class::<PlainRecords>()
}
