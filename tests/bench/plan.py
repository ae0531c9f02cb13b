"""How much is measured, and where it is kept."""

import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from tests.bench.corpus import Corpus
from tests.bench.processes import Worker

BATCH: Final = 1_000  # credentials verified by one call: as many as a JSON request may have


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a run.

    ``count`` credentials of most kinds (``Work.fewer`` says of which there are fewer), verified in calls of
    at most ``batch``; so many single ``revocations`` and list ``requests``, in ``rounds`` turns. ``build`` is
    the folder for what is made, ``cores`` the numbers of the cores to use, ``peer`` the script that drives
    the peer written in JavaScript and ``rust`` the folder with the programs written in Rust, ``None`` to
    measure without them.
    Not ``thorough``: only the first kind is measured on several cores. ``lines``: credentials in one
    NDJSON request, 0 for none. ``bulk`` revocations in one request, ``samples`` of how long one takes to
    be seen elsewhere, ``entries`` of a large list.
    """

    count: int
    batch: int
    rounds: int
    revocations: int
    requests: int
    build: Path
    cores: Sequence[int]
    peer: Path | None
    rust: Path | None
    thorough: bool
    lines: int
    bulk: int
    samples: int
    entries: int
    sizes: Sequence[tuple[int, int]]  # (alignments, credentials)

    @property
    def corpora(self) -> Path:
        """Return where the credentials are kept from run to run."""
        return self.build / "bench-corpus"

    def batches(self, count: int, workers: int) -> int:
        """Return in how many batches each of ``workers`` verifies its part of ``count`` credentials.

        At least two, so that the sides can take turns.
        """
        return max(2, -(-count // (self.batch * workers)))


class Hall:
    """Starts workers, hands each its share of the work as a file, and ends them all when left."""

    def __init__(self, build: Path, stack: ExitStack) -> None:
        build.mkdir(parents=True, exist_ok=True)
        self._stack = stack
        self.directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-work-", dir=build))
        )
        self._shares = 0

    def service(self, module: str, share: dict[str, Any], found: Corpus, *cores: int) -> Worker:
        """Start a worker that opens a service with a database of its own, for the issuers of ``found``."""
        data = tempfile.mkdtemp(prefix="data-", dir=self.directory)
        known = {"data": data, "lists": str(found.directory), "issuers": found.issuers}
        return self.python(module, known | share, *cores)

    def python(self, module: str, share: dict[str, Any], *cores: int) -> Worker:
        """Start ``tests.bench.workers.<module>`` on ``cores``."""
        return self.start([sys.executable, "-m", f"tests.bench.workers.{module}"], share, cores)

    def start(
        self, command: Sequence[str], share: dict[str, Any], cores: Collection[int], *more: str
    ) -> Worker:
        """Start a worker on ``cores``; the file that holds its share is its first argument."""
        self._shares += 1
        path = self.directory / f"share-{self._shares}.json"
        path.write_bytes(orjson.dumps(share))
        return self._stack.enter_context(Worker([*command, str(path), *more], cores))


@contextmanager
def hall(plan: Plan) -> Iterator[Hall]:
    """Give a hall; its files and workers are gone afterwards."""
    with ExitStack() as stack:
        yield Hall(plan.build, stack)


def parts(items: Sequence[Any], rounds: int, workers: int) -> list[list[Sequence[Any]]]:
    """Return, for each worker, its items of each round; what does not divide evenly is left out."""
    size = len(items) // (rounds * workers)
    cut = [items[start * size : (start + 1) * size] for start in range(rounds * workers)]
    return [cut[worker * rounds : (worker + 1) * rounds] for worker in range(workers)]
