"""Status lists from an issuer's own Python program, by the service's HTTP API or by VCALM.

    async with StatusClient("https://trust.example.org", token) as client:
        entries = await client.allocate("revocation", references=["2026/0417", "2026/0418"])
        await client.change([{"reference": "2026/0417"}], status="revoked", reason_code="superseded")

Requests that change something carry an idempotency key and are sent again when no answer came, so that each
is done once.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Self

import aiohttp
import orjson

_MOST_ENTRIES: Final = 10_000  # that one request may ask for
_ATTEMPTS: Final = 4
_WAIT_SECONDS: Final = 0.5  # before the second attempt; twice as long before each further one
_PASSING: Final = (429, 502, 503, 504)  # statuses after which the same request may succeed
_TIMEOUT_SECONDS: Final = 120.0


class ServiceError(Exception):
    """The service refused a request, or did not answer: ``status`` is 0 then.

    ``code`` is one of the service's stable codes, ``pointer`` points into what was sent.
    """

    def __init__(self, status: int, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(f"{code}: {detail}" + (f" ({pointer})" if pointer else ""))
        self.status, self.code, self.detail, self.pointer = status, code, detail, pointer


class StatusClient:
    """Talks to the service at ``address`` under one API key of the role ``issuer``."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def create_list(self, purpose: str, signing_key: str, **more: Any) -> dict[str, Any]:
        """Create a list and return its description; ``more`` may be ``length`` and ``ttl_seconds``."""
        body = {"purpose": purpose, "signing_key": signing_key, **more}
        return await self._ask("POST", "/v1/status-lists", body, attempts=1)

    async def allocate(
        self,
        purpose: str,
        count: int | None = None,
        *,
        references: Sequence[str] = (),
        list_id: str | None = None,
        key: str | None = None,
        form: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return entries (``credentialStatus`` objects), any number: of one list, or of whichever are open.

        There is one for each of ``references``, or ``count`` of them. ``key`` names the request across runs
        of the program; more than ten thousand entries are several requests, named after it. With ``form``,
        such as ``status-list-2021`` or ``token-jwt``, they are as records refer to the lists in that form.
        """
        total = len(references) if count is None else count
        key = key or secrets.token_hex(16)
        path = "/v1/status-entries" if list_id is None else f"/v1/status-lists/{list_id}/entries"
        entries: list[dict[str, Any]] = []
        while len(entries) < total:
            start, some = len(entries), min(_MOST_ENTRIES, total - len(entries))
            body: dict[str, Any] = {"count": some} | ({"purpose": purpose} if list_id is None else {})
            if references:
                body["references"] = list(references[start : start + some])
            if form is not None:
                body["forms"] = [form]
            answer = await self._ask("POST", path, body, key=f"{key}-{start}")
            entries += answer["entries"] if form is None else answer["forms"][form]
        return entries

    async def change(
        self,
        changes: Sequence[Mapping[str, Any]],
        *,
        list_id: str | None = None,
        key: str | None = None,
        **common: Any,
    ) -> dict[str, Any]:
        """Make up to 100,000 changes together, and return the service's answer.

        Each names an ``entry`` or a ``reference`` (or with ``list_id`` an ``index``); ``common`` is what
        they share: ``status``, ``reason``, ``reason_code``, ``effective_at``, ``dry_run``.
        """
        path = "/v1/status-changes" if list_id is None else f"/v1/status-lists/{list_id}/changes"
        body = {"changes": [dict(change) for change in changes], **common}
        return await self._ask("POST", path, body, key=key or secrets.token_hex(16))

    async def history(self, list_id: str, *, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Yield the changes recorded after a sequence number, oldest first."""
        url = f"{self._address}/v1/status-lists/{list_id}/changes?after={after}"
        async with self._session.get(url, headers={"Accept": "application/x-ndjson"}) as response:
            await _require_success(response)
            async for line in response.content:
                yield orjson.loads(line)

    async def scheduled(self, list_id: str) -> list[dict[str, Any]]:
        """Return the first thousand scheduled changes of a list."""
        answer = await self._ask("GET", f"/v1/status-lists/{list_id}/scheduled")
        found: list[dict[str, Any]] = answer["scheduled"]
        return found

    async def call_off(self, list_id: str, number: int) -> None:
        """Call off a scheduled change that has not taken effect."""
        await self._ask("DELETE", f"/v1/status-lists/{list_id}/scheduled/{number}", attempts=1)

    async def published(self, list_id: str, accept: str = "application/vc") -> bytes:
        """Return a list as everybody sees it, in the form asked for."""
        url = f"{self._address}/status-lists/{list_id}"
        async with self._session.get(url, headers={"Accept": accept}) as response:
            await _require_success(response)
            return await response.read()

    async def unsigned(
        self, list_id: str, form: str = "credential", *, valid_days: int = 7
    ) -> dict[str, Any]:
        """Return a list that you sign yourself as it is now, to be signed in a form."""
        path = f"/v1/status-lists/{list_id}/unsigned?form={form}&valid_days={valid_days}"
        return await self._ask("GET", path)

    async def upload(
        self, list_id: str, version: str, signed: bytes, form: str = "credential"
    ) -> dict[str, Any]:
        """Have a list served that you have signed; ``version`` is what came with what was to be signed.

        Raises ``ServiceError`` of the code ``request.stale_version`` when the list has changed since.
        """
        path = f"/v1/status-lists/{list_id}/signed?form={form}&version={version}"
        return await self._ask("PUT", path, signed)

    async def create_vcalm_list(self, instance: str, purpose: str) -> dict[str, Any]:
        """Create a list by VCALM; ``instance`` is the tenant."""
        path = f"/instances/{instance}/status-lists"
        return await self._ask("POST", path, {"statusPurpose": purpose}, attempts=1)

    async def set_vcalm_status(
        self, instance: str, credential_id: str, entry: Mapping[str, Any], status: bool = True
    ) -> dict[str, Any]:
        """Set the status of one credential by VCALM; ``entry`` is its ``credentialStatus``."""
        body = {"credentialId": credential_id, "credentialStatus": dict(entry), "status": status}
        path = f"/instances/{instance}/credentials/status"
        return await self._ask("POST", path, body, key=secrets.token_hex(16))

    async def _ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, attempts: int = _ATTEMPTS
    ) -> dict[str, Any]:
        """Send a request, again if nothing came of it and it is safe to, and return the JSON answer."""
        headers = {} if key is None else {"Idempotency-Key": key}
        wait = _WAIT_SECONDS
        for attempt in range(1, attempts + 1):
            try:
                return await self._send(method, path, body, headers)
            except ServiceError as error:
                if attempt == attempts or error.status not in (0, *_PASSING):
                    raise
            await asyncio.sleep(wait)
            wait *= 2
        raise AssertionError("attempts is at least 1")

    async def _send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
        is_signed = isinstance(body, bytes)
        data = body if body is None or is_signed else orjson.dumps(body)
        media_type = "application/octet-stream" if is_signed else "application/json"
        given = dict(headers) if data is None else {"Content-Type": media_type, **headers}
        try:
            async with self._session.request(
                method, self._address + path, data=data, headers=given
            ) as response:
                await _require_success(response)
                answer: dict[str, Any] = orjson.loads(await response.read())
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServiceError(
                0, "request.unavailable", f"no answer came ({type(error).__name__})"
            ) from error


async def _require_success(response: aiohttp.ClientResponse) -> None:
    if response.ok:
        return
    try:
        said = orjson.loads(await response.read())
    except ValueError:
        said = {}
    code, detail = said.get("code", "request.unavailable"), said.get("detail", response.reason or "")
    raise ServiceError(response.status, code, detail, said.get("pointer", ""))
