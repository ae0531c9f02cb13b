"""What the bench found: rows of build/bench.json, and the same as a table for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    ``value`` is in ``unit``; ``ratio`` is this figure over the one named by ``against``, measured in the same
    run on as many ``cores``. ``cold``: the process that did the work began with empty caches and had verified
    nothing of it before.
    """

    name: str
    value: float
    unit: str
    against: str | None
    ratio: float | None
    cores: int
    cold: bool


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return the content of ``bench.json``: numbers rounded to four significant digits."""
    return [
        asdict(row)
        | {"value": _rounded(row.value), "ratio": None if row.ratio is None else _rounded(row.ratio)}
        for row in rows
    ]


def show(rows: Sequence[Row], conditions: dict[str, object]) -> None:
    """Print the conditions and the figures."""
    console = Console(width=118)
    for name, value in conditions.items():
        console.print(f"{name:>12}  {value}", highlight=False)
    table = Table()
    for heading in ("work", "value", "unit", "cores", "state"):
        table.add_column(heading, justify="right" if heading in ("value", "cores") else "left")
    table.add_column("times", justify="right")
    table.add_column("of what")
    for row in rows:
        ratio = "" if row.ratio is None else _readable(row.ratio)
        state = "cold" if row.cold else "warm"
        table.add_row(
            row.name, _readable(row.value), row.unit, str(row.cores), state, ratio, row.against or ""
        )
    console.print(table)


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")


def _readable(number: float) -> str:
    return f"{number:,.0f}" if number >= 1_000 else f"{number:.3g}"
