"""Options that several commands share, and how their values are read."""

from pathlib import Path
from typing import Annotated

import typer

from ler_trust.accounts import FIRST_TENANT
from ler_trust.model.instant import Instant, parse_date_time_stamp

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="The database, sqlite:///FILE or postgresql://...; by default the configured one.",
        show_default=False,
    ),
]
Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Whose registries, lists and keys.")]
Offline = Annotated[
    Path | None,
    typer.Option(
        "--offline",
        metavar="DIR",
        help="Use no network: DIR/index.json maps URLs to files.",
        exists=True,
        file_okay=False,
        show_default=False,
    ),
]

__all__ = ["FIRST_TENANT", "Database", "Offline", "Tenant", "instant", "instant_or_none"]


def instant(text: str) -> Instant:
    """Read a point in time such as ``2026-05-01T00:00:00Z``; raises :class:`typer.BadParameter`."""
    try:
        moment, has_offset = parse_date_time_stamp(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is {error}") from None
    if not has_offset:
        raise typer.BadParameter(f"{text} does not say in which time zone; end it with Z for UTC")
    return moment


def instant_or_none(text: str | None) -> Instant | None:
    """Read a point in time if one is given."""
    return None if text is None else instant(text)
