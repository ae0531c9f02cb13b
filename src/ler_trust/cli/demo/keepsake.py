"""What ``--keep`` leaves behind: the badges, and the evidence to judge them by without a network."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson

from ler_trust.cli.demo.plan import Role
from ler_trust.cli.demo.play import Issuer
from ler_trust.cli.demo.stage import Stage
from ler_trust.codec.did_url import parse_did_url
from ler_trust.net.offline import INDEX
from ler_trust.resolve.plugins import load_did_methods

BADGES: Final = "badges.ndjson"


async def keep_evidence(
    folder: Path, stage: Stage, lines: Sequence[bytes], issuers: Mapping[Role, Issuer]
) -> None:
    """Write the request's ``lines`` and every public document they need, with an index of their URLs."""
    index: dict[str, str] = {}
    for number, url in enumerate(_urls(issuers.values()), 1):
        async with stage.session.get(stage.address + urlsplit(url).path) as response:
            response.raise_for_status()
            content = await response.read()
        index[url] = f"evidence-{number}.json"
        await asyncio.to_thread((folder / index[url]).write_bytes, content)
    await asyncio.to_thread((folder / BADGES).write_bytes, b"\n".join(lines) + b"\n")
    await asyncio.to_thread((folder / INDEX).write_bytes, orjson.dumps(index, option=orjson.OPT_INDENT_2))


def _urls(issuers: Iterable[Issuer]) -> list[str]:
    """Return where the issuers' DID documents and status lists are published."""
    methods = load_did_methods(("key", "web"))
    urls = []
    for issuer in issuers:
        did = parse_did_url(issuer.signer.issuer)
        urls += [request.url for request in methods[did.method].locate(did)]
        urls += [] if issuer.desk is None else issuer.desk.urls
    return urls
