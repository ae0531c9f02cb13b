"""The one way out: every HTTP connection of this service is opened by a session that is made here.

Whatever the address and whoever named it: no proxy and no credentials from the environment, no cookies, no
connection to an address that was not judged, certificates checked, answers bounded. Whoever uses a session
follows no redirect without judging it, and sets a deadline.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError

from ler_trust import __version__
from ler_trust.errors import Undecided

_MOST_HEADERS: Final = 128  # fields; a busy CDN sends some 40
_MOST_FIELD_BYTES: Final = 8190


def open_session(
    resolver: AbstractResolver, connect_timeout: float, tls: ssl.SSLContext | None = None
) -> aiohttp.ClientSession:
    """Return a session that connects to what ``resolver`` gives, in ``connect_timeout`` seconds.

    ``tls`` replaces the system's trust in certificates. Must be called in the event loop that will use it.
    """
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        use_dns_cache=False,
        limit=0,  # the gates count
        force_close=True,  # a host is rarely asked twice, and idle connections to strangers add up
        ssl=tls or True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": f"ler-trust/{__version__}", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        max_headers=_MOST_HEADERS,
        max_line_size=_MOST_FIELD_BYTES,
        max_field_size=_MOST_FIELD_BYTES,
    )


@asynccontextmanager
async def failures_named(host: str) -> AsyncIterator[None]:
    """Turn every way in which the HTTP client fails into the ``Undecided`` that names it."""
    try:
        yield
    except aiohttp.ServerTimeoutError:
        raise Undecided("fetch.timeout", f"{host} did not accept a connection", retryable=True) from None
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError):
        detail = f"{host} could not be reached securely (TLS)"
        raise Undecided("fetch.unreachable", detail, retryable=True) from None
    except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError, HttpProcessingError):
        raise Undecided("fetch.malformed", f"{host} answers with broken HTTP", retryable=True) from None
    except (aiohttp.ClientError, OSError):
        raise Undecided("fetch.unreachable", f"{host} could not be reached", retryable=True) from None
    except ValueError:  # header values or lengths the client cannot make sense of
        raise Undecided("fetch.malformed", f"{host} answers with broken HTTP", retryable=True) from None
