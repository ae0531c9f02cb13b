//! Plain records as the service has them: cells out, what is said of them in, reports out.

use std::sync::Arc;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use super::model::Model;
use super::outgoing::{self, Made};
use super::parts::Given;
use crate::compose::Composer;
use crate::plain::{ActCell, Cells, ProofCell, Records, StatusCell};

/// The plain records of a batch, taken apart into cells.
#[pyclass(frozen, module = "ler_trust._native")]
pub struct PlainRecords {
    /// The places of the items that are not plain.
    #[pyo3(get)]
    rest: Py<PyList>,
    #[pyo3(get)]
    proofs: Py<PyList>,
    #[pyo3(get)]
    warnings: Py<PyList>,
    #[pyo3(get)]
    statuses: Py<PyList>,
    #[pyo3(get)]
    acts: Py<PyList>,
    #[pyo3(get)]
    schemas: Py<PyList>,
    model: Arc<Model>,
    records: Records,
}

impl PlainRecords {
    /// `records` with their `cells` as the service's values.
    pub fn new(py: Python<'_>, model: &Arc<Model>, records: Records, cells: &Cells<'_>) -> PyResult<Self> {
        let rest =
            (0..).zip(&records.of_item).filter(|(_, record)| record.is_none()).map(|(place, _): (usize, _)| place);
        let rest = PyList::new(py, rest.collect::<Vec<_>>())?.unbind();
        let warnings = cells.warnings.values().iter().map(|warnings| {
            let failures = warnings.iter().map(|failure| model.failure(py, failure));
            outgoing::tuple(py, failures)
        });
        let statuses = cells
            .statuses
            .values()
            .iter()
            .zip(&cells.entries)
            .map(|(cell, count)| Ok((status(py, model, cell)?, *count).into_pyobject(py)?.into_any()));
        let acts = cells.acts.values().iter().zip(&cells.issued).map(|(cell, issued)| {
            let ActCell { issuer, types, source, .. } = cell;
            model.act_cell.bind(py).call1((
                *issuer,
                PyTuple::new(py, *types)?,
                outgoing::instant(py, *issued)?,
                *source,
            ))
        });
        Ok(Self {
            rest,
            proofs: list(py, cells.proofs.values().iter().map(|cell| proof(py, model, cell)))?,
            warnings: list(py, warnings)?,
            statuses: list(py, statuses)?,
            acts: list(py, acts)?,
            schemas: list(py, cells.schemas.values().iter().map(|schemas| outgoing::texts(py, schemas)))?,
            model: Arc::clone(model),
            records,
        })
    }
}

fn proof<'py>(py: Python<'py>, model: &Model, cell: &ProofCell<'_>) -> Made<'py> {
    model.proof_cell.bind(py).call1((cell.pointer, cell.suite, cell.method))
}

fn status<'py>(py: Python<'py>, model: &Model, cell: &StatusCell<'_>) -> Made<'py> {
    let StatusCell { pointer, kind, list, purpose, issuer } = *cell;
    model.status_cell.bind(py).call1((pointer, kind, list, purpose, issuer))
}

fn list<'py>(py: Python<'py>, made: impl Iterator<Item = Made<'py>>) -> PyResult<Py<PyList>> {
    let made: Vec<_> = made.collect::<PyResult<_>>()?;
    Ok(PyList::new(py, made)?.unbind())
}

#[pymethods]
impl PlainRecords {
    /// An `Answer` for each plain record, by what `parts` (a `PlainParts`) says of each cell, `None` for each other
    /// item and for a record whose index is beyond its status list; `KeyError` for a verdict without a head.
    fn judge<'py>(&self, py: Python<'py>, parts: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let given = Given::of(parts)?;
        let sizes = [&self.proofs, &self.warnings, &self.statuses, &self.acts, &self.schemas];
        given.require_sizes(sizes.map(|cells| cells.bind(py).len()))?;
        let said = given.parts();
        let everything = 0..self.records.of_item.len();
        let composed = py.detach(|| Composer::new(&said, &self.records).compose(everything));
        let reports = composed.map_err(|missing| PyKeyError::new_err(format!("{:?}", missing.0)))?;
        let answers = reports.iter().map(|report| {
            let Some((head, text)) = report else { return Ok(py.None().into_bound(py)) };
            let (outcome, reason) = given.verdict(head)?;
            self.model.answer.bind(py).call1((outcome, reason, PyBytes::new(py, text)))
        });
        PyList::new(py, answers.collect::<PyResult<Vec<_>>>()?)
    }
}
