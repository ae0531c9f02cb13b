"""``ler-trust serve``: the HTTP service."""

from typing import Annotated

import typer

from ler_trust.cli import options
from ler_trust.cli.opening import configured
from ler_trust.observe import log
from ler_trust.web import app


def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Listen there; 127.0.0.1 by default.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="8080 by default; 0 takes a free one.")
    ] = None,
    database: options.Database = None,
) -> None:
    """Run the service until it is told to stop; the first start prints the admin key, once."""
    given = {"host": host, "port": port}
    http = {name: value for name, value in given.items() if value is not None}
    settings = configured(database, **({"http": http} if http else {}))
    log.configure(settings.log_level, settings.log_format)
    app.run(settings)
