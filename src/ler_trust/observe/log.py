"""The log: one event a line on standard error, without a word about a person.

A credential, a subject's id, or a list together with an index is never written, whoever asks: an event's
keys are checked here, in one place, and a value that does not belong is replaced and counted.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import Processor

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
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
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
