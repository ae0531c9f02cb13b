"""What the reference engine says of a batch: plain tuples, and nothing of a record kept back."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from ler_trust.contracts import Outcomes
from ler_trust.model.engine import Authentication, KeyNeed, Survey
from ler_trust.model.instant import Instant
from ler_trust.model.plain import PlainTerms


class SurveyTuple(tuple[Survey, ...]):
    """Keeps the promises of :class:`ler_trust.contracts.Surveys`."""

    __slots__ = ()

    @property
    def needs(self) -> Sequence[KeyNeed]:
        """Return every need there is, once; what many items need comes first."""
        return [need for need, _ in Counter(need for survey in self for need in survey.keys).most_common()]


class OutcomeTuple(tuple[Authentication, ...]):
    """Keeps the promises of :class:`ler_trust.contracts.Outcomes`; no record is plain to it."""

    __slots__ = ()

    def failing(self, codes: Collection[str]) -> Sequence[int]:
        """Return the places of the items with a proof that failed with one of ``codes``."""
        return [
            place
            for place, outcome in enumerate(self)
            if any(proof.failure is not None and proof.failure.code in codes for proof in outcome.proofs)
        ]

    def replaced(self, places: Sequence[int], by: Outcomes) -> "OutcomeTuple":
        """Return these outcomes, with those at ``places`` replaced by ``by``."""
        new = dict(zip(places, by, strict=True))
        return OutcomeTuple(new.get(place, outcome) for place, outcome in enumerate(self))

    def plain(self, terms: PlainTerms, turns: Callable[[str], Sequence[Instant]]) -> None:
        """Return ``None``: every record is left to the pipeline."""
        del terms, turns
