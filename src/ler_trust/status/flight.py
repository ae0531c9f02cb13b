"""Doing a thing once for everybody who asks for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Joins callers that ask for the same key while the work for it is under way.

    The work belongs to none of them: a caller that is cancelled or times out leaves it running for the
    others, and for whatever the work itself keeps. It must therefore bound its own time.
    """

    def __init__(self) -> None:
        self._flights: dict[K, asyncio.Task[V]] = {}

    async def join(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """Return or raise what the work under way for ``key`` does; begin ``work`` if there is none."""
        flight = self._flights.get(key)
        if flight is None or flight.done():  # what has ended may be out of date for whoever comes after it
            flight = asyncio.create_task(_run(work))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: K, flight: asyncio.Task[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # seen, also when every caller has gone

    async def close(self) -> None:
        """Cancel what is under way and wait for it to end."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)


async def _run(work: Callable[[], Awaitable[V]]) -> V:
    return await work()
