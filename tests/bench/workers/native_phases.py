"""Where the time of one linked-data credential goes with the native engine, by the engine's own timing.

Issuers and lists are known and contexts processed, as they are after the first batch; the credentials are
new. ``evaluate`` is what the service's whole answer takes beyond the engine's survey and authentication,
``serialise`` what HTTP makes of the answers beyond that.
"""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

import uvloop

from ler_trust._native import Contexts, Engine
from ler_trust.accounts import FIRST_TENANT
from ler_trust.codec.contexts import PINNED
from ler_trust.model.engine import KeyNeed
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.plain import Answer
from ler_trust.model.policy import DEFAULT
from ler_trust.verify.answer import with_members
from ler_trust.verify.batch import Question
from tests.bench.workers.assembly import service_for
from tests.bench.workers.keys import methods
from tests.bench.workers.protocol import share, tell

_BATCHES: Final = 4  # the fastest counts, so that a busy moment of the machine tells little
_MICROSECONDS: Final = 1e6


def _in_engine(items: Sequence[dict[str, Any]], contents: Sequence[bytes]) -> dict[str, float]:
    """Return the seconds of each phase on one thread."""
    engine, contexts = Engine(DEFAULT_LIMITS, 1), Contexts(dict(PINNED))
    engine.survey(contents)
    started = perf_counter()
    surveys = engine.survey(contents)
    seconds = {"survey": perf_counter() - started}
    needs: list[KeyNeed] = [need for survey in surveys for need in survey.keys]
    keys = {need: methods(item, need) for item, need in zip(items, needs, strict=True)}
    return seconds | min(
        (engine.timed(contents, keys, contexts) for _ in range(_BATCHES)), key=lambda told: sum(told.values())
    )


async def _whole(content: dict[str, Any], batches: Sequence[Sequence[bytes]]) -> tuple[float, list[Answer]]:
    """Return the seconds that the service takes for all answers to a batch, and answers."""
    question = Question(FIRST_TENANT, DEFAULT)
    spent = []
    async with service_for(content) as service:
        await service.verifier.answers([text.encode() for text in content["known"]], question)
        for batch in batches:
            started = perf_counter()
            answers = await service.verifier.answers(batch, question)
            spent.append(perf_counter() - started)
            if any(answer.reason is not None for answer in answers):
                raise ValueError("a credential was not judged as it must be")
    return min(spent), answers


def _serialised(answers: Sequence[Answer]) -> float:
    """Return the seconds for making one body of the answers, each with the caller's id."""
    started = perf_counter()
    b",".join(with_members(answer, {"id": str(number)}) for number, answer in enumerate(answers))
    return perf_counter() - started


def main() -> None:
    """Measure, and tell the mean microseconds a credential."""
    content: dict[str, Any] = share()
    items = content["items"]
    size = len(items) // _BATCHES
    contents = [item["content"].encode() for item in items]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        batches = [contents[start * size : (start + 1) * size] for start in range(_BATCHES)]
        whole, answers = runner.run(_whole(content, batches))
    seconds = _in_engine(items[:size], contents[:size])
    seconds["evaluate"] = max(0.0, whole - sum(seconds.values()))
    seconds |= {"whole": whole, "serialise": min(_serialised(answers) for _ in range(_BATCHES))}
    tell({"microseconds": {name: _MICROSECONDS * spent / size for name, spent in seconds.items()}})


if __name__ == "__main__":
    main()
