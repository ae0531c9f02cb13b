"""An issuer's program at one server: it asks over one kept connection, one thing after the other."""

import gzip
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any, Final, Self

import orjson

from tests.bench.processes import BenchError

_SECONDS: Final = 60.0
_ALLOCATED_AT_ONCE: Final = 10_000


class Issuer:
    """Asks the server that said ``told`` of itself; ``token`` is an API key, if it holds one."""

    def __init__(self, told: dict[str, Any], token: str | None = None) -> None:
        self._connection = HTTPConnection("127.0.0.1", told["port"], timeout=_SECONDS)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def post(self, path: str, body: bytes) -> Any:
        """Return the answer to a POST of JSON; raises ``BenchError`` when it is refused."""
        headers = {**self._headers, "Content-Type": "application/json"}
        self._connection.request("POST", path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise BenchError(f"{path} was answered {response.status}: {content[:200]!r}")
        return orjson.loads(content)

    def list_of(self, length: int) -> str:
        """Make a revocation list and return its id."""
        key = self.post("/v1/signing-keys", b"{}")["id"]
        body = {"purpose": "revocation", "signing_key": key, "length": length}
        return str(self.post("/v1/status-lists", orjson.dumps(body))["id"])

    def allocate(self, list_id: str, count: int) -> list[int]:
        """Return the indexes of ``count`` new entries of a list."""
        found: list[int] = []
        while len(found) < count:
            body = orjson.dumps({"count": min(_ALLOCATED_AT_ONCE, count - len(found))})
            entries = self.post(f"/v1/status-lists/{list_id}/entries", body)["entries"]
            found += [int(entry["statusListIndex"]) for entry in entries]
        return found

    def published(self, list_id: str, etag: str = '""') -> tuple[str, bytes] | None:
        """Return a list's entity tag and bits, ``None`` when it is the one with ``etag`` still."""
        self._connection.request("GET", f"/status-lists/{list_id}", headers={"If-None-Match": etag})
        response = self._connection.getresponse()
        content = response.read()
        if response.status == 304:
            return None
        if response.status != 200:
            raise BenchError(f"the list was answered {response.status}: {content[:200]!r}")
        return response.headers["ETag"], _bits(content)


def revocation_of(indexes: Sequence[int]) -> bytes:
    """Return the body of a request that revokes entries."""
    return orjson.dumps({"status": "revoked", "changes": [{"index": index} for index in indexes]})


def _bits(credential: bytes) -> bytes:
    text = orjson.loads(credential)["credentialSubject"]["encodedList"][1:]
    return gzip.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
