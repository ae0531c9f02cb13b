//! What the engine says of a batch, kept on this side: a Python object is made of an item when it is asked for.

use std::collections::HashSet;
use std::sync::Arc;

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::incoming;
use super::model::Model;
use super::outgoing;
use super::plain::PlainRecords;
use crate::demand::by_demand;
use crate::failure::Found;
use crate::instant::Instant;
use crate::outcome::{Authentication, Survey};
use crate::plain::Plain;

/// The surveys of a batch: one for each distinct item, and which of them each item has.
#[pyclass(frozen, sequence, module = "ler_trust._native")]
pub struct Surveys {
    pub model: Arc<Model>,
    pub found: Vec<Found<Survey>>,
    pub of_item: Vec<usize>,
}

#[pymethods]
impl Surveys {
    /// Every need there is, once; what many items need comes first.
    #[getter]
    fn needs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let needs = py.detach(|| by_demand(self.of_item.iter().filter_map(|place| self.found.get(*place))));
        let made: Vec<_> =
            needs.into_iter().map(|need| outgoing::need(py, &self.model, need)).collect::<PyResult<_>>()?;
        PyList::new(py, made)
    }

    fn __len__(&self) -> usize {
        self.of_item.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, place: isize) -> PyResult<Bound<'py, PyAny>> {
        let found = self.found.get(*at(&self.of_item, place)?).ok_or_else(no_such_item)?;
        outgoing::survey(py, &self.model, found)
    }

    fn __iter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        each(this.as_any())
    }
}

/// The outcomes of a batch; equal items share theirs.
#[pyclass(frozen, sequence, module = "ler_trust._native")]
pub struct Outcomes {
    pub model: Arc<Model>,
    pub found: Vec<Arc<Found<Authentication>>>,
}

#[pymethods]
impl Outcomes {
    /// The places of the items with a proof that failed with one of `codes`.
    fn failing(&self, codes: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
        let codes: HashSet<String> = codes.try_iter()?.map(|code| code?.extract()).collect::<PyResult<_>>()?;
        let is_failing = |found: &Found<Authentication>| {
            let proofs = found.iter().flat_map(|done| &done.proofs);
            proofs.filter_map(|proof| proof.failure.as_ref()).any(|failure| codes.contains(failure.code.as_ref()))
        };
        Ok((0..).zip(&self.found).filter(|(_, found)| is_failing(found)).map(|(place, _)| place).collect())
    }

    /// These outcomes, with those at `places` replaced by those of `by` in order.
    fn replaced(&self, places: Vec<usize>, by: &Bound<'_, Outcomes>) -> PyResult<Outcomes> {
        let by = &by.get().found;
        if places.len() != by.len() {
            return Err(PyValueError::new_err(format!("{} outcomes for {} places", by.len(), places.len())));
        }
        let mut found = self.found.clone();
        for (place, outcome) in places.into_iter().zip(by) {
            *found.get_mut(place).ok_or_else(no_such_item)? = Arc::clone(outcome);
        }
        Ok(Self { model: Arc::clone(&self.model), found })
    }

    /// The plain records by `terms` (a `PlainTerms`); `turns` is called once for each of their issuers.
    fn plain(&self, py: Python<'_>, terms: &Bound<'_, PyAny>, turns: &Bound<'_, PyAny>) -> PyResult<PlainRecords> {
        let terms = incoming::terms(terms)?;
        let plain = py.detach(|| Plain::among(self.found.iter().map(Arc::as_ref), &terms));
        let turns = plain.issuers().iter().map(|issuer| turns.call1((*issuer,))?.extract());
        let turns: Vec<Vec<Instant>> = turns.collect::<PyResult<_>>()?;
        let (records, cells) = py.detach(|| plain.apart(&turns));
        PlainRecords::new(py, &self.model, records, &cells)
    }

    fn __len__(&self) -> usize {
        self.found.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, place: isize) -> PyResult<Bound<'py, PyAny>> {
        outgoing::authentication(py, &self.model, at(&self.found, place)?)
    }

    fn __iter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        each(this.as_any())
    }
}

fn at<T>(items: &[T], place: isize) -> PyResult<&T> {
    let forward = if place < 0 { items.len().checked_add_signed(place) } else { usize::try_from(place).ok() };
    forward.and_then(|place| items.get(place)).ok_or_else(no_such_item)
}

fn no_such_item() -> PyErr {
    PyIndexError::new_err("no such item in this batch")
}

/// An iterator that makes one value after another.
fn each<'py>(batch: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let builtins = batch.py().import("builtins")?;
    let places = builtins.getattr("range")?.call1((batch.len()?,))?;
    builtins.getattr("map")?.call1((batch.getattr("__getitem__")?, places))
}
