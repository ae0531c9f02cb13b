//! What keeps an item from being authenticated, as a value.

use std::borrow::Cow;

/// A finding: `decided` is true for what was rejected, false for what could not be decided.
///
/// `code` is a row of the service's table of codes; `detail` a sentence for an engineer that carries no
/// claim of the record; `pointer` an RFC 6901 JSON pointer; `retryable` says that asking again later may help.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    pub decided: bool,
    pub code: &'static str,
    pub detail: Cow<'static, str>,
    pub pointer: String,
    pub retryable: bool,
}

impl Failure {
    /// Decided: the record does not hold.
    #[must_use]
    pub fn rejected(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { decided: true, code, detail: detail.into(), pointer: String::new(), retryable: false }
    }

    /// Could not decide.
    #[must_use]
    pub fn undecided(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { decided: false, code, detail: detail.into(), pointer: String::new(), retryable: false }
    }

    /// Could not decide; asking again later may help.
    #[must_use]
    pub fn for_now(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { retryable: true, ..Self::undecided(code, detail) }
    }

    /// The same failure, said of the place `pointer`.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }
}

/// A result whose error is a finding.
pub type Found<T> = Result<T, Failure>;
