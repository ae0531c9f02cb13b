"""``ler-trust resolve``: the document of a DID, as ``GET /1.0/identifiers/{did}`` answers it."""

from typing import Annotated

import orjson
import typer

from ler_trust.cli import options
from ler_trust.cli.endings import ExitStatus
from ler_trust.cli.opening import Opened, open_to_read
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.resolve.resolution import ResolutionResult, not_resolved, resolved


def resolve(
    did: Annotated[str, typer.Argument(metavar="DID", help="The identifier to look up.", show_default=False)],
    offline: options.Offline = None,
    database: options.Database = None,
) -> int:
    """Look up a DID and print the resolution result as JSON.

    Exit status: 0 it was found, 1 it or its document is not valid, 2 it could not be had.
    """
    with open_to_read(database, offline) as opened:
        result, status = _resolve(opened, did)
    typer.echo(orjson.dumps(dict(result.body), option=orjson.OPT_INDENT_2))
    return status


def _resolve(opened: Opened, did: str) -> tuple[ResolutionResult, ExitStatus]:
    try:
        return resolved(opened.run(opened.service.resolver.resolve(did))), ExitStatus.YES
    except Rejected as finding:
        return not_resolved(Failure.of(finding)), ExitStatus.NO
    except Undecided as finding:
        return not_resolved(Failure.of(finding)), ExitStatus.UNDECIDED
