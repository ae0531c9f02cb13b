"""One million credentials in one NDJSON request: what the service's memory does meanwhile.

The corpus is sent again and again, under ids that are all different. The service does not remember outcomes
here, so every line is verified; issuers' keys and lists are known from the first time on, as they would be.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Final

import aiohttp
import orjson

from tests.bench import machine
from tests.bench.corpus import corpus
from tests.bench.over_http import NDJSON, connect, line, require
from tests.bench.plan import Plan, hall
from tests.bench.processes import BenchError
from tests.bench.results import Row
from tests.bench.verification import UNIT
from tests.bench.works import MAIN_WORK, Item

LINES: Final = 1_000_000
NAME: Final = "http-ndjson/million"
_LINES_AT_ONCE: Final = 200
_EVERY: Final = 0.5  # seconds between looks at the memory
_SECONDS: Final = 3_600.0
_SETTINGS: Final = {"http": {"items_per_minute": 10 * LINES}}
_UNBOUNDED: Final = aiohttp.ClientTimeout(total=None)
_MIB: Final = 1024 * 1024
_KIB: Final = 1024


def measure(plan: Plan) -> list[Row]:
    """Return the rate, the highest resident set of the service, and its mean in the first and last tenth."""
    found, lines = corpus(MAIN_WORK, plan.count, plan.corpora), plan.lines
    with hall(plan) as workers, machine.on_core(plan.cores[-1]), asyncio.Runner() as runner:
        server = workers.service("server", {"settings": _SETTINGS}, found, plan.cores[0])
        told = server.meet()
        memory = Memory(server.pid)
        session = runner.run(connect(told))
        try:
            seconds = runner.run(_ask(session, found.measured, lines, memory))
        finally:
            runner.run(session.close())
        peak = memory.peak()
    return [
        Row(NAME, peak / _MIB, "MiB", None, None, 1, False),
        Row(f"{NAME}/first-tenth", memory.mean_within(0.0, 0.1) / _MIB, "MiB", None, None, 1, False),
        Row(f"{NAME}/last-tenth", memory.mean_within(0.9, 1.0) / _MIB, "MiB", None, None, 1, False),
        Row(f"{NAME}/rate", lines / seconds, UNIT, None, None, 1, False),
    ]


@dataclass(slots=True)
class Memory:
    """The resident set of process ``pid``, in bytes, by how much of the request is answered (0 to 1)."""

    pid: int
    samples: list[tuple[float, int]] = field(default_factory=list)

    def look(self, progress: float) -> None:
        """Take a sample."""
        self.samples.append((progress, self._field("VmRSS")))

    def peak(self) -> int:
        """Return the highest there ever was, as the kernel keeps it: nothing between two looks is missed."""
        return self._field("VmHWM")

    def mean_within(self, start: float, end: float) -> float:
        """Return the mean of the samples between two points of progress.

        Raises ``BenchError`` if there are none.
        """
        taken = [size for progress, size in self.samples if start <= progress <= end]
        if not taken:
            raise BenchError(f"no look at the memory between {start:.0%} and {end:.0%} of the request")
        return mean(taken)

    def _field(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) * _KIB for line in lines if line.startswith(name))


async def _ask(session: aiohttp.ClientSession, items: Sequence[Item], lines: int, memory: Memory) -> float:
    """Send the request and read the answer at the same time; return the seconds both took together."""
    answered = 0

    async def look() -> None:
        while True:
            memory.look(answered / lines)
            await asyncio.sleep(_EVERY)

    started = perf_counter()
    looking = asyncio.create_task(look())
    try:
        async with (
            asyncio.timeout(_SECONDS),
            session.post(
                "/v1/verify", data=_body(items, lines), headers=NDJSON, timeout=_UNBOUNDED
            ) as response,
        ):
            require(response.status == 200, f"the service answered {response.status}")
            async for answer in response.content:
                if answered == lines:
                    _require_counts(orjson.loads(answer)["counts"], items, lines)
                    continue
                _require_verdict(orjson.loads(answer), answered, items[answered % len(items)])
                answered += 1
    finally:
        looking.cancel()
    seconds = perf_counter() - started
    memory.look(answered / lines)
    require(answered == lines, f"the service answered {answered} of {lines} lines")
    return seconds


async def _body(items: Sequence[Item], lines: int) -> AsyncIterator[bytes]:
    for start in range(0, lines, _LINES_AT_ONCE):
        numbers = range(start, min(start + _LINES_AT_ONCE, lines))
        yield "".join(line(number, items[number % len(items)]) for number in numbers).encode()


def _require_verdict(found: dict[str, object], number: int, item: Item) -> None:
    verdict = (found.get("id"), found.get("outcome"), found.get("reason"))
    if verdict != (str(number), item.fate.outcome, item.fate.reason):
        raise BenchError(f"line {number} was answered {verdict}, and is {item.fate}")


def _require_counts(found: dict[str, int], items: Sequence[Item], lines: int) -> None:
    expected = Counter(items[number % len(items)].fate.outcome.value for number in range(lines))
    require(Counter(found) == expected, f"the service counted {found}")
