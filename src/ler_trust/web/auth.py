"""Who is asking: API keys in ``Authorization: Bearer``, roles, and a brake on guessing."""

from aiohttp import web
from aiohttp.typedefs import Handler

from ler_trust.model.records import ApiKey, Role
from ler_trust.web.keys import CALLER, FAILURE_RATE, KEY_RING
from ler_trust.web.problems import Problem, rate_limited

_REALM = 'Bearer realm="ler-trust"'


def requiring(role: Role, handler: Handler) -> Handler:
    """Return ``handler`` open only to API keys that have ``role`` or are ``admin``."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = await _authenticate(request)
        if not caller.roles & {role, Role.ADMIN}:
            challenge = f'{_REALM}, error="insufficient_scope", scope="{role.value}"'
            raise Problem(
                "request.forbidden",
                f"this needs the role {role.value}",
                headers={"WWW-Authenticate": challenge},
            )
        request[CALLER] = caller
        return await handler(request)

    return guarded


async def _authenticate(request: web.Request) -> ApiKey:
    token = _bearer(request)
    if token is None:
        raise Problem(
            "request.unauthenticated",
            "send an API key as Authorization: Bearer",
            headers={"WWW-Authenticate": _REALM},
        )
    caller = await request.app[KEY_RING].authenticate(token)
    if caller is not None:
        return caller
    # Counted only when the key is wrong, so that nobody is locked out by a neighbour behind one address.
    wait = request.app[FAILURE_RATE].take(request.remote or "")
    if wait:
        raise rate_limited(wait)
    challenge = f'{_REALM}, error="invalid_token"'
    raise Problem("request.unauthenticated", headers={"WWW-Authenticate": challenge})


def _bearer(request: web.Request) -> str | None:
    given = request.headers.getall("Authorization", [])
    if len(given) != 1:  # of two, a proxy and this service could each believe another
        return None
    scheme, _, token = given[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
