"""``ler-trust lists``: an issuer's status lists, from creation to publication."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from ler_trust.cli import list_bulk, list_signing, options
from ler_trust.cli.opening import Opened, open_to_read, open_to_write
from ler_trust.cli.table import console, print_plain
from ler_trust.errors import Conflict
from ler_trust.model.instant import SECOND, format_instant
from ler_trust.model.records import ListRecord, StatusChange
from ler_trust.status.allocation import MAX_ENTRIES
from ler_trust.status.forms import DEFAULT_FORM
from ler_trust.status.publisher import DEFAULT_TTL, MAX_TTL, MIN_LENGTH, PURPOSES

app = typer.Typer(no_args_is_help=True, help="Keep status lists: create, allocate, revoke, suspend, publish.")

_ACTOR = "command line"

ListId = Annotated[str, typer.Argument(metavar="LIST", help="The list's id.", show_default=False)]
Indices = Annotated[
    list[int], typer.Argument(metavar="INDEX...", min=0, help="Allocated entries.", show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="For the audit trail.")]


@app.command()
def create(
    purpose: Annotated[str, typer.Option("--purpose", help=f"{' or '.join(PURPOSES)}.", show_default=False)],
    key: Annotated[str, typer.Option("--key", metavar="ID", help="The signing key.", show_default=False)],
    length: Annotated[int, typer.Option("--length", help="How many entries.")] = MIN_LENGTH,
    ttl: Annotated[
        int,
        typer.Option(
            "--ttl", min=1, max=MAX_TTL // SECOND, help="How long verifiers may keep it, in seconds."
        ),
    ] = DEFAULT_TTL // SECOND,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Create a list for one purpose and print its id and URL."""
    with open_to_write(database) as opened:
        publisher = opened.service.publisher
        record = opened.run(publisher.create_list(tenant, purpose, key, length=length, ttl=ttl * SECOND))
    typer.echo(f"{record.id}\n{record.url}")


@app.command()
def show(
    list_id: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="One list's id; all without.", show_default=False)
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Show the lists, or one list with its audit trail."""
    with open_to_read(database) as opened:
        if list_id is None:
            _show_all(opened, tenant)
        else:
            _show_one(opened, _record(opened, tenant, list_id))


@app.command()
def allocate(
    list_id: ListId,
    count: Annotated[int, typer.Option("--count", min=1, max=MAX_ENTRIES, help="How many entries.")] = 1,
    form: list_signing.FormName = DEFAULT_FORM,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Hand out entries and print each as a credentialStatus object, or a status claim for tokens."""
    with open_to_write(database) as opened:
        publisher = opened.service.publisher
        publisher.require_form(form)
        entries = opened.run(publisher.allocate(tenant, list_id, count))
        said = opened.run(publisher.in_form(form, entries))
    for entry in said:
        typer.echo(orjson.dumps(dict(entry)))


@app.command()
def revoke(
    list_id: ListId,
    indices: Indices,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Revoke entries of a revocation list, for good."""
    _change(database, tenant, list_id, [StatusChange(index, 1, reason) for index in indices], "revocation")


@app.command()
def suspend(
    list_id: ListId,
    indices: Indices,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Suspend entries of a suspension list, until they are reinstated."""
    _change(database, tenant, list_id, [StatusChange(index, 1, reason) for index in indices], "suspension")


@app.command()
def reinstate(
    list_id: ListId,
    indices: Indices,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Take back the suspension of entries."""
    _change(database, tenant, list_id, [StatusChange(index, 0, reason) for index in indices], "suspension")


@app.command()
def rekey(
    list_id: ListId,
    key: Annotated[str, typer.Option("--key", metavar="ID", help="The signing key.", show_default=False)],
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Have a list signed by another key, at once and from now on."""
    with open_to_write(database) as opened:
        opened.run(opened.service.publisher.rekey(tenant, list_id, key))
    typer.echo(f"The list is signed by {key} from now on.")


@app.command()
def publish(
    list_id: ListId,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there.", show_default=False)
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Publish the list as it stands and print the signed credential, as it is served."""
    with open_to_write(database) as opened:
        _record(opened, tenant, list_id)
        published = opened.run(opened.service.publisher.published(list_id))
    if output is None:
        typer.echo(published.body)
    else:
        output.write_bytes(published.body)


app.command("allocate-file")(list_bulk.allocate_file)
app.command("change-file")(list_bulk.change_file)
app.command("history")(list_bulk.history)
app.command("unsigned")(list_signing.unsigned)
app.command("upload")(list_signing.upload)


def _change(
    database: str | None, tenant: str, list_id: str, changes: list[StatusChange], purpose: str
) -> None:
    with open_to_write(database) as opened:
        record = _record(opened, tenant, list_id)
        if record.purpose != purpose:
            raise Conflict(
                "request.conflict", f"the list {list_id} is for {record.purpose}, not for {purpose}"
            )
        sequence = opened.run(opened.service.publisher.change(tenant, list_id, changes, actor=_ACTOR))
    noun = "entry" if len(changes) == 1 else "entries"
    typer.echo(f"{len(changes)} {noun} changed; the list is at sequence {sequence}.")


def _record(opened: Opened, tenant: str, list_id: str) -> ListRecord:
    record = opened.run(opened.service.store.list_record(list_id))
    if record is None or record.tenant != tenant:
        raise Conflict("request.not_found", f"there is no status list {list_id}")
    return record


def _show_all(opened: Opened, tenant: str) -> None:
    records = opened.run(opened.service.store.list_records(tenant))
    headings = ("List", "Purpose", "Entries", "Allocated", "Sequence", "Key")
    rows = [
        (one.id, one.purpose, str(one.length), str(one.allocated), str(one.sequence), one.signing_key)
        for one in records
    ]
    print_plain(console(), headings, rows)


def _show_one(opened: Opened, record: ListRecord) -> None:
    state = opened.run(opened.service.store.state(record.id))
    changes = opened.run(opened.service.store.changes(record.id))
    facts = (
        ("list", record.id),
        ("url", record.url),
        ("purpose", record.purpose),
        ("entries", f"{record.length}, {record.allocated} allocated, {len(state.values)} set"),
        ("signing key", record.signing_key),
        ("created", format_instant(record.created_at)),
        ("sequence", str(state.sequence)),
    )
    page = console()
    print_plain(page, ("", ""), facts)
    rows = [
        (
            str(one.sequence),
            format_instant(one.recorded_at),
            str(one.index),
            str(one.value),
            one.actor,
            one.reason,
        )
        for one in changes
    ]
    print_plain(page, ("Sequence", "Recorded", "Entry", "Value", "By", "Reason"), rows)
