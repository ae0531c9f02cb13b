"""The ``Idempotency-Key`` header: a request sent twice is done once."""

import re
from typing import Final

from aiohttp import web

from ler_trust.web.operation import Parameter
from ler_trust.web.problems import Problem

_NAME: Final = "Idempotency-Key"
_KEY: Final = re.compile(r'"?([!#-~]{1,200})"?', re.ASCII)
IDEMPOTENCY_KEY: Final = Parameter(
    _NAME,
    "header",
    "A name of your choice for this request, unique among yours: sent again, it is answered again and not "
    "done again. Another request under the same name is refused.",
)


def idempotency_key(request: web.Request) -> str | None:
    """Return the request's key, without the quotes it may have; raises a problem for one that is none."""
    given = request.headers.getall(_NAME, [])
    if not given:
        return None
    found = _KEY.fullmatch(given[0])
    if len(given) > 1 or found is None:
        raise Problem("request.malformed", f"{_NAME} is one name of 1 to 200 visible ASCII characters")
    return found[1]
