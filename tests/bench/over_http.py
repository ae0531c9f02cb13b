"""The same verifications through HTTP: JSON requests over two connections, or an NDJSON stream over one.

The service runs in a process of its own on one core; this process, on another core if there is one, plays
the client with aiohttp. Each way has a service of its own, so that every credential is new to it. While one
request is answered another is on its way, so that what is measured is how much the service's core gets done.
In process the same batches are verified one after another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import starmap
from time import perf_counter
from typing import Any, Final

import aiohttp
import orjson

from tests.bench import machine
from tests.bench.corpus import Corpus, corpus
from tests.bench.plan import Hall, Plan, hall, parts
from tests.bench.processes import ROUND_SECONDS, BenchError
from tests.bench.results import Row
from tests.bench.verification import UNIT
from tests.bench.works import MAIN_WORK, WORKS, Item

JSON: Final = {"Content-Type": "application/json"}
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_LINES_AT_ONCE: Final = 50  # written to the connection at a time
_CONNECTIONS: Final = 2
_BATCHES_A_TURN: Final = 5
_TOKENS: Final = next(work for work in WORKS if work.name == "jwt-eddsa")

Batches = Sequence[Sequence[Item]]
Ask = Callable[[aiohttp.ClientSession, Batches], Awaitable[float]]


def measure(plan: Plan) -> list[Row]:
    """Return the rates through HTTP beside the rate in process, for the main work and for the cheapest."""
    rows = []
    for work, suffix in ((MAIN_WORK, ""), (_TOKENS, "/jwt-eddsa")):
        found = corpus(work, plan.count // work.fewer, plan.corpora)
        (rounds,) = parts(found.measured, plan.batches(len(found.measured), 1), 1)
        with hall(plan) as workers, machine.on_core(plan.cores[-1]):
            rates = _in_turns(workers, plan, found, rounds)
        for name in ("http-json", "http-ndjson"):
            ratio = rates[name] / rates["in-process"]
            rows.append(Row(name + suffix, rates[name], UNIT, "in-process", ratio, 1, True))
    return rows


def _in_turns(workers: Hall, plan: Plan, found: Corpus, rounds: Batches) -> dict[str, float]:
    core = plan.cores[0]
    batches = [[item.for_service() for item in items] for items in rounds]
    inside = workers.service("verify", {"rounds": batches}, found, core)
    inside.meet()
    ways: dict[str, Ask] = {"http-json": _ask_json, "http-ndjson": _ask_lines}
    servers = {name: workers.service("server", {}, found, core).meet() for name in ways}
    seconds = dict.fromkeys(("in-process", *ways), 0.0)
    with asyncio.Runner() as runner:
        sessions = {name: runner.run(connect(told)) for name, told in servers.items()}
        for start in range(0, len(rounds), _BATCHES_A_TURN):
            turn = rounds[start : start + _BATCHES_A_TURN]
            for _ in turn:
                inside.begin()
                seconds["in-process"] += inside.hear(ROUND_SECONDS)["seconds"]
            for name, ask in ways.items():
                seconds[name] += runner.run(_within(ask(sessions[name], turn)))
        for session in sessions.values():
            runner.run(session.close())
    done = sum(map(len, rounds))
    return {name: done / spent for name, spent in seconds.items()}


async def connect(told: dict[str, Any]) -> aiohttp.ClientSession:
    """Return a session with its connections, one of them opened."""
    session = aiohttp.ClientSession(
        f"http://127.0.0.1:{told['port']}",
        headers={"Authorization": f"Bearer {told['token']}"},
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
    )
    async with session.get("/livez") as response:
        response.raise_for_status()
    return session


async def _within(answer: Awaitable[float]) -> float:
    async with asyncio.timeout(ROUND_SECONDS):
        return await answer


async def _ask_json(session: aiohttp.ClientSession, batches: Batches) -> float:
    bodies = [
        f'{{"items":[{",".join(starmap(_question, enumerate(items)))}],"policy":"default"}}'.encode()
        for items in batches
    ]
    started = perf_counter()
    answers = await asyncio.gather(*(_post(session, body, JSON) for body in bodies))
    seconds = perf_counter() - started
    for answer, items in zip(answers, batches, strict=True):
        _require_verdicts(orjson.loads(answer)["results"], items)
    return seconds


async def _ask_lines(session: aiohttp.ClientSession, batches: Batches) -> float:
    items = [item for batch in batches for item in batch]
    lines = list(starmap(line, enumerate(items)))
    blocks = [
        "".join(lines[start : start + _LINES_AT_ONCE]).encode()
        for start in range(0, len(lines), _LINES_AT_ONCE)
    ]

    async def body() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    started = perf_counter()
    answer = await _post(session, body(), NDJSON)
    seconds = perf_counter() - started
    *results, end = [orjson.loads(found) for found in answer.splitlines()]
    _require_verdicts(results, items)
    require(sum(end["counts"].values()) == len(items), f"the service counted {end['counts']}")
    return seconds


async def _post(
    session: aiohttp.ClientSession, body: bytes | AsyncIterator[bytes], headers: dict[str, str]
) -> bytes:
    async with session.post("/v1/verify", data=body, headers=headers) as response:
        answer = await response.read()
    require(response.status == 200, f"the service answered {response.status}")
    return answer


def _question(number: int, item: Item) -> str:
    """Return an item as it is asked about: a credential as it is, a token as a string."""
    content = item.content
    credential = content if content.startswith("{") else f'"{content}"'
    return f'{{"id":"{number}","credential":{credential}}}'


def line(number: int, item: Item) -> str:
    """Return an item as a line of NDJSON."""
    return _question(number, item) + "\n"


def _require_verdicts(results: Sequence[dict[str, Any]], items: Sequence[Item]) -> None:
    found = [(result["id"], result["outcome"], result["reason"]) for result in results]
    expected = [(str(number), item.fate.outcome, item.fate.reason) for number, item in enumerate(items)]
    if found != expected:
        wrong = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
        raise BenchError(f"{len(wrong)} of {len(found)} answers are not as they must be: {wrong[:3]}")


def require(holds: bool, otherwise: str) -> None:
    """Raise ``BenchError`` with ``otherwise`` unless something ``holds``."""
    if not holds:
        raise BenchError(otherwise)
