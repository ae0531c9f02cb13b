"""``ler-trust keys``: API keys for clients, signing keys for issuers."""

from typing import Annotated

import typer

from ler_trust.accounts import mint_api_key
from ler_trust.cli import options
from ler_trust.cli.opening import open_to_read, open_to_write
from ler_trust.cli.table import console, print_plain
from ler_trust.errors import Conflict
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import format_instant
from ler_trust.model.records import Role

app = typer.Typer(no_args_is_help=True, help="Keep API keys and issuers' signing keys.")


@app.command()
def create(
    role: Annotated[list[Role], typer.Option("--role", help="What it may do; can be given several times.")],
    label: Annotated[str, typer.Option("--label", metavar="TEXT", help="What it is for.")] = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Make an API key and print its token, which is shown this once and kept nowhere."""
    with open_to_write(database) as opened:
        service = opened.service
        now = service.clock.now()
        opened.run(service.store.create_tenant(tenant, now))
        key, token = mint_api_key(tenant, role, label, now)
        opened.run(service.store.put_api_key(key))
    typer.echo(token)


@app.command("list")
def list_keys(database: options.Database = None, tenant: options.Tenant = options.FIRST_TENANT) -> None:
    """List the API keys, revoked ones included."""
    with open_to_read(database) as opened:
        keys = opened.run(opened.service.store.api_keys(tenant))
    rows = [
        (
            key.id,
            ", ".join(sorted(key.roles)),
            key.label,
            format_instant(key.created_at),
            "" if key.revoked_at is None else format_instant(key.revoked_at),
        )
        for key in keys
    ]
    print_plain(console(), ("Key", "Roles", "Label", "Created", "Revoked"), rows)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The API key's id.", show_default=False)],
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Revoke an API key; a running service refuses it within seconds."""
    with open_to_write(database) as opened:
        service = opened.service
        revoked = opened.run(service.store.revoke_api_key(tenant, key, service.clock.now()))
    if not revoked:
        raise Conflict("request.not_found", f"there is no API key {key} that is not revoked already")
    typer.echo(f"The API key {key} is revoked.")


@app.command("create-signing")
def create_signing(
    kind: Annotated[KeyKind, typer.Option("--kind", help="The kind of key.")] = KeyKind.ED25519,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", help="Make a did:web issuer of this name, else a did:key one.", show_default=False
        ),
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Make an issuer's signing key, keep it encrypted, and print its id and the issuer's DID."""
    with open_to_write(database) as opened:
        opened.run(opened.service.store.create_tenant(tenant, opened.service.clock.now()))
        key = opened.run(opened.service.issuers.create(tenant, kind, name))
    typer.echo(f"{key.id}\n{key.issuer}")


@app.command("add-signing")
def add_signing(
    method: Annotated[
        str,
        typer.Argument(
            metavar="METHOD", help="The key's verification method, a DID URL.", show_default=False
        ),
    ],
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Note a key that you keep yourself, to sign lists with it; print its id and the issuer's DID."""
    with open_to_write(database) as opened:
        opened.run(opened.service.store.create_tenant(tenant, opened.service.clock.now()))
        key = opened.run(opened.service.issuers.name(tenant, method))
    typer.echo(f"{key.id}\n{key.issuer}")


@app.command()
def reseal(database: options.Database = None) -> None:
    """Encrypt all stored keys with the present master key, after it has replaced the previous one."""
    with open_to_write(database) as opened:
        count = opened.run(opened.service.issuers.reseal())
    typer.echo(f"{count} secrets are sealed with the present master key.")


@app.command("list-signing")
def list_signing(database: options.Database = None, tenant: options.Tenant = options.FIRST_TENANT) -> None:
    """List the issuers' signing keys."""
    with open_to_read(database) as opened:
        keys = opened.run(opened.service.store.signing_keys(tenant))
    rows = [(key.id, key.kind, key.issuer, format_instant(key.created_at)) for key in keys]
    print_plain(console(), ("Key", "Kind", "Issuer", "Created"), rows)
