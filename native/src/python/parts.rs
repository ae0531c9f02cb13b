//! What the service says of each cell, as it comes in.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};

use crate::compose::{ActPart, DatesPart, Head, Outcome, Part, Parts, StatusPart};

/// A `PlainParts`, its bytes and texts still Python's.
pub struct Given<'py> {
    proofs: Vec<GivenPart>,
    warnings: Vec<GivenPart>,
    dates: (GivenPart, Option<PyBackedBytes>),
    statuses: Vec<(GivenPart, GivenPart, Option<PyBackedBytes>)>,
    no_status: GivenPart,
    acts: Vec<(GivenPart, Option<PyBackedBytes>, PyBackedBytes)>,
    schemas: Vec<GivenPart>,
    heads: Vec<GivenHead<'py>>,
}

/// A `Part`: checks, failed, unknown, passed.
type GivenPart = (PyBackedBytes, Option<PyBackedStr>, Option<PyBackedStr>, bool);

struct GivenHead<'py> {
    outcome: Outcome,
    reason: Option<PyBackedStr>,
    text: PyBackedBytes,
    verdict: (Bound<'py, PyAny>, Bound<'py, PyAny>),
}

impl<'py> Given<'py> {
    /// Takes a `PlainParts`.
    pub fn of(parts: &Bound<'py, PyAny>) -> PyResult<Self> {
        let heads = parts.getattr("heads")?.call_method0("items")?;
        Ok(Self {
            proofs: parts.getattr("proofs")?.extract()?,
            warnings: parts.getattr("warnings")?.extract()?,
            dates: parts.getattr("dates")?.extract()?,
            statuses: parts.getattr("statuses")?.extract()?,
            no_status: parts.getattr("no_status")?.extract()?,
            acts: parts.getattr("acts")?.extract()?,
            schemas: parts.getattr("schemas")?.extract()?,
            heads: heads.try_iter()?.map(|item| head(&item?)).collect::<PyResult<_>>()?,
        })
    }

    /// `ValueError` unless something is said of as many cells as there are: of proofs, warnings, statuses, acts and
    /// schemas.
    pub fn require_sizes(&self, sizes: [usize; 5]) -> PyResult<()> {
        let Self { proofs, warnings, statuses, acts, schemas, .. } = self;
        if [proofs.len(), warnings.len(), statuses.len(), acts.len(), schemas.len()] == sizes {
            return Ok(());
        }
        Err(PyValueError::new_err("not one part for each cell"))
    }

    /// The parts.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            proofs: self.proofs.iter().map(part).collect(),
            warnings: self.warnings.iter().map(part).collect(),
            dates: DatesPart { part: part(&self.dates.0), rest: self.dates.1.as_deref() },
            statuses: self.statuses.iter().map(status).collect(),
            no_status: part(&self.no_status),
            acts: self.acts.iter().map(act).collect(),
            schemas: self.schemas.iter().map(part).collect(),
            heads: self.heads.iter().map(GivenHead::head).collect(),
        }
    }

    /// The outcome and the code of the head of this number, as they were given.
    pub fn verdict(&self, number: usize) -> PyResult<&(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let head = self.heads.get(number).ok_or_else(|| PyValueError::new_err("no such head"))?;
        Ok(&head.verdict)
    }
}

impl GivenHead<'_> {
    fn head(&self) -> Head<'_> {
        Head { verdict: (self.outcome, self.reason.as_deref()), text: &self.text }
    }
}

fn head<'py>(item: &Bound<'py, PyAny>) -> PyResult<GivenHead<'py>> {
    let (verdict, text): ((Bound<'py, PyAny>, Bound<'py, PyAny>), PyBackedBytes) = item.extract()?;
    let outcome: PyBackedStr = verdict.0.extract()?;
    let outcome = match outcome.as_ref() {
        "valid" => Outcome::Valid,
        "invalid" => Outcome::Invalid,
        "indeterminate" => Outcome::Indeterminate,
        _ => return Err(PyValueError::new_err("a head of no known outcome")),
    };
    Ok(GivenHead { outcome, reason: verdict.1.extract()?, text, verdict })
}

fn part((checks, failed, unknown, passed): &GivenPart) -> Part<'_> {
    Part { checks, failed: failed.as_deref(), unknown: unknown.as_deref(), passed: *passed }
}

fn status((clear, set, bits): &(GivenPart, GivenPart, Option<PyBackedBytes>)) -> StatusPart<'_> {
    StatusPart { clear: part(clear), set: part(set), bits: bits.as_deref() }
}

fn act((said, rest, issuer): &(GivenPart, Option<PyBackedBytes>, PyBackedBytes)) -> ActPart<'_> {
    ActPart { part: part(said), rest: rest.as_deref(), issuer }
}
