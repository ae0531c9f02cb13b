"""The same verifications through HTTP: one connection, JSON batches and NDJSON streams.

The service runs in a process of its own on one core; this process, on another core if there is one, plays the
client with aiohttp. Each way has a service of its own, so that every credential is new to it. A request takes
from its first byte sent to the last byte of the answer received.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Final

import aiohttp
import orjson

from tests.bench import machine
from tests.bench.corpus import WORKS, Corpus, corpus
from tests.bench.plan import Hall, Plan, hall, parts
from tests.bench.processes import ROUND_SECONDS, START_SECONDS, BenchError
from tests.bench.results import Row
from tests.bench.verification import MAIN_WORK, UNIT

BATCH: Final = 1_000  # items the service takes in one JSON request
_LINES_AT_ONCE: Final = 50  # written to the connection at a time
_TOKENS: Final = next(work for work in WORKS if work.name == "jwt-eddsa")

Ask = Callable[[aiohttp.ClientSession, Sequence[str]], Awaitable[float]]


def measure(plan: Plan) -> list[Row]:
    """Return the rates through HTTP beside the rate in process, for the main work and for the cheapest."""
    rows = []
    for work, suffix in ((MAIN_WORK, ""), (_TOKENS, "/jwt-eddsa")):
        found = corpus(work, plan.count, plan.corpora)
        batches, rates = -(-plan.count // BATCH), {}
        (rounds,) = parts([item.content for item in found.measured], batches, 1)
        with hall(plan) as workers, machine.on_core(plan.cores[-1]):
            rates = _in_turns(workers, plan, found, rounds)
        for name in ("http-json", "http-ndjson"):
            ratio = rates[name] / rates["in-process"]
            rows.append(Row(name + suffix, rates[name], UNIT, "in-process", ratio, 1, True))
    return rows


def _in_turns(workers: Hall, plan: Plan, found: Corpus, rounds: list[Sequence[str]]) -> dict[str, float]:
    core = plan.cores[0]
    inside = workers.service("verify", {"rounds": rounds}, found, core)
    inside.hear(START_SECONDS)
    ways: dict[str, Ask] = {"http-json": _ask_json, "http-ndjson": _ask_lines}
    servers = {name: workers.service("server", {}, found, core).hear(START_SECONDS) for name in ways}
    seconds = dict.fromkeys(("in-process", *ways), 0.0)
    with asyncio.Runner() as runner:
        sessions = {name: runner.run(_connect(told)) for name, told in servers.items()}
        for texts in rounds:
            inside.begin()
            seconds["in-process"] += inside.hear(ROUND_SECONDS)["seconds"]
            for name, ask in ways.items():
                seconds[name] += runner.run(_within(ask(sessions[name], texts)))
        for session in sessions.values():
            runner.run(session.close())
    done = sum(map(len, rounds))
    return {name: done / spent for name, spent in seconds.items()}


async def _connect(told: dict[str, Any]) -> aiohttp.ClientSession:
    """Return a session with one connection, opened."""
    session = aiohttp.ClientSession(
        f"http://127.0.0.1:{told['port']}",
        headers={"Authorization": f"Bearer {told['token']}"},
        connector=aiohttp.TCPConnector(limit=1),
    )
    async with session.get("/livez") as response:
        response.raise_for_status()
    return session


async def _within(answer: Awaitable[float]) -> float:
    async with asyncio.timeout(ROUND_SECONDS):
        return await answer


async def _ask_json(session: aiohttp.ClientSession, texts: Sequence[str]) -> float:
    items = ",".join(f'{{"id":"{number}","credential":{_value(text)}}}' for number, text in enumerate(texts))
    body = f'{{"items":[{items}],"policy":"default"}}'.encode()
    started = perf_counter()
    async with session.post(
        "/v1/verify", data=body, headers={"Content-Type": "application/json"}
    ) as response:
        answer = await response.read()
    seconds = perf_counter() - started
    _require_all_valid(response.status, answer, len(texts))
    return seconds


async def _ask_lines(session: aiohttp.ClientSession, texts: Sequence[str]) -> float:
    lines = [f'{{"id":"{number}","credential":{_value(text)}}}\n' for number, text in enumerate(texts)]
    blocks = [
        "".join(lines[start : start + _LINES_AT_ONCE]).encode()
        for start in range(0, len(lines), _LINES_AT_ONCE)
    ]

    async def body() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    started = perf_counter()
    async with session.post(
        "/v1/verify", data=body(), headers={"Content-Type": "application/x-ndjson"}
    ) as response:
        answer = await response.read()
    seconds = perf_counter() - started
    _require_all_valid(response.status, answer.splitlines()[-1], len(texts))
    return seconds


def _value(text: str) -> str:
    """Return a credential as it stands in JSON: an object as it is, a token as a string."""
    return text if text.startswith("{") else f'"{text}"'


def _require_all_valid(status: int, answer: bytes, expected: int) -> None:
    counts = orjson.loads(answer).get("counts")
    if status != 200 or counts != {"valid": expected, "invalid": 0, "indeterminate": 0}:
        raise BenchError(f"the service answered {status} with {counts}, where {expected} records are valid")
