"""The signer as an operator runs it: a process before a hardware token, and a service that asks it."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ler_trust.model.records import Role
from tests.kit.clock import SteppedClock
from tests.kit.command_line import ler_trust, started
from tests.kit.running_service import NOON, problem, running
from tests.kit.softhsm import LABEL, PIN, SoftToken, soft_token
from tests.unit.test_keys_elsewhere import taken
from tests.unit.web.test_web_status_lists import entries

SECRET = "what callers must show"
_LISTENING = re.compile(rb"http://127\.0\.0\.1:([0-9]+)")


@pytest.fixture
def token(tmp_path: Path) -> Iterator[SoftToken]:
    with soft_token(tmp_path) as token:
        yield token


def private_file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content + "\n")
    path.chmod(0o600)
    return path


@contextmanager
def signer(
    token: SoftToken, folder: Path, *arguments: str, pin: str = PIN, port: int = 0
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """Run a signer before ``token``; give its process and its address."""
    files = (
        "--pin-file",
        str(private_file(folder, "pin", pin)),
        "--secret-file",
        str(private_file(folder, "secret", SECRET)),
    )
    hardware = ("--pkcs11", token.module, "--token-label", LABEL, "--port", str(port))
    variables: Any = token.environment
    with started("signer", *hardware, *files, *arguments, **variables) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = _LISTENING.search(line)
        assert found is not None, process.stderr and process.stderr.read()
        yield process, found.group().decode()


def told(process: "subprocess.Popen[bytes]") -> str:
    """End a signer, and return all that it has written."""
    process.kill()
    output, errors = process.communicate()
    return (output + errors).decode()


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
async def test_lists_are_signed_by_hardware_whatever_happens_to_it(
    token: SoftToken, tmp_path: Path, kind: str
) -> None:
    clock = SteppedClock(NOON)
    with signer(token, tmp_path, "--new", "college", "--kind", kind) as (process, url):
        port = int(url.rpartition(":")[2])
        configured = [{"name": "vault", "url": url, "token": SECRET}]
        quiet: Any = {"clock": clock, "lists": {"publish_seconds": 3_600}}
        async with running(tmp_path / "data", signers=configured, **quiet) as service:
            headers = await service.headers(Role.ISSUER)
            key = await taken(service, headers, key="college")
            assert key["kind"] == kind
            body = {"purpose": "revocation", "signing_key": key["id"]}
            list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
            path = f"/status-lists/{list_id}"
            first = await (await service.client.get(path)).read()

            async def revoke() -> None:
                [entry] = await entries(service, headers, list_id, 1)
                changes = {"status": "revoked", "changes": [{"entry": entry}]}
                assert (await service.post(f"/v1{path}/changes", changes, headers)).status == 200

            token.take_away()
            clock.advance(60_000)
            assert await (await service.client.get(path)).read() == first
            await revoke()
            await problem(await service.client.get(path), 503, "request.unavailable")
            assert "the signer vault: signer.device_missing" in await degraded(service)
            token.bring_back()
            second = await (await service.client.get(path)).read()
            assert second != first
            assert await degraded(service) == []

            written = told(process)
            await revoke()
            await problem(await service.client.get(path), 503, "request.unavailable")
            assert "the signer vault: signer.unreachable" in await degraded(service)
            with signer(token, tmp_path, "--key", "college", port=port) as (another, _):
                clock.advance(60)
                assert (await service.client.get(path)).status == 200
                written += told(another)
    assert PIN not in written
    assert SECRET not in written
    assert "signer.device_missing" in written


async def degraded(service: Any) -> list[str]:
    ready = await (await service.client.get("/readyz")).json()
    found: list[str] = ready["degraded"]
    return found


async def test_wrong_pin_leaves_the_signer_running_and_the_token_unlocked(
    token: SoftToken, tmp_path: Path
) -> None:
    """A process that ended would be started again, try again, and lock the token."""
    configured = [{"name": "vault", "url": "", "token": SECRET}]
    with signer(token, tmp_path, "--key", "college", pin="wrong-1357") as (process, url):
        configured[0]["url"] = url
        async with running(tmp_path / "data", signers=configured) as service:
            headers = await service.headers(Role.ISSUER)
            for _ in range(5):
                refused = await service.post(
                    "/v1/signing-keys", {"signer": "vault", "key": "college"}, headers
                )
                await problem(refused, 503, "signer.locked")
            private_file(tmp_path, "pin", PIN)
            refused = await service.post("/v1/signing-keys", {"signer": "vault", "key": "college"}, headers)
            await problem(refused, 422, "signer.key_missing")
        assert process.poll() is None
        written = told(process)
    assert written.count("refused the PIN") == 1
    assert "1357" not in written


def test_no_secret_is_among_the_arguments_or_the_variables_of_what_is_started(
    token: SoftToken, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    script = private_file(tmp_path, "command", f"#!/bin/sh\nenv > {seen}\necho {PIN}")
    script.chmod(0o700)
    arguments = ["--pkcs11", token.module, "--token-label", LABEL, "--new", "college", "--port", "0"]
    with started(
        "signer",
        *arguments,
        "--pin-command",
        str(script),
        data=None,
        LER_TRUST_SIGNER_TOKEN=SECRET,
        **token.environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        shown = Path(f"/proc/{process.pid}/cmdline")
        if shown.exists():
            assert PIN.encode() not in shown.read_bytes()
        told(process)
    assert "SOFTHSM2_CONF" in seen.read_text()
    assert SECRET not in seen.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give the FILE"),
        (("keys.json", "--pkcs11", "lib.so"), "give the FILE"),
        (("--pkcs11", "/nowhere/lib.so", "--token-label", "a", "--key", "b"), "not a PKCS#11 module"),
        (("--pkcs11", "/nowhere/lib.so", "--key", "b"), "--token-label"),
        (("--pkcs11", "/nowhere/lib.so", "--token-label", "a"), "each --key"),
        (("--pkcs11", "x", "--token-label", "a", "--key", "b", "--pin-file", os.devnull), "one of them"),
    ],
)
def test_command_line_that_cannot_be_meant_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    ran = ler_trust("signer", *arguments, LER_TRUST_SIGNER_TOKEN=SECRET, LER_TRUST_SIGNER_PIN=PIN)
    assert ran.status == 64
    assert sentence in ran.errors
    assert PIN not in ran.errors


@pytest.mark.parametrize("secret", ["", "short"])
def test_what_callers_must_show_is_there_and_long_enough(secret: str, tmp_path: Path) -> None:
    ran = ler_trust("signer", str(tmp_path / "keys.json"), LER_TRUST_SIGNER_TOKEN=secret)
    assert ran.status == 64
    assert not (tmp_path / "keys.json").exists()
