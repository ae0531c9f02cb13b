"""``ler-trust lists`` for issuers that sign their lists themselves: what is to be signed, and what was."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from ler_trust.cli import options
from ler_trust.cli.opening import open_to_write
from ler_trust.model.instant import DAY, format_instant
from ler_trust.status.forms import DEFAULT_FORM
from ler_trust.status.issuer_signed import MAX_VALID, MIN_VALID, USUAL_VALID

FormName = Annotated[str, typer.Option("--form", help="The form of the list.")]
ListId = Annotated[str, typer.Argument(metavar="LIST", help="The list's id.", show_default=False)]


def unsigned(
    list_id: ListId,
    form: FormName = DEFAULT_FORM,
    valid_days: Annotated[
        int,
        typer.Option(
            "--valid-days",
            min=MIN_VALID // DAY,
            max=MAX_VALID // DAY,
            help="How long what you sign is to be valid.",
        ),
    ] = USUAL_VALID // DAY,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there.", show_default=False)
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Print, as JSON, what you are to sign of a list as it is now, and the version to upload it for."""
    with open_to_write(database) as opened:
        found = opened.run(
            opened.service.publisher.issuer_signed.to_sign(tenant, list_id, form, valid_days * DAY)
        )
    said = {"form": form, "address": found.address, "version": str(found.version), **found.unsigned.said}
    text = orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_bytes(text)


def upload(
    list_id: ListId,
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="What you signed.", show_default=False
        ),
    ],
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="As it was given out.", show_default=False)
    ],
    form: FormName = DEFAULT_FORM,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Have a list served as you signed it, if it is, to the letter, the list as it is now."""
    body = path.read_bytes()
    if form.endswith("jwt"):
        body = body.strip()  # an editor's line end is no part of a token
    with open_to_write(database) as opened:
        new = opened.run(opened.service.publisher.issuer_signed.upload(tenant, list_id, form, version, body))
    typer.echo(f"Served from now on, sequence {new.sequence}, valid until {format_instant(new.valid_until)}.")
