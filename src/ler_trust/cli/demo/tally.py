"""What was done beside what was found, kind by kind, and every badge where the two differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ler_trust.cli.demo.plan import Fate, Planned
from ler_trust.codes import code_named
from ler_trust.model.report import Outcome

_MOST_SHOWN: Final = 20  # badges named when something is wrong: enough to see what they have in common

EXPECTED: Final[Mapping[Fate, tuple[Outcome, str | None]]] = {
    Fate.VALID: (Outcome.VALID, None),
    Fate.REVOKED: (Outcome.INVALID, "status.revoked"),
    Fate.SUSPENDED: (Outcome.INVALID, "status.suspended"),
    Fate.EXPIRED: (Outcome.INVALID, "validity.expired"),
    Fate.TAMPERED: (Outcome.INVALID, "proof.signature"),
    Fate.FORGED: (Outcome.INVALID, "proof.key_not_bound"),
    Fate.NOT_RECOGNISED: (Outcome.INDETERMINATE, "issuer.not_recognised"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the service answered about one badge."""

    id: str
    outcome: Outcome
    reason: str | None


def differences(plan: Sequence[Planned], found: Sequence[Finding]) -> list[str]:
    """Return a sentence for each badge that was not found to be what it is, or not answered in its place."""
    wrong = [
        f"{planned.id} ({planned.form}, {planned.fate}) was found {_words(finding.outcome, finding.reason)}"
        for planned, finding in zip(plan, found, strict=False)
        if finding != Finding(planned.id, *EXPECTED[planned.fate])
    ]
    if len(plan) != len(found):
        wrong.append(f"{len(plan)} badges were sent and {len(found)} answers came")
    return wrong


def print_tally(console: Console, plan: Sequence[Planned], found: Sequence[Finding]) -> None:
    """Print one row a kind: how many were made, how many were found, and the sentence that goes with it."""
    done = Counter(planned.fate for planned in plan)
    seen = Counter((finding.outcome, finding.reason) for finding in found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Badges")
    table.add_column("done", justify="right")
    table.add_column("found", justify="right")
    table.add_column("Answer")
    for fate, expected in EXPECTED.items():
        colour = "green" if done[fate] == seen[expected] else "red"
        table.add_row(fate.value, str(done[fate]), Text(str(seen[expected]), colour), _words(*expected))
    console.print(table)


def print_differences(console: Console, wrong: Sequence[str]) -> None:
    """Print which badges were not found to be what they are."""
    for sentence in wrong[:_MOST_SHOWN]:
        console.print(f"wrong: {sentence}", soft_wrap=True)
    if len(wrong) > _MOST_SHOWN:
        console.print(f"and {len(wrong) - _MOST_SHOWN} more")


def _words(outcome: Outcome, reason: str | None) -> str:
    return outcome.value if reason is None else f"{outcome.value}: {code_named(reason).summary}"
