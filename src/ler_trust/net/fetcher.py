"""Fetches what strangers name, under the outbound policy (DESIGN §8, one hardened way out)."""

import asyncio
import ssl
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from ler_trust.contracts import Clock, Fetched, FetchRequest
from ler_trust.errors import Undecided
from ler_trust.net.body import ACCEPT_ENCODING, read_body, too_large
from ler_trust.net.freshness import fresh_until
from ler_trust.net.gates import HostGates
from ler_trust.net.lookup import CheckedResolver, Lookup, SystemLookup, public_or_development
from ler_trust.net.policy import OutboundPolicy
from ler_trust.net.targets import Target, read_target
from ler_trust.net.way_out import failures_named, open_session

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ABSENT: Final = frozenset({404, 410})
_TOO_MANY_REQUESTS: Final = 429
_NAME_THREADS: Final = 16  # lookups under way at once; one that hangs holds a thread, not the service
_FRESHNESS_FIELDS: Final = ("cache-control", "expires", "date", "age")


class HttpFetcher:
    """Fetches over https under an :class:`OutboundPolicy`; an async context manager.

    ``fetches`` counts calls of ``fetch`` since the start. ``lookup`` replaces the system's name lookup,
    ``tls`` the system's trust in certificates.
    """

    def __init__(
        self,
        policy: OutboundPolicy,
        clock: Clock,
        *,
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.fetches = 0
        self._policy = policy
        self._clock = clock
        self._gates = HostGates(policy, clock)
        self._system_lookup = SystemLookup(_NAME_THREADS)
        judge = public_or_development(policy.development_hosts)
        self._resolver = CheckedResolver(lookup or self._system_lookup, judge)
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; the fetcher cannot be used any more."""
        if self._session is not None:
            await self._session.close()
        self._system_lookup.close()

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch ``request.url`` by GET, following redirects by hand, each judged like the first address.

        Raises only ``Undecided`` with a ``fetch.*`` code, retryable when asking again may help.
        """
        self.fetches += 1
        deadline = asyncio.get_running_loop().time() + self._policy.deadline
        first = target = read_target(request.url, self._policy)
        for _ in range(self._policy.max_redirects + 1):
            answer = await self._ask(target, request, deadline)
            if isinstance(answer, Fetched):
                return answer
            target = self._redirected(target, answer)
            if request.same_host and target.authority != first.authority:
                raise Undecided("fetch.redirect", f"{first.host} redirects to another host, {target.host}")
        raise Undecided("fetch.redirect", f"more than {self._policy.max_redirects} redirects")

    def _redirected(self, source: Target, location: str) -> Target:
        """Return where ``location`` leads from ``source``; a development host stays among its own kind."""
        try:
            url = urljoin(f"https://{source.authority}{source.path}", location)
        except ValueError:
            raise Undecided("fetch.redirect", f"{source.host} redirects to what is not a URL") from None
        if not url.lower().startswith("https:"):
            raise Undecided("fetch.redirect", f"{source.host} redirects away from https")
        target = read_target(url, self._policy)
        if target.development and not source.development:
            raise Undecided("fetch.forbidden", f"{source.host} redirects to a development host")
        return target

    async def _ask(self, target: Target, request: FetchRequest, deadline: float) -> Fetched | str:
        """Return what ``target`` answers: the document, or where it redirects to."""
        async with self._gates.enter(target.authority, deadline):
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._exchange(target, request)
            except TimeoutError:
                detail = f"{target.host} did not answer within {self._policy.deadline:g} seconds"
                raise Undecided("fetch.timeout", detail, retryable=True) from None

    async def _exchange(self, target: Target, request: FetchRequest) -> Fetched | str:
        async with failures_named(target.host):
            headers = {"Accept": request.accept, "Accept-Encoding": ACCEPT_ENCODING}
            async with self._open().get(_url(target), headers=headers, allow_redirects=False) as response:
                if response.status in _REDIRECTS and "Location" in response.headers:
                    return response.headers["Location"]
                _require_success(target.host, response.status)
                return await self._read(response, request)

    async def _read(self, response: aiohttp.ClientResponse, request: FetchRequest) -> Fetched:
        if (response.content_length or 0) > request.max_bytes:
            raise too_large(request.max_bytes)
        encoding = ",".join(response.headers.getall("Content-Encoding", []))
        body = await read_body(response.content.iter_any(), encoding, request.max_bytes)
        now = self._clock.now()
        fields = {name: response.headers.getall(name, []) for name in _FRESHNESS_FIELDS}
        given = {name: values for name, values in fields.items() if values}
        etag = response.headers.get("ETag")
        return Fetched(request.url, body, _media_type(response), now, fresh_until(given, now), etag)

    def _open(self) -> aiohttp.ClientSession:
        """Return the session, made at first use because it belongs to the running event loop."""
        if self._session is None:
            self._session = open_session(self._resolver, self._policy.connect_timeout, self._tls)
        return self._session


def _url(target: Target) -> URL:
    return URL.build(
        scheme="http" if target.development else "https",
        authority=target.authority,
        path=target.path,
        query_string=target.query,
        encoded=True,
    )


def _require_success(host: str, status: int) -> None:
    """Accept 200 alone: any other success (202, 204, 206, …) does not carry the document."""
    if status in _ABSENT:
        raise Undecided("fetch.not_found", f"{host} answers {status}")
    if status != 200:
        retryable = status >= 500 or status == _TOO_MANY_REQUESTS
        raise Undecided("fetch.status", f"{host} answers {status}", retryable=retryable)


def _media_type(response: aiohttp.ClientResponse) -> str:
    """Return the media type in lower case without parameters, empty when there is none."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
