"""Answers fetches from files in a folder, so that records can be judged without a network."""

import asyncio
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from ler_trust.codec import json_safe
from ler_trust.contracts import Clock, Fetched, FetchRequest
from ler_trust.errors import ConfigurationError, Rejected, Undecided
from ler_trust.net.body import too_large

INDEX: Final = "index.json"
_MAX_INDEX_BYTES: Final = 1024 * 1024
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".jwt": "application/jwt",
    ".txt": "text/plain",
    ".html": "text/html",
}


class OfflineFetcher:
    """Maps URLs to files by ``index.json`` in ``directory``, an object of URL to path in that folder.

    Raises ``ConfigurationError`` when the index cannot be read or names something that is not a file in the
    folder. ``fetches`` counts calls of ``fetch``.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.fetches = 0
        self._clock = clock
        self._directory = directory.resolve()
        self._files = {
            _without_fragment(url): _confined(self._directory, url, name)
            for url, name in _read_index(self._directory / INDEX).items()
        }

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Return the file listed for ``request.url``, as fetched now.

        Raises ``Undecided`` with ``fetch.offline`` for a URL that is not listed or a file that cannot be
        read any more, ``fetch.too_large`` for one over the limit.
        """
        self.fetches += 1
        path = self._files.get(_without_fragment(request.url))
        if path is None:
            raise Undecided("fetch.offline", f"{INDEX} does not list this address")
        body = await asyncio.to_thread(self._read, path, request.max_bytes + 1)
        if len(body) > request.max_bytes:
            raise too_large(request.max_bytes)
        media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/json")
        return Fetched(request.url, body, media_type, self._clock.now())

    def _read(self, path: Path, size: int) -> bytes:
        try:
            if path.resolve().is_relative_to(self._directory):  # still: a link may have been put there since
                with path.open("rb") as file:
                    return file.read(size)
        except OSError:
            pass
        raise Undecided("fetch.offline", f"the file {path.name} cannot be read")


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _read_index(path: Path) -> Mapping[str, str]:
    try:
        with path.open("rb") as file:
            index = json_safe.loads(file.read(_MAX_INDEX_BYTES))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except Rejected as finding:
        raise ConfigurationError(f"{path} is not readable JSON: {finding.detail}") from finding
    if not isinstance(index, dict):
        raise ConfigurationError(f"{path} is not a JSON object of URL to file")
    for url, name in index.items():
        if not isinstance(name, str):
            raise ConfigurationError(f"{path} does not give a file name for {url}")
    return index


def _confined(directory: Path, url: str, name: str) -> Path:
    where = f"{INDEX} lists {name!r} for {url}, which is"
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or "\\" in name or "\0" in name:
        raise ConfigurationError(f"{where} not a plain path inside the folder")
    path = (directory / relative).resolve()
    if not path.is_relative_to(directory):
        raise ConfigurationError(f"{where} a link that leads out of the folder")
    if not path.is_file():
        raise ConfigurationError(f"{where} not a file")
    return path
