"""``ler-trust signer``: holds keys and signs with them for a service elsewhere."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

import typer
from aiohttp import web

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import KeyKind
from ler_trust.observe import log
from ler_trust.signing_server.app import build_app
from ler_trust.signing_server.holders import KeyHolder, KeysInFile, add_keys
from ler_trust.signing_server.pin import pin_from

_CALLERS: Final = "LER_TRUST_SIGNER_TOKEN"
_PIN: Final = "LER_TRUST_SIGNER_PIN"
_SHORTEST: Final = 16  # characters of what callers show: it guards every key that is held


def signer(
    path: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Keys, in a file of its own.", show_default=False)
    ] = None,
    module: Annotated[
        str,
        typer.Option("--pkcs11", metavar="MODULE", help="Keys in hardware, by this PKCS#11 library."),
    ] = "",
    token_label: Annotated[
        str, typer.Option("--token-label", metavar="LABEL", help="The hardware token that has the keys.")
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="LABEL", help="A key of the token that may be used."),
    ] = None,
    pin_file: Annotated[
        Path | None, typer.Option("--pin-file", metavar="FILE", help="The token's PIN.", show_default=False)
    ] = None,
    pin_command: Annotated[
        str, typer.Option("--pin-command", metavar="COMMAND", help="Writes the PIN; run without a shell.")
    ] = "",
    new: Annotated[
        list[str] | None,
        typer.Option("--new", metavar="NAME", help="Make a key of this name first, unless there is one."),
    ] = None,
    kind: Annotated[KeyKind, typer.Option("--kind", help="The kind of new keys.")] = KeyKind.ED25519,
    secret_file: Annotated[
        Path | None,
        typer.Option("--secret-file", metavar="FILE", help="What callers must show.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="TCP port on loopback.")] = 9300,
) -> None:
    """Hold issuers' keys and sign with them for a service that does not; listens on loopback.

    The keys are in a file (a JSON object of names, each with "kind" and "seed", 64 hexadecimal digits) or in
    a hardware token. No secret is an argument, where other users of the machine would see it: what callers
    must show is in --secret-file or LER_TRUST_SIGNER_TOKEN, the token's PIN in --pin-file, written by
    --pin-command, or in LER_TRUST_SIGNER_PIN.
    """
    if (path is None) == (not module):
        raise typer.BadParameter("give the FILE that has the keys, or the --pkcs11 library that reaches them")
    log.configure()
    secret = _secret(secret_file)
    if path is not None:
        if new or not path.exists():
            add_keys(path, new or (), kind)
        holder: KeyHolder = KeysInFile(path)
    else:
        pin = (pin_file, pin_command, os.environ.pop(_PIN, ""))
        holder = _hardware(module, token_label, pin, [*(key or ()), *(new or ())], new or [], kind)
    asyncio.run(_serve(build_app(holder, secret), port))


def _secret(file: Path | None) -> str:
    given = os.environ.pop(_CALLERS, "")
    if (file is None) == (not given):
        raise typer.BadParameter(f"give what callers must show in --secret-file or as {_CALLERS}")
    secret = given if file is None else file.read_text("utf-8").strip()
    if len(secret) < _SHORTEST:
        raise typer.BadParameter(f"what callers must show has {_SHORTEST} characters at least")
    return secret


def _hardware(
    module: str,
    token_label: str,
    pin: tuple[Path | None, str, str],
    names: list[str],
    new: list[str],
    kind: KeyKind,
) -> KeyHolder:
    """Return the keys in a token, looked for once, so that what is wrong shows at the start.

    It does not end the process: one that is started again and again with a wrong PIN would lock the token.
    """
    from ler_trust.signing_server.hardware import (
        HardwareKeys,
    )  # loads native code, so only where it is wanted

    if not (token_label and names):
        raise typer.BadParameter("give the --token-label and each --key of it that may be used")
    if kind not in (KeyKind.ED25519, KeyKind.P256, KeyKind.P384):
        raise ConfigurationError(f"a {kind} key is not made in hardware here")
    held = HardwareKeys(module, token_label, pin_from(*pin), names)
    try:
        for name in new:
            held.make(name, kind)
        for name in names:
            held.public_key(name)
    except Undecided as finding:
        typer.echo(f"ler-trust: {finding.code.summary} ({finding.detail}) [{finding.code.name}]", err=True)
    return held


async def _serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        typer.echo(f"Signing on http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
