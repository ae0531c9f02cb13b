//! A failure as it is reported of a proof: one of this engine's own, or one that was gathered beforehand.

use std::borrow::Cow;

use crate::failure::Failure;

/// What keeps a proof from holding; as [`Failure`], whose code may also come from whoever looked for the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub decided: bool,
    pub code: Cow<'static, str>,
    pub detail: Cow<'static, str>,
    pub pointer: String,
    pub retryable: bool,
}

impl Finding {
    /// Decided: the proof does not hold.
    #[must_use]
    pub fn rejected(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Failure::rejected(code, detail).into()
    }

    /// Could not decide.
    #[must_use]
    pub fn undecided(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Failure::undecided(code, detail).into()
    }

    /// The same finding, said of the place `pointer`.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }
}

impl From<Failure> for Finding {
    fn from(failure: Failure) -> Self {
        let Failure { decided, code, detail, pointer, retryable } = failure;
        Self { decided, code: code.into(), detail, pointer, retryable }
    }
}
