"""Keys that are held elsewhere: an HTTP service that signs what it is sent, and never shows a key.

The contract, which ``ler-trust signer`` keeps:

``GET  {url}/keys/{key}``       answers ``{"publicKeyMultibase": "z…"}``
``POST {url}/keys/{key}/sign``  takes ``{"data": "…"}`` and answers ``{"signature": "…"}``, both base64url
without padding; the signature is in the form that ``contracts.Signer`` says. Both need a Bearer token.

What goes wrong is said by the status: 401 or 403 for the token, 404 for a key that is not there, 503 with
``{"code": "…"}`` for ``signer.device_missing``, ``signer.locked`` and ``signer.failed``.

The operator names the service's address, and nothing that a record or a client says leads here. It is reached
by the one way out (``net.way_out``), at addresses that are public or that the operator names too.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from ler_trust.codec import base64url
from ler_trust.codec.multikey import decode_multikey
from ler_trust.contracts import Clock
from ler_trust.errors import Undecided
from ler_trust.model.did import PublicKey
from ler_trust.model.instant import MINUTE, Instant
from ler_trust.net.body import read_body
from ler_trust.net.gates import HostGates
from ler_trust.net.lookup import CheckedResolver, Lookup, SystemLookup, within
from ler_trust.net.policy import OutboundPolicy
from ler_trust.net.signer_address import SignerAddress
from ler_trust.net.way_out import failures_named, open_session

_MOST: Final = 16_384  # bytes of an answer: a signature has some hundred
_AT_ONCE: Final = 4  # exchanges, and threads that wait for one
_FAILURES: Final = 3  # in a row, before a signer is left alone
_REST_SECONDS: Final = 5.0  # for so long; what is served meanwhile is served at once
_NAME_THREADS: Final = 2
_LATELY: Final = 5 * MINUTE  # a list that cannot be signed is tried again more often than that
_NO_SEGMENT: Final = frozenset({"", ".", ".."})  # of a path (RFC 3986 §3.3)

_OF_STATUS: Final = {
    401: ("signer.refused", "does not accept the token"),
    403: ("signer.refused", "does not accept the token"),
    404: ("signer.key_missing", "does not have the key"),
}
_SAID: Final = frozenset({"signer.device_missing", "signer.locked", "signer.failed"})
_BROKEN: Final = frozenset({"fetch.malformed", "fetch.too_large"})


class SigningService:
    """Asks the signer at ``address``; made in the event loop in which it asks.

    ``ended`` is told how each exchange ended: a code, or ``None`` when it went well. Every method that asks
    raises ``Undecided`` with a ``signer.*`` code.
    """

    def __init__(
        self,
        address: SignerAddress,
        clock: Clock,
        *,
        lookup: Lookup | None = None,
        ended: Callable[[str | None], None] = lambda code: None,
    ) -> None:
        self.name = address.name
        self._trouble: tuple[str, Instant] | None = None
        self.threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="signer")
        self._address = address
        self._ended = ended
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        policy = OutboundPolicy(
            deadline=address.seconds,
            host_concurrency=_AT_ONCE,
            breaker_failures=_FAILURES,
            breaker_seconds=_REST_SECONDS,
        )
        self._policy = policy
        self._gates = HostGates(policy, clock)
        self._system_lookup = SystemLookup(_NAME_THREADS)
        resolver = CheckedResolver(lookup or self._system_lookup, within(address.networks))
        self._session = open_session(resolver, policy.connect_timeout, address.tls())

    @property
    def trouble(self) -> str | None:
        """Return the code of the last exchange if it was lately and the signer could not do its work.

        That a key is not there is no trouble of the signer: any issuer can name one.
        """
        if self._trouble is None or self._clock.now() > self._trouble[1] + _LATELY:
            return None
        return self._trouble[0]

    async def public_key(self, key: str) -> PublicKey:
        """Return the public half of a key."""
        answer = await self._answer("GET", self._path(key), None)
        try:
            return decode_multikey(_text(answer, "publicKeyMultibase"))
        except ValueError:
            raise self._failed("signer.malformed", "answers with something that is no public key") from None

    def sign(self, key: str, data: bytes) -> bytes:
        """Return the signature of ``data`` by a key; blocks, so it is called beside the event loop.

        Raises ``RuntimeError`` when it is called in the event loop, which would then wait for itself.
        """
        if _running_loop() is self._loop:
            raise RuntimeError("a signer elsewhere is asked beside the event loop")
        asking = asyncio.run_coroutine_threadsafe(self._sign(key, data), self._loop)
        try:
            return asking.result(2 * self._address.seconds)  # it ends by itself before
        except (TimeoutError, CancelledError):
            asking.cancel()
            raise self._failed("signer.unreachable", "was not asked to the end") from None

    async def _sign(self, key: str, data: bytes) -> bytes:
        body = {"data": base64url.encode(data)}
        answer = await self._answer("POST", self._path(key) + "/sign", body)
        try:
            return base64url.decode(_text(answer, "signature"))
        except ValueError:
            raise self._failed("signer.malformed", "answers with something that is no signature") from None

    def _path(self, key: str) -> str:
        """Return the path of a key; its name is one segment, and none that leads up or nowhere."""
        if key in _NO_SEGMENT:
            raise self._failed("signer.key_missing", "has no key of such a name")
        return f"/keys/{quote(key, safe='')}"

    async def close(self) -> None:
        """Close every connection, and let nobody wait any longer."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        await self._session.close()
        self._system_lookup.close()

    async def _answer(self, method: str, path: str, body: Any) -> dict[str, Any]:
        try:
            status, said = await self._asked(method, path, body)
            answer = self._understood(status, said)
        except Undecided as finding:
            code = finding.code.name
            self._trouble = None if code == "signer.key_missing" else (code, self._clock.now())
            self._ended(code)
            raise
        self._trouble = None
        self._ended(None)
        return answer

    async def _asked(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        deadline = self._loop.time() + self._policy.deadline
        try:
            async with self._gates.enter(self.name, deadline):
                try:
                    async with asyncio.timeout_at(deadline), failures_named(self.name):
                        return await self._exchange(method, path, body)
                except TimeoutError:
                    detail = f"did not answer within {self._policy.deadline:g} seconds"
                    raise Undecided("fetch.timeout", detail, retryable=True) from None
        except Undecided as finding:
            code = "signer.malformed" if finding.code.name in _BROKEN else "signer.unreachable"
            raise self._failed(code, f"could not be asked: {finding.detail}") from None

    async def _exchange(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._address.token}", "Content-Type": "application/json"}
        async with self._session.request(
            method,
            URL(self._address.url.rstrip("/") + path, encoded=True),
            data=None if body is None else orjson.dumps(body),
            headers=headers,
            allow_redirects=False,  # the token goes where the operator says and nowhere else
        ) as response:
            return response.status, await _read(response)

    def _understood(self, status: int, said: bytes) -> dict[str, Any]:
        if status in _OF_STATUS:
            raise self._failed(*_OF_STATUS[status])
        try:
            answer = orjson.loads(said)
        except ValueError:
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        code = answer.get("code") if isinstance(answer, dict) else None
        if status == 503 and isinstance(code, str) and code in _SAID:
            raise self._failed(code, f"says {code}")
        raise self._failed("signer.malformed", f"answers with status {status} and not as it should")

    def _failed(self, code: str, what: str) -> Undecided:
        return Undecided(code, f"the signer {self.name} {what}", retryable=code not in _LASTING)


_LASTING: Final = frozenset({"signer.refused", "signer.key_missing"})


async def _read(response: aiohttp.ClientResponse) -> bytes:
    encoding = ",".join(response.headers.getall("Content-Encoding", []))
    return await read_body(response.content.iter_any(), encoding, _MOST)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise ValueError(f"there is no {name}")
    return value
