"""The log: one event a line on standard error, without a word about a person.

A credential, a subject's id, or a list together with an index is never written, whoever asks: an event's
keys are checked here, in one place, and a value that does not belong is replaced. Of an error its kind and
its places are written and never its message, which may quote what was sent or a row of the database.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import Processor

from ler_trust.observe.failures import places

WITHHELD: Final = "[withheld]"
MAX_TEXT: Final = 500  # characters of one value: a code and a sentence; a whole document has more

# What a record says, and what names a person or opens a door.
_FORBIDDEN: Final = frozenset(
    {
        "api_key", "authorization", "body", "claims", "content", "credential", "credential_id",
        "credential_subject", "credentialsubject", "document", "holder", "item", "items", "jwt", "line",
        "master_key", "password", "payload", "presentation", "private_key", "secret", "seed", "subject",
        "subject_id", "token",
    }
)  # fmt: skip
_SHOWS_STATEMENTS: Final = ("alembic", "asyncpg", "sqlalchemy")  # with their values, below a warning
_NAMES_CLIENTS: Final = ("aiohttp",)  # what is filled into its messages: who asked, and for what
_LIST_NAMES: Final = frozenset({"list", "list_id", "list_url", "status_list", "statuslistcredential"})
_INDEX_NAMES: Final = frozenset({"index", "indexes", "indices", "ordinal", "ordinals", "statuslistindex"})


def configure(level: str = "info", form: str = "json", stream: TextIO | None = None) -> None:
    """Set up the log of this process; ``form`` is ``json`` or ``console``.

    The standard library's loggers (server, database, migrations) come out the same way.
    """
    renderer: Processor = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _without_messages,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                withhold,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in _SHOWS_STATEMENTS:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _without_messages(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say of an error what it was and where, and of what a library says about one the first line."""
    record: logging.LogRecord = event["_record"]
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_described(error))
    if not event["_from_structlog"]:
        told = record.msg if record.name.partition(".")[0] in _NAMES_CLIENTS else event["event"]
        event["event"] = str(told).partition("\n")[0]
    return event


def _described(error: BaseException) -> Iterator[str]:
    """Yield the kind and places of an error, and of those that led to it, the last first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield type(following).__name__
        yield from (f"  {place}" for place in places(following))
        following = following.__cause__ or following.__context__


def withhold(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace what must not be logged; a processor for structlog.

    Of a list and an index that come together, the index goes: either alone names nobody.
    """
    names = {name.lower() for name in event}
    forbidden = _FORBIDDEN | _INDEX_NAMES if names & _LIST_NAMES else _FORBIDDEN
    return {name: _shown(name, value, forbidden) for name, value in event.items()}


def _shown(name: str, value: Any, forbidden: frozenset[str]) -> Any:
    if name.lower() in forbidden or isinstance(value, bytes | bytearray | memoryview):
        return WITHHELD
    if isinstance(value, Mapping):
        return dict(withhold(None, "", dict(value)))
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(name, each, forbidden) for each in value]
    if isinstance(value, str) and len(value) > MAX_TEXT and name != "exception":
        return value[:MAX_TEXT] + "…"
    return value
