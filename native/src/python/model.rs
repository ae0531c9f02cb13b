//! The service's classes for outcomes, and the small values that all of them share.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::failure::Failure;
use crate::finding::Finding;
use crate::outcome::Form;

/// Classes of `ler_trust.model` and `ler_trust.errors`.
pub struct Model {
    pub survey: Py<PyAny>,
    pub key_need: Py<PyAny>,
    pub authentication: Py<PyAny>,
    pub proof_outcome: Py<PyAny>,
    pub secured: Py<PyAny>,
    pub embedded: Py<PyAny>,
    pub proof_cell: Py<PyAny>,
    pub status_cell: Py<PyAny>,
    pub act_cell: Py<PyAny>,
    pub answer: Py<PyAny>,
    failure: Py<PyAny>,
    data_integrity: Py<PyAny>,
    vc_jose: Py<PyAny>,
    vc_jwt: Py<PyAny>,
    pub unknown: Py<PyAny>,
}

impl Model {
    /// Finds the classes.
    pub fn of(py: Python<'_>) -> PyResult<Self> {
        let module = py.import("ler_trust.model.engine")?;
        let forms = module.getattr("SecuringForm")?;
        let plain = py.import("ler_trust.model.plain")?;
        let class = |name: &str| module.getattr(name).map(Bound::unbind);
        let plain_class = |name: &str| plain.getattr(name).map(Bound::unbind);
        let form = |name: &str| forms.getattr(name).map(Bound::unbind);
        Ok(Self {
            survey: class("Survey")?,
            key_need: class("KeyNeed")?,
            authentication: class("Authentication")?,
            proof_outcome: class("ProofOutcome")?,
            secured: class("SecuredCredential")?,
            embedded: class("EmbeddedCredential")?,
            proof_cell: plain_class("ProofCell")?,
            status_cell: plain_class("StatusCell")?,
            act_cell: plain_class("ActCell")?,
            answer: plain_class("Answer")?,
            failure: py.import("ler_trust.errors")?.getattr("Failure")?.unbind(),
            data_integrity: form("DATA_INTEGRITY")?,
            vc_jose: form("VC_JOSE")?,
            vc_jwt: form("VC_JWT")?,
            unknown: form("UNKNOWN")?,
        })
    }

    /// The service's name of a form.
    pub fn form(&self, form: Form) -> &Py<PyAny> {
        match form {
            Form::DataIntegrity => &self.data_integrity,
            Form::VcJose => &self.vc_jose,
            Form::VcJwt => &self.vc_jwt,
        }
    }

    /// A `Failure`.
    pub fn failure<'py>(&self, py: Python<'py>, failure: &Failure) -> PyResult<Bound<'py, PyAny>> {
        let code = PyString::intern(py, failure.code);
        let Failure { decided, detail, pointer, retryable, .. } = failure;
        self.failure.bind(py).call1((*decided, code, detail.as_ref(), pointer.as_str(), *retryable))
    }

    /// A `Failure` of a proof.
    pub fn finding<'py>(&self, py: Python<'py>, finding: &Finding) -> PyResult<Bound<'py, PyAny>> {
        let Finding { decided, code, detail, pointer, retryable } = finding;
        let code = PyString::intern(py, code);
        self.failure.bind(py).call1((*decided, code, detail.as_ref(), pointer.as_str(), *retryable))
    }
}
