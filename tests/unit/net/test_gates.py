import asyncio

import pytest

from ler_trust.errors import Undecided
from ler_trust.net import gates as gates_module
from ler_trust.net.gates import HostGates
from ler_trust.net.policy import OutboundPolicy
from tests.kit.clock import SteppedClock

HOST = "college.example:443"


def in_seconds(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def end(gates: HostGates, code: str | None, host: str = HOST) -> None:
    async with gates.enter(host, in_seconds(1)):
        if code is not None:
            raise Undecided(code)


async def fail(gates: HostGates, code: str, times: int, host: str = HOST) -> None:
    for _ in range(times):
        with pytest.raises(Undecided, match=code):
            await end(gates, code, host)


async def test_gate_closes_after_failures_in_a_row_and_opens_by_one_trial() -> None:
    clock = SteppedClock()
    gates = HostGates(OutboundPolicy(), clock)
    await fail(gates, "fetch.timeout", 5)
    with pytest.raises(Undecided, match=r"fetch\.busy"):
        await end(gates, None)
    await end(gates, None, "other.example:443")
    clock.advance(31)
    async with gates.enter(HOST, in_seconds(1)):
        with pytest.raises(Undecided, match=r"fetch\.busy"):
            await end(gates, None)
    await end(gates, None)


async def test_failed_trial_closes_the_gate_again() -> None:
    clock = SteppedClock()
    gates = HostGates(OutboundPolicy(), clock)
    await fail(gates, "fetch.unreachable", 5)
    clock.advance(31)
    await fail(gates, "fetch.unreachable", 1)
    with pytest.raises(Undecided, match=r"fetch\.busy"):
        await end(gates, None)


async def test_success_between_failures_keeps_the_gate_open() -> None:
    gates = HostGates(OutboundPolicy(), SteppedClock())
    await fail(gates, "fetch.timeout", 4)
    await end(gates, None)
    await fail(gates, "fetch.timeout", 4)
    await end(gates, None)


@pytest.mark.parametrize("code", ["fetch.status", "fetch.not_found", "fetch.too_large", "fetch.malformed"])
async def test_answers_do_not_close_the_gate(code: str) -> None:
    gates = HostGates(OutboundPolicy(), SteppedClock())
    await fail(gates, code, 10)
    await end(gates, None)


async def test_cancelled_request_says_nothing_of_the_host() -> None:
    gates = HostGates(OutboundPolicy(), SteppedClock())
    await fail(gates, "fetch.timeout", 4)

    async def hang() -> None:
        async with gates.enter(HOST, in_seconds(5)):
            await asyncio.sleep(5)

    task = asyncio.create_task(hang())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await fail(gates, "fetch.timeout", 1)
    with pytest.raises(Undecided, match=r"fetch\.busy"):
        await end(gates, None)


@pytest.mark.parametrize(
    ("policy", "hosts"),
    [(OutboundPolicy(host_concurrency=2), [HOST] * 6), (OutboundPolicy(total_concurrency=2), list("abcdef"))],
)
async def test_no_more_inside_at_once_than_allowed(policy: OutboundPolicy, hosts: list[str]) -> None:
    gates = HostGates(policy, SteppedClock())
    inside = most = 0

    async def visit(host: str) -> None:
        nonlocal inside, most
        async with gates.enter(host, in_seconds(2)):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(visit(host) for host in hosts))
    assert most == 2


async def test_waiting_ends_at_the_deadline() -> None:
    gates = HostGates(OutboundPolicy(host_concurrency=1), SteppedClock())
    async with gates.enter(HOST, in_seconds(1)):
        with pytest.raises(Undecided, match=r"fetch\.busy"):
            async with gates.enter(HOST, in_seconds(0.02)):
                pass


async def test_only_so_many_failing_hosts_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates_module, "_MOST_HOSTS", 3)
    gates = HostGates(OutboundPolicy(breaker_failures=1), SteppedClock())
    for host in "abcd":
        await fail(gates, "fetch.timeout", 1, host)
    await end(gates, None, "a")
    with pytest.raises(Undecided, match=r"fetch\.busy"):
        await end(gates, None, "d")
