"""Keys that are held elsewhere: an HTTP service that signs what it is sent, and never shows a key.

The contract, which ``ler-trust signer`` keeps as an example:

``GET  {url}/keys/{key}``       answers ``{"publicKeyMultibase": "z…"}``
``POST {url}/keys/{key}/sign``  takes ``{"data": "…"}`` and answers ``{"signature": "…"}``, both base64url
without padding; the signature is in the form that ``contracts.Signer`` says. Both need a Bearer token.

The operator names the service's address; nothing that a record or a client says leads here.
"""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ler_trust.codec import base64url
from ler_trust.codec.multikey import decode_multikey
from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import PublicKey

_SECONDS: Final = 10.0  # for one exchange: a hardware module takes some milliseconds
_MOST: Final = 16_384  # bytes of an answer: a signature has some hundred


class SigningService:
    """Asks the service at ``url`` under ``token``; blocks, so it is called beside the event loop.

    Raises ``ConfigurationError`` for an address that is neither https nor on loopback.
    """

    def __init__(self, name: str, url: str, token: str) -> None:
        parts = urlsplit(url)
        if not parts.hostname or parts.query or not (parts.scheme == "https" or _is_loopback(url)):
            raise ConfigurationError(f"signers: {name} is reached by https, or by http on loopback")
        self._name = name
        self._parts = parts
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def public_key(self, key: str) -> PublicKey:
        """Return the public half of a key; raises ``Undecided('request.unavailable')``."""
        answer = self._ask("GET", f"/keys/{quote(key, safe='')}", None)
        try:
            return decode_multikey(_text(answer, "publicKeyMultibase"))
        except ValueError:
            raise self._failed("answered with something that is no public key") from None

    def sign(self, key: str, data: bytes) -> bytes:
        """Return the signature of ``data`` by a key; raises ``Undecided('request.unavailable')``."""
        body = {"data": base64url.encode(data)}
        answer = self._ask("POST", f"/keys/{quote(key, safe='')}/sign", body)
        try:
            return base64url.decode(_text(answer, "signature"))
        except ValueError:
            raise self._failed("answered with something that is no signature") from None

    def _ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=_SECONDS)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, self._parts.path.rstrip("/") + path, content, self._headers)
            response = connection.getresponse()
            said = response.read(_MOST)
            answer = json.loads(said) if response.status == 200 else None
        except (OSError, HTTPException, ValueError) as error:
            raise self._failed(f"could not be asked ({type(error).__name__})") from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise self._failed(f"answered with status {response.status}")
        return answer

    def _failed(self, what: str) -> Undecided:
        return Undecided("request.unavailable", f"the signer {self._name} {what}", retryable=True)


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise ValueError(f"there is no {name}")
    return value


def _is_loopback(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
