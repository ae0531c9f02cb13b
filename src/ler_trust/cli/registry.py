"""``ler-trust registry``: who is trusted to issue what, decided and looked up."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ler_trust.cli import options
from ler_trust.cli.endings import ExitStatus
from ler_trust.cli.opening import Opened, open_to_read, open_to_write
from ler_trust.cli.table import console, print_plain
from ler_trust.errors import Failure
from ler_trust.model.instant import Instant, format_instant
from ler_trust.model.statement import Registry, Statement, TrustAnswer
from ler_trust.trust.decisions import StatementDraft

app = typer.Typer(no_args_is_help=True, help="Keep registries of trusted issuers.")

Id = Annotated[str, typer.Argument(metavar="REGISTRY", help="The registry's id.", show_default=False)]
StatementId = Annotated[
    str, typer.Argument(metavar="STATEMENT", help="The statement's id.", show_default=False)
]
Time = Annotated[str | None, typer.Option("--at", metavar="TIME", help="From when on; now by default.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="For the record.")]


@app.command()
def add(
    registry: Id,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Its name, as results show it.")],
    authority: Annotated[
        str, typer.Option("--authority", metavar="ID", help="Who speaks: a DID or https URL.")
    ],
    governance_url: Annotated[
        str | None, typer.Option("--governance-url", metavar="URL", help="The rules it is kept by.")
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Add a registry, last in precedence."""
    with open_to_write(database) as opened:
        trust = opened.service.trust
        added = opened.run(
            trust.add_registry(tenant, registry, name, authority, governance_url=governance_url)
        )
    typer.echo(f"{added.id} is added.")


@app.command("list")
def list_registries(
    registry: Annotated[
        str | None, typer.Argument(metavar="[REGISTRY]", help="Its statements; without, the registries.")
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """List the registries in order of precedence, or the statements of one."""
    with open_to_read(database) as opened:
        trust = opened.service.trust
        if registry is None:
            _print_registries(opened.run(trust.registries(tenant)))
        else:
            _print_statements(opened.run(_statements(opened, tenant, registry)))


@app.command("add-statement")
def add_statement(
    registry: Id,
    entity: Annotated[str, typer.Option("--entity", metavar="ID", help="The issuer: a DID or https URL.")],
    name: Annotated[
        str, typer.Option("--name", metavar="TEXT", help="The issuer's name, as results show it.")
    ],
    types: Annotated[
        list[str],
        typer.Option(
            "--type", metavar="TYPE", help="A credential type; none given: any.", default_factory=list
        ),
    ],
    pins: Annotated[
        list[str],
        typer.Option("--pin", metavar="KEY", help="A multikey of an https issuer.", default_factory=list),
    ],
    jurisdiction: Annotated[
        str | None, typer.Option("--jurisdiction", metavar="CODE", help="ISO 3166, such as US-CA.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Inclusive; now by default.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Exclusive; no end by default.")
    ] = None,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Say that an issuer may issue, and print the statement's id."""
    draft = StatementDraft(
        registry=registry,
        entity=entity,
        name=name,
        types=tuple(types),
        jurisdiction=jurisdiction,
        effective_from=options.instant_or_none(begin),
        effective_until=options.instant_or_none(end),
        pinned_keys=tuple(pins),
        reason=reason,
    )
    with open_to_write(database) as opened:
        statement = opened.run(opened.service.trust.add_statement(tenant, draft))
    typer.echo(statement.id)


@app.command()
def suspend(
    statement: StatementId,
    at: Time = None,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Suspend a statement; it can be reinstated."""
    moment = options.instant_or_none(at)
    with open_to_write(database) as opened:
        trust = opened.service.trust
        _print_decided(opened.run(trust.suspend(tenant, statement, at=moment, reason=reason)))


@app.command()
def withdraw(
    statement: StatementId,
    at: Time = None,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Withdraw a statement for good, from now or from a time in the past."""
    moment = options.instant_or_none(at)
    with open_to_write(database) as opened:
        trust = opened.service.trust
        _print_decided(opened.run(trust.withdraw(tenant, statement, at=moment, reason=reason)))


@app.command()
def reinstate(
    statement: StatementId,
    at: Time = None,
    reason: Reason = "",
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """End the suspension of a statement."""
    moment = options.instant_or_none(at)
    with open_to_write(database) as opened:
        trust = opened.service.trust
        _print_decided(opened.run(trust.reinstate(tenant, statement, at=moment, reason=reason)))


@app.command()
def history(
    entity: Annotated[str, typer.Argument(metavar="ISSUER", help="A DID or https URL.", show_default=False)],
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """List every version of every statement about an issuer, in the order they were recorded."""
    with open_to_read(database) as opened:
        _print_statements(opened.run(opened.service.trust.history(tenant, entity)))


@app.command("import")
def import_files(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, show_default=False)
    ],
    registry: Annotated[
        str | None,
        typer.Option("--registry", metavar="ID", help="FILE is this registry's list of members."),
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> None:
    """Import lists of registries (known-did-registries.json), or one registry's list of members."""
    with open_to_write(database) as opened:
        for file in files:
            if registry is None:
                _import_registries(opened, tenant, file)
            else:
                _import_members(opened, tenant, registry, file)


@app.command()
def evaluate(
    issuer: Annotated[str, typer.Argument(metavar="ISSUER", help="A DID or https URL.", show_default=False)],
    types: Annotated[list[str], typer.Option("--type", metavar="TYPE", help="A type of the credential.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it was issued; now by default.")
    ] = None,
    jurisdiction: Annotated[
        str | None, typer.Option("--jurisdiction", metavar="CODE", help="Where recognition is needed.")
    ] = None,
    database: options.Database = None,
    tenant: options.Tenant = options.FIRST_TENANT,
) -> int:
    """Say as JSON what the registries say of an issuer, when it issued and now.

    Exit status: 0 a registry recognises it for then, 1 it is known and not recognised for that,
    2 no registry that could be asked knows it.
    """
    moment = options.instant_or_none(at)
    with open_to_read(database) as opened:
        now = opened.service.clock.now()
        issued = now if moment is None else moment
        view = opened.run(opened.service.trust.view(tenant))
    answer = view.answer(issuer, types, issued_at=issued, now=now, jurisdiction=jurisdiction, registries=None)
    typer.echo(orjson.dumps(_answer_json(issuer, issued, answer), option=orjson.OPT_INDENT_2))
    return _status(answer)


async def _statements(opened: Opened, tenant: str, registry_id: str) -> list[Statement]:
    registry = await opened.service.trust.registry(tenant, registry_id)
    return list(await opened.service.trust.statements(tenant, registry.id))


def _import_registries(opened: Opened, tenant: str, file: Path) -> None:
    imported = opened.run(opened.service.trust.import_known_registries(tenant, file.read_bytes()))
    typer.echo(
        f"{file}: {len(imported)} registries. Their members are read by the service, or by --registry."
    )
    _print_registries(imported)


def _import_members(opened: Opened, tenant: str, registry: str, file: Path) -> None:
    outcome = opened.run(opened.service.trust.import_list(tenant, registry, file.read_bytes()))
    typer.echo(f"{file}: " + ", ".join(f"{count} {what}" for what, count in asdict(outcome).items()))


def _print_registries(registries: Sequence[Registry]) -> None:
    rows = [
        (one.id, one.name, one.authority, one.source or "kept here", _state(one.unchecked))
        for one in registries
    ]
    print_plain(console(), ("Registry", "Name", "Authority", "Source", "State"), rows)


def _state(unchecked: Failure | None) -> str:
    return "in use" if unchecked is None else f"not to be relied on: {unchecked.detail}"


def _print_statements(statements: Sequence[Statement]) -> None:
    rows = [
        (
            str(one.sequence),
            one.id,
            one.name,
            one.entity,
            ", ".join(one.types) or "any type",
            one.jurisdiction or "anywhere",
            one.status.value,
            _period(one.effective_from, one.effective_until),
        )
        for one in statements
    ]
    headings = ("Sequence", "Statement", "Name", "Issuer", "Types", "Where", "Status", "Effective")
    print_plain(console(), headings, rows)


def _period(begin: Instant, end: Instant | None) -> str:
    return f"{format_instant(begin)} to {'…' if end is None else format_instant(end)}"


def _print_decided(statement: Statement) -> None:
    since = format_instant(statement.effective_from)
    typer.echo(
        f"{statement.id} is {statement.status.value} from {since}, recorded as number {statement.sequence}."
    )


def _answer_json(issuer: str, issued_at: Instant, answer: TrustAnswer) -> dict[str, object]:
    return {
        "issuer": issuer,
        "issued_at": format_instant(issued_at),
        "matching": [asdict(match) for match in answer.matching],
        "unchecked": [{"registry": name, "reason": failure.detail} for name, failure in answer.unchecked],
        "sequence": answer.sequence,
    }


def _status(answer: TrustAnswer) -> ExitStatus:
    if any(match.at_issuance for match in answer.matching):
        return ExitStatus.YES
    return ExitStatus.NO if answer.matching and not answer.unchecked else ExitStatus.UNDECIDED
