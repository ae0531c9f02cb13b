"""Environment variables that look like settings and are none: a slip of the pen must not pass for one set."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from pydantic import BaseModel

_CLOSE: Final = 0.7  # of difflib's ratio: one word wrong or missing
# What container platforms set by themselves for a service or a container that is called ler-trust….
_LINK: Final = re.compile(
    r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)", re.ASCII
)
_LINK_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://")


def wrong_variables(settings: type[BaseModel], prefix: str, environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable that begins with ``prefix`` and sets nothing in ``settings``."""
    known = set(_variables(settings, prefix))
    return [
        _sentence(name, prefix, known)
        for name, value in sorted(environment.items())
        if name.upper().startswith(prefix) and name.upper() not in known and not _is_link(name.upper(), value)
    ]


def _variables(settings: type[BaseModel], prefix: str) -> Iterator[str]:
    """Yield the name of every setting and of every section, which may be given whole, as JSON."""
    for name, field in settings.model_fields.items():
        variable = prefix + name.upper()
        yield variable
        if isinstance(field.default, BaseModel):
            yield from _variables(type(field.default), f"{variable}__")


def _is_link(name: str, value: str) -> bool:
    if name.endswith("_PORT") and _LINK_ADDRESS.match(value):
        return True
    return _LINK.fullmatch(name) is not None


def _sentence(name: str, prefix: str, known: set[str]) -> str:
    section_forgotten = sorted(each for each in known if each.endswith("__" + name.upper()[len(prefix) :]))
    meant = section_forgotten or get_close_matches(name.upper(), sorted(known), n=1, cutoff=_CLOSE)
    suggestion = f"; did you mean {' or '.join(meant)}?" if meant else ""
    return f"{name}: there is no such setting{suggestion}"
