//! What goes out to Python: the service's values.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use super::model::Model;
use crate::embedded::Embedded;
use crate::failure::{Failure, Found};
use crate::instant::Instant;
use crate::json::Value;
use crate::material::Need;
use crate::outcome::{Authentication, ProofOutcome, Secured, Survey};

const MOST_SAFE: f64 = 9_007_199_254_740_991.0; // 2⁵³ − 1: whole numbers up to here are `int` (RFC 7493 §2.2)

pub type Made<'py> = PyResult<Bound<'py, PyAny>>;

/// A `Survey`.
pub fn survey<'py>(py: Python<'py>, model: &Model, found: &Found<Survey>) -> Made<'py> {
    match found {
        Ok(survey) => {
            let keys = tuple(py, survey.keys.iter().map(|one| need(py, model, one)))?;
            model.survey.bind(py).call1((model.form(survey.form), survey.issuer.as_str(), keys))
        }
        Err(failure) => {
            model.survey.bind(py).call1((&model.unknown, py.None(), PyTuple::empty(py), model.failure(py, failure)?))
        }
    }
}

/// A `KeyNeed`.
pub fn need<'py>(py: Python<'py>, model: &Model, need: &Need) -> Made<'py> {
    let purpose = PyString::intern(py, crate::proof::PURPOSE);
    model.key_need.bind(py).call1((need.issuer.as_str(), need.method.as_deref(), purpose))
}

/// An `Authentication`.
pub fn authentication<'py>(py: Python<'py>, model: &Model, found: &Found<Authentication>) -> Made<'py> {
    match found {
        Ok(done) => {
            let proofs = tuple(py, done.proofs.iter().map(|outcome| proof(py, model, outcome)))?;
            let secured = done.secured.as_ref().map(|credential| secured(py, model, credential)).transpose()?;
            model.authentication.bind(py).call1((model.form(done.form), py.None(), proofs, secured))
        }
        Err(failure) => model.authentication.bind(py).call1((&model.unknown, model.failure(py, failure)?)),
    }
}

fn proof<'py>(py: Python<'py>, model: &Model, outcome: &ProofOutcome) -> Made<'py> {
    let failure = outcome.failure.as_ref().map(|finding| model.finding(py, finding)).transpose()?;
    model.proof_outcome.bind(py).call1((
        outcome.pointer.as_str(),
        outcome.suite.as_str(),
        outcome.method.as_deref(),
        failure,
        instant(py, outcome.created)?,
        instant(py, outcome.expires)?,
    ))
}

fn secured<'py>(py: Python<'py>, model: &Model, credential: &Secured) -> Made<'py> {
    let status = credential.status.iter().map(|(place, entry)| {
        Ok(PyTuple::new(py, [PyString::new(py, place).into_any(), value(py, entry)?])?.into_any())
    });
    let warnings = credential.warnings.iter().map(|failure| model.failure(py, failure));
    let fields = [
        PyString::intern(py, credential.version.text()).into_any(),
        optional_text(py, credential.id.as_deref()),
        texts(py, &credential.types)?,
        PyString::new(py, &credential.issuer).into_any(),
        instant(py, credential.valid_from)?,
        instant(py, credential.valid_until)?,
        instant(py, credential.issued_at)?,
        PyString::intern(py, credential.issued_at_source).into_any(),
        tuple(py, status)?,
        texts(py, &credential.schemas)?,
        tuple(py, credential.embedded.iter().map(|one| embedded(py, model, one)))?,
        optional_failure(py, model, credential.malformed.as_ref())?,
        tuple(py, warnings)?,
        credential.document.as_ref().map_or_else(|| Ok(py.None().into_bound(py)), |document| value(py, document))?,
    ];
    model.secured.bind(py).call1(PyTuple::new(py, fields)?)
}

fn embedded<'py>(py: Python<'py>, model: &Model, one: &Embedded) -> Made<'py> {
    let content = PyBytes::new(py, &one.content);
    model.embedded.bind(py).call1((one.pointer.as_str(), PyString::intern(py, one.role), content))
}

fn optional_failure<'py>(py: Python<'py>, model: &Model, failure: Option<&Failure>) -> Made<'py> {
    failure.map_or_else(|| Ok(py.None().into_bound(py)), |failure| model.failure(py, failure))
}

fn optional_text<'py>(py: Python<'py>, text: Option<&str>) -> Bound<'py, PyAny> {
    text.map_or_else(|| py.None().into_bound(py), |text| PyString::new(py, text).into_any())
}

/// A tuple of texts.
pub fn texts<'py>(py: Python<'py>, texts: &[String]) -> Made<'py> {
    Ok(PyTuple::new(py, texts)?.into_any())
}

/// A tuple of values.
pub fn tuple<'py>(py: Python<'py>, made: impl Iterator<Item = Made<'py>>) -> Made<'py> {
    let items = made.collect::<PyResult<Vec<_>>>()?;
    Ok(PyTuple::new(py, items)?.into_any())
}

/// An instant, or `None`.
pub fn instant<'py>(py: Python<'py>, instant: Option<Instant>) -> Made<'py> {
    match instant.map(|instant| (i64::try_from(instant), instant)) {
        None => Ok(py.None().into_bound(py)),
        Some((Ok(instant), _)) => Ok(PyInt::new(py, instant).into_any()),
        Some((Err(_), instant)) => Ok(instant.into_pyobject(py)?.into_any()),
    }
}

/// JSON as the service holds it.
#[allow(clippy::cast_possible_truncation)] // whole, and below 2⁵³
fn value<'py>(py: Python<'py>, json: &Value<'_>) -> Made<'py> {
    match json {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(truth) => Ok(PyBool::new(py, *truth).to_owned().into_any()),
        Value::Number(number) if number.fract() == 0.0 && number.abs() <= MOST_SAFE => {
            Ok(PyInt::new(py, *number as i64).into_any())
        }
        Value::Number(number) => Ok(PyFloat::new(py, *number).into_any()),
        Value::String(text) => Ok(PyString::new(py, text).into_any()),
        Value::Array(items) => {
            let items = items.iter().map(|item| value(py, item)).collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, items)?.into_any())
        }
        Value::Object(members) => {
            let made = PyDict::new(py);
            for (name, member) in members {
                made.set_item(PyString::new(py, name), value(py, member)?)?;
            }
            Ok(made.into_any())
        }
    }
}
