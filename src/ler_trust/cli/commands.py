"""The commands of ``ler-trust`` and the options before them."""

from typing import Annotated

import typer

from ler_trust import __version__
from ler_trust.cli import doctor, keys, lists, policies, registry, resolve, serve, signer, verify
from ler_trust.cli.demo import command as demo

app = typer.Typer(
    name="ler-trust",
    help="Verify learning and employment records, and keep the status lists and registries behind them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("verify")(verify.verify)
app.command("resolve")(resolve.resolve)
app.command("serve")(serve.serve)
app.add_typer(lists.app, name="lists")
app.add_typer(registry.app, name="registry")
app.add_typer(keys.app, name="keys")
app.add_typer(policies.app, name="policies")
app.command("signer")(signer.signer)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


@app.callback(invoke_without_command=True)
def before(
    context: typer.Context,
    _debug: Annotated[bool, typer.Option("--debug", help="Show errors in full.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Verify learning and employment records, and keep the status lists and registries behind them."""
    if version:
        typer.echo(f"ler-trust {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.BadParameter("no command was given; see ler-trust --help")
