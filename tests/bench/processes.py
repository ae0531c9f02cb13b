"""Worker processes, each pinned to one core, that take turns so that a busy moment hits all alike.

A worker says ``{"ready": …}`` when it is loaded, then for every line it reads does one round of its share and
says ``{"seconds": s, "verified": n}``. Figures rest on the workers' own clocks around the work alone.
"""

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self

START_SECONDS: Final = 120.0  # to load and warm up
ROUND_SECONDS: Final = 300.0
_REPOSITORY: Final = Path(__file__).parents[2]


class BenchError(Exception):
    """The bench cannot give a figure; the message says why in a sentence."""


class Worker:
    """One process on its cores, from start to end; its standard error is kept for when it fails."""

    def __init__(self, command: Sequence[str], cores: Collection[int]) -> None:
        self._name = " ".join(Path(part).name for part in command[:3])
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self._process = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )
        os.sched_setaffinity(self._process.pid, cores)
        self._greeting: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    def meet(self) -> dict[str, Any]:
        """Wait until the worker is ready; return what it says of itself."""
        if self._greeting is None:
            self._greeting = self.hear(START_SECONDS)
        return self._greeting

    def begin(self) -> None:
        """Have the worker do its next round."""
        assert self._process.stdin
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def hear(self, seconds: float) -> dict[str, Any]:
        """Return what the worker says next; raises ``BenchError`` when it ends or takes longer."""
        assert self._process.stdout
        readable, _, _ = select.select([self._process.stdout], [], [], seconds)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            raise BenchError(f"{self._name} {self._how_it_failed(bool(readable))}")
        message: dict[str, Any] = json.loads(line)
        return message

    def _how_it_failed(self, ended: bool) -> str:
        if not ended:
            return "gave no answer in time"
        self._errors.seek(0)
        return "ended: " + self._errors.read().decode(errors="replace").strip()[-2_000:]


@dataclass(slots=True)
class Tally:
    """How many were done in how many seconds of wall clock."""

    done: int = 0
    seconds: float = 0.0
    greeting: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Return the number done a second."""
        return self.done / self.seconds


def take_turns(
    teams: Mapping[str, Sequence[Worker]], rounds: int, *, fewer: Mapping[str, int] | None = None
) -> dict[str, Tally]:
    """Let each team do its round in turn, ``rounds`` times; the workers of a team work at the same time.

    A team's round takes as long as its slowest worker. ``fewer`` names teams that do only so many rounds.
    """
    rounds_of = dict.fromkeys(teams, rounds) | dict(fewer or {})
    tallies = {name: Tally() for name in teams}
    for name, team in teams.items():
        tallies[name].greeting = next(iter([worker.meet() for worker in team]))
    for number in range(rounds):
        for name, team in teams.items():
            if number < rounds_of[name]:
                _do_round(team, tallies[name])
    return tallies


def _do_round(team: Sequence[Worker], tally: Tally) -> None:
    for worker in team:
        worker.begin()
    answers = [worker.hear(ROUND_SECONDS) for worker in team]
    tally.done += sum(answer["verified"] for answer in answers)
    tally.seconds += max(answer["seconds"] for answer in answers)
