"""Verifies credentials in process with every check the default policy has: from bytes to reports."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from ler_trust.accounts import FIRST_TENANT
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import Report
from ler_trust.verify.batch import Question
from tests.bench.workers.assembly import require_valid, service_for
from tests.bench.workers.protocol import serve, share


def main() -> None:
    """Open a service and do the rounds, each as one batch."""
    content: dict[str, Any] = share()
    rounds = [[text.encode() for text in texts] for texts in content["rounds"]]
    question = Question(FIRST_TENANT, DEFAULT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stack = AsyncExitStack()
        service = runner.run(stack.enter_async_context(service_for(content)))

        def work(items: list[bytes]) -> None:
            reports: list[Report] = runner.run(service.verifier.verify(items, question))
            require_valid([report.outcome for report in reports], len(items))

        serve(rounds, work, {"engine": service.engine.name})
        runner.run(stack.aclose())


if __name__ == "__main__":
    main()
