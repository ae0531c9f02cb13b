"""The reference engine: readable, in pure Python around proven libraries; what other engines are held to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, Final, TypeVar

from ler_trust.codec.contexts import with_added
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.engine import Authentication, Material, ProofOutcome, SecuringForm, Survey
from ler_trust.model.limits import DEFAULT_LIMITS, Limits
from ler_trust.suites import claims, credential, data_integrity, jose, record
from ler_trust.suites.credential import Issued
from ler_trust.suites.cryptosuite import Workspace
from ler_trust.suites.outcomes import OutcomeTuple, SurveyTuple
from ler_trust.suites.token import Token

_Value = TypeVar("_Value")
_LATE: Final = Failure(False, "batch.deadline", "the batch's time ran out", retryable=True)


class ReferenceEngine:
    """Implements :class:`ler_trust.contracts.Engine`, one item after another, within ``limits``."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits

    @property
    def name(self) -> str:
        """Return ``reference``."""
        return "reference"

    def survey(self, items: Sequence[bytes]) -> SurveyTuple:
        """Say for each item which keys it needs (see the contract)."""
        return SurveyTuple(
            _each_once(items, lambda item: _isolated(lambda: self._survey(item), _unread_survey))
        )

    def authenticate(
        self,
        items: Sequence[bytes],
        material: Material,
        *,
        documents: bool = False,
        stop: Event | None = None,
        scope: str | None = None,
    ) -> OutcomeTuple:
        """Check every proof of each item (see the contract); this engine remembers nothing.

        Raises ``ConfigurationError`` when ``material.contexts`` holds what is not a JSON-LD context, or would
        replace a pinned one.
        """
        del scope
        contexts = with_added(material.contexts)

        def one(item: bytes) -> Authentication:
            if stop is not None and stop.is_set():
                return _unread(_LATE)
            return _isolated(lambda: self._authenticate(item, material, contexts, documents), _unread)

        return OutcomeTuple(_each_once(items, one))

    def _survey(self, item: bytes) -> Survey:
        read = record.parse(item, self._limits)
        if isinstance(read, Token):
            form = claims.form_of(read)
            credential.require_supported(claims.credential_of(read))
            issuer = claims.issuer_of(read)
            return Survey(form, issuer, jose.key_needs(read, issuer))
        credential.require_supported(read)
        issuer = credential.issuer_of(read)
        needs = data_integrity.key_needs(read, issuer, self._limits)
        return Survey(SecuringForm.DATA_INTEGRITY, issuer, needs)

    def _authenticate(
        self, item: bytes, material: Material, contexts: Mapping[str, bytes], keep: bool
    ) -> Authentication:
        read = record.parse(item, self._limits)
        if isinstance(read, Token):
            return self._authenticate_token(read, material, keep)
        return self._authenticate_document(read, material, contexts, keep)

    def _authenticate_token(self, token: Token, material: Material, keep: bool) -> Authentication:
        form = claims.form_of(token)
        credential.require_supported(claims.credential_of(token))
        issuer = claims.issuer_of(token)
        verified = jose.verify(token, issuer, material, self._limits)
        if verified.claimed is None:
            return Authentication(form, proofs=(verified.outcome,))
        issued = Issued(verified.claimed.issued, "iat")
        document = {name: value for name, value in verified.claimed.credential.items() if name != "proof"}
        secured = credential.read(document, issuer, issued, self._limits, keep=keep)
        secured = replace(secured, status=(*secured.status, *claims.status_entries(token)))
        return Authentication(form, proofs=(verified.outcome,), secured=secured)

    def _authenticate_document(
        self, document: Mapping[str, Any], material: Material, contexts: Mapping[str, bytes], keep: bool
    ) -> Authentication:
        credential.require_supported(document)
        issuer = credential.issuer_of(document)
        space = Workspace(contexts, self._limits)
        verified = data_integrity.verify(document, issuer, material, space, self._limits)
        if verified.covered is None:
            return Authentication(SecuringForm.DATA_INTEGRITY, proofs=verified.outcomes)
        issued = Issued(_first_created(verified.outcomes), "proof.created")
        secured = credential.read(verified.covered, issuer, issued, self._limits, keep=keep)
        return Authentication(SecuringForm.DATA_INTEGRITY, proofs=verified.outcomes, secured=secured)


def _first_created(outcomes: Sequence[ProofOutcome]) -> int | None:
    holding = (outcome.created for outcome in outcomes if outcome.failure is None)
    return next((created for created in holding if created is not None), None)


def _each_once(items: Sequence[bytes], work: Callable[[bytes], _Value]) -> list[_Value]:
    """Return ``work`` of each item, done once for equal ones."""
    done: dict[bytes, _Value] = {}
    for item in items:
        if item not in done:
            done[item] = work(item)
    return [done[item] for item in items]


def _isolated(work: Callable[[], _Value], unread: Callable[[Failure], _Value]) -> _Value:
    """Return what ``work`` returns, or what ``unread`` makes of why it could not."""
    try:
        return work()
    except (Rejected, Undecided) as finding:
        return unread(Failure.of(finding))
    except Exception as error:  # noqa: BLE001 - a fault met by one record must not lose the others their answers
        detail = f"{type(error).__name__} in the reference engine"
        return unread(Failure(decided=False, code="format.engine_fault", detail=detail))


def _unread_survey(failure: Failure) -> Survey:
    return Survey(SecuringForm.UNKNOWN, failure=failure)


def _unread(failure: Failure) -> Authentication:
    return Authentication(SecuringForm.UNKNOWN, failure)
