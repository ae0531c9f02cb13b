"""Verifies credentials in process with every check the default policy has: from bytes to
answers ready to be sent.

With ``share["times"]`` all rounds are done so many times.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from ler_trust.accounts import FIRST_TENANT
from ler_trust.model.policy import DEFAULT
from ler_trust.verify.batch import Question
from ler_trust.web.app import settle
from tests.bench.workers.assembly import require_verdicts, service_for
from tests.bench.workers.protocol import serve, share

Round = tuple[Sequence[bytes], Sequence[tuple[str, str | None]]]


def _round(items: Sequence[dict[str, Any]]) -> Round:
    """Return what is to be verified, and the outcome and reason of each."""
    return (
        [item["content"].encode() for item in items],
        [(item["outcome"], item["reason"]) for item in items],
    )


def main() -> None:
    """Open a service and do the rounds, each as one batch."""
    content: dict[str, Any] = share()
    rounds = [_round(items) for items in content["rounds"]] * content.get("times", 1)
    question = Question(FIRST_TENANT, DEFAULT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        service = runner.run(stack.enter_async_context(service_for(content)))

        settle()  # as the server does before its first request

        def work(todo: Round) -> int:
            contents, expected = todo
            answers = runner.run(service.verifier.answers(contents, question))
            require_verdicts([(answer.outcome, answer.reason) for answer in answers], expected)
            return len(contents)

        serve(rounds, work, {"engine": service.engine.name})
        runner.run(stack.aclose())


if __name__ == "__main__":
    main()
