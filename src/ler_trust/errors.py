"""The two ways a check can end badly, kept apart from the first line of code to the last.

``Rejected``   the evidence was there and it speaks against the record: the outcome is *invalid*.
``Undecided``  the evidence was not there (unreachable, expired, unsupported): *indeterminate*.

They are siblings without a common base of their own, so that no ``except`` can merge them by
accident. Any other exception that leaves a check is a bug and never becomes a verdict.
"""

from dataclasses import dataclass

from ler_trust.codes import Code, code_named


class Rejected(Exception):  # noqa: N818 - a finding, not a malfunction
    """Decided: the record does not hold.

    ``code`` is one of :mod:`ler_trust.codes`; ``detail`` is a sentence for an engineer that
    carries no claim of the record; ``pointer`` is an RFC 6901 JSON pointer into what was submitted.
    """

    def __init__(self, code: str, detail: str = "", pointer: str = "") -> None:
        super().__init__(code, detail, pointer)
        self.code: Code = code_named(code)
        self.detail = detail or self.code.summary
        self.pointer = pointer


class Undecided(Exception):  # noqa: N818 - a finding, not a malfunction
    """Could not decide: evidence is missing, stale, too costly or of an unsupported kind.

    The attributes are those of :class:`Rejected`. ``retryable`` says that asking again later may help.
    """

    def __init__(self, code: str, detail: str = "", pointer: str = "", *, retryable: bool = False) -> None:
        super().__init__(code, detail, pointer)
        self.code: Code = code_named(code)
        self.detail = detail or self.code.summary
        self.pointer = pointer
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class Failure:
    """A finding as a value: what one of the two exceptions said, for results that travel in bulk.

    ``decided`` is true for what was :class:`Rejected`, false for what was :class:`Undecided`.
    """

    decided: bool
    code: str
    detail: str
    pointer: str = ""
    retryable: bool = False

    @classmethod
    def of(cls, finding: Rejected | Undecided) -> "Failure":
        """Return the value that says what ``finding`` says."""
        retryable = isinstance(finding, Undecided) and finding.retryable
        return cls(
            isinstance(finding, Rejected), finding.code.name, finding.detail, finding.pointer, retryable
        )

    def at(self, pointer: str) -> "Failure":
        """Return the same failure, said of the place ``pointer``."""
        return Failure(self.decided, self.code, self.detail, pointer, self.retryable)

    def raised(self) -> Rejected | Undecided:
        """Return the exception this value stands for, to be raised by the caller."""
        if self.decided:
            return Rejected(self.code, self.detail, self.pointer)
        return Undecided(self.code, self.detail, self.pointer, retryable=self.retryable)


class ConfigurationError(Exception):
    """The service cannot start as configured; the message says which setting and why."""


class Conflict(Exception):  # noqa: N818 - an answer to a caller, not a malfunction
    """A change was refused because of the state it met; nothing was changed.

    ``code`` is a ``request.*`` code; ``detail`` a sentence for the caller.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code: Code = code_named(code)
        self.detail = detail
