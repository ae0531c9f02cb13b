"""The path as the client wrote it, where its percent-encoding has a meaning of its own."""

from urllib.parse import unquote

from aiohttp import web


def raw_tail(request: web.Request, prefix: str) -> str:
    """Return what follows ``prefix`` in the request's path: an identifier, encoded as a whole or not at all.

    ``did:web:localhost%3A8080`` contains an encoded colon that belongs to the DID; the same, sent as
    ``did%3Aweb%3Alocalhost%253A8080``, is decoded once.
    """
    raw = request.raw_path.partition("?")[0].partition(prefix)[2]
    return raw if ":" in raw else unquote(raw, errors="replace")
