"""``ler-trust policies``: the named sets of checks that verdicts are made under."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ler_trust.cli import options
from ler_trust.cli.items import STDIN
from ler_trust.cli.opening import open_to_read, open_to_write
from ler_trust.cli.table import console, print_plain
from ler_trust.codec import json_safe
from ler_trust.errors import Rejected
from ler_trust.model.policy import Policy

app = typer.Typer(no_args_is_help=True, help="Keep policies: which checks a verdict needs.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The policy's name.", show_default=False)]


@app.command("list")
def list_policies(database: options.Database = None, tenant: options.Tenant = options.FIRST_TENANT) -> None:
    """List the built-in policies and the tenant's own."""
    with open_to_read(database) as opened:
        policies = opened.run(opened.service.policies.all(tenant))
    print_plain(
        console(),
        ("Policy", "Version", "Description"),
        [(policy.id, str(policy.version), policy.description) for policy in policies],
    )


@app.command()
def show(
    name: Name, database: options.Database = None, tenant: options.Tenant = options.FIRST_TENANT
) -> None:
    """Print a policy as JSON."""
    with open_to_read(database) as opened:
        policy = opened.run(opened.service.policies.get(tenant, name))
    typer.echo(_json(policy))


@app.command()
def put(
    name: Name,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="JSON members, as show prints; - for standard input.", show_default=False
        ),
    ],
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Store a policy as the next version of its name."""
    members = json_safe.loads(sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes())
    if not isinstance(members, dict):
        raise Rejected("request.invalid", "a policy is a JSON object")
    own = {member: value for member, value in members.items() if member not in ("id", "version")}
    with open_to_write(database) as opened:
        policy = opened.run(opened.service.policies.put(tenant, name, own))
    typer.echo(f"{policy.id}, version {policy.version}")


def _json(policy: Policy) -> bytes:
    return orjson.dumps(asdict(policy), option=orjson.OPT_INDENT_2)
