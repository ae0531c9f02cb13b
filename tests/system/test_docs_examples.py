"""Every example that the pages show is run somewhere; here those that no other test runs.

``docs/cli.md`` (console) is typed by test_cli_docs, ``docs/http-api.md`` sent by test_web_documentation.
"""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any, Final

import orjson
import pytest

from ler_trust.client import StatusClient
from ler_trust.config import CONFIG_VARIABLE, load_settings
from tests.kit.command_line import Served, environment, ler_trust, serving, started
from tests.kit.command_server import program
from tests.kit.issuing import encoded, signed_badge

ROOT: Final = Path(__file__).parents[2]
_BLOCK: Final = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_USUAL: Final = "http://127.0.0.1:8080"


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the examples of a page: language and text."""
    return _BLOCK.findall((ROOT / page).read_text("utf-8"))


def example(page: str, beginning: str) -> str:
    """Return the example that begins so; fails when the page has none, or several."""
    [found] = [text for _, text in blocks(page) if text.startswith(beginning)]
    return found


ELSEWHERE: Final = {
    ("README.md", "make demo"): "test_docs: the targets are there; test_demo",
    ("README.md", "make serve"): "test_docs",
}
HERE: Final = {
    ("README.md", ".venv/bin/ler-trust verify"),
    ("README.md", "curl "),
    ("docs/cli.md", "ler-trust serve"),
    ("docs/cli.md", "LER_TRUST_SIGNER_TOKEN=... ler-trust signer"),
    ("docs/operations.md", "[[signers]]"),
    ("docs/operations.md", "pip install 'ler-trust[pkcs11]'"),  # run by test_signer_hardware on a token
    ("docs/for-issuers.md", "from ler_trust.client import StatusClient\n\nasync with"),
}
LANGUAGES: Final = {("docs/cli.md", "console"), ("docs/http-api.md", "http")}
PAGES: Final = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/**/*.md")))]


@pytest.mark.parametrize("page", PAGES)
def test_every_example_is_run_by_a_test(page: str) -> None:
    known = [beginning for name, beginning in {*ELSEWHERE, *HERE} if name == page]
    for language, text in blocks(page):
        is_function = language == "python" and "def " in text  # called by the tests of what it is for
        if is_function or (page, language) in LANGUAGES:
            continue
        assert any(text.startswith(beginning) for beginning in known), text


# ── For issuers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "data", LER_TRUST_PUBLIC_BASE_URL="https://trust.example.org") as running:
        yield running


def test_program_of_an_issuer(service: Served) -> None:
    """The example is run as it is, in a function and at the address of a running service."""
    service.call("POST", "/v1/signing-keys", {"name": "college"})
    service.call("POST", "/v1/status-lists", {"purpose": "revocation", "signing_key": "college"})
    text = example("docs/for-issuers.md", "from ler_trust.client import StatusClient\n\nasync with")
    text = text.replace("https://trust.example.org", service.url)
    body = f"async def run(token):\n{indent(text, '    ')}    return entries\n"
    names: dict[str, Any] = {}
    exec(body, names)  # noqa: S102 - the page's own words
    entries = asyncio.run(names["run"](service.token))
    assert [entry["statusPurpose"] for entry in entries] == ["revocation", "revocation"]

    async def changes() -> list[dict[str, Any]]:
        assert service.token is not None
        async with StatusClient(service.url, service.token) as client:
            list_id = entries[0]["statusListCredential"].rpartition("/")[2]
            return [change async for change in client.history(list_id)]

    [change] = asyncio.run(changes())
    assert (str(change["index"]), change["reason_code"]) == (entries[0]["statusListIndex"], "superseded")


# ── README ──────────────────────────────────────────────────────────────────────────────────────────


def shell(text: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Type ``text`` in ``folder``, one line after the other, whatever each ends in."""
    return subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=environment(folder / "data", **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_records_in_a_file_and_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "badge.json").write_bytes(encoded(signed_badge()))
    for number in range(3):
        (tmp_path / f"folder/{number}.json").write_bytes(encoded(signed_badge(number=number)))
    text = example("README.md", ".venv/bin/ler-trust verify").replace(".venv/bin/", "")
    if shutil.which("jq") is None:
        text = text.replace("| jq .outcome", '| grep -o \'"outcome":"[a-z]*"\' | cut -d: -f2')
    with program(tmp_path) as path:
        ran = shell(text, tmp_path, PATH=f"{path}{os.pathsep}{os.environ['PATH']}")
    assert ran.stderr == ""
    assert "1 record: 1 valid" in ran.stdout
    assert [line for line in ran.stdout.splitlines() if line.startswith('"')] == ['"valid"'] * 3


@pytest.mark.skipif(shutil.which("curl") is None, reason="NOT RUN: there is no curl")
def test_one_record_by_curl(service: Served, tmp_path: Path) -> None:
    text = example("README.md", "curl ").replace(_USUAL, service.url)
    assert service.token is not None
    ran = shell(text, tmp_path, KEY=service.token)
    assert ran.returncode == 0
    [result] = orjson.loads(ran.stdout)["results"]
    assert (result["id"], result["outcome"], result["checks"][0]["check"]) == ("a1", "invalid", "format")


# ── The command line: what goes on until it is ended ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        ("ler-trust serve", b"Listening on http://127.0.0.1:"),
        ("LER_TRUST_SIGNER_TOKEN=... ler-trust signer", b"Signing on http://127.0.0.1:"),
    ],
)
def test_command_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginning: str, says: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    words = example("docs/cli.md", beginning).split()
    variables = dict(word.split("=", 1) for word in words[: words.index("ler-trust")])
    arguments = [word.replace("8080", "0") for word in words[words.index("ler-trust") + 1 :]]
    if "--port" not in arguments:
        arguments += ["--port", "0"]
    if variables:
        variables = dict.fromkeys(variables, "a-secret-of-thirty-two-characters!")
    with started(*arguments, data=tmp_path / "data", **variables) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(line.startswith(says) for line in lines)


# ── Operations ──────────────────────────────────────────────────────────────────────────────────────


def test_signers_in_the_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ler-trust.toml").write_text(example("docs/operations.md", "[[signers]]"))
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / "ler-trust.toml"))
    [signer] = load_settings().signers
    assert (signer.name, signer.url) == ("vault", "https://signer.internal.example.org")


def test_options_for_keys_in_hardware(tmp_path: Path) -> None:
    text = example("docs/operations.md", "pip install 'ler-trust[pkcs11]'")
    options = set(re.findall(r"--[a-z0-9-]+", text))
    assert len(options) == 5
    assert "pkcs11 = [" in (ROOT / "pyproject.toml").read_text("utf-8")
    known = ler_trust("signer", "--help", data=tmp_path).output
    assert all(re.search(rf"{option}\b", known) for option in options)
