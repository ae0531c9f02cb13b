from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from yarl import URL

from ler_trust.model.records import Role
from tests.kit.issuing import signer
from tests.kit.running_service import Running, running

DID = "https://www.w3.org/ns/did#"


async def resolve(service: Running, rest: str, accept: str = "*/*") -> tuple[int, str, Any]:
    """Ask for ``rest`` exactly as written; return status, media type and body."""
    headers = {**await service.headers(Role.VERIFIER), "Accept": accept}
    url = URL(f"{service.client.make_url('/')}1.0/identifiers/{rest}", encoded=True)
    async with service.client.session.get(url, headers=headers) as response:
        return response.status, response.content_type, orjson.loads(await response.read())


async def test_a_did_is_resolved(tmp_path: Path) -> None:
    did = signer().issuer
    async with running(tmp_path) as service:
        for written in (did, quote(did, safe="")):
            status, media_type, body = await resolve(service, written)
            assert (status, media_type) == (200, "application/did-resolution")
            assert body["didDocument"]["id"] == did
            assert body["didResolutionMetadata"]["contentType"] == "application/did"


@pytest.mark.parametrize("accept", ["application/did", "application/did+ld+json", "application/json"])
async def test_the_document_alone_is_given_to_who_asks_for_it(tmp_path: Path, accept: str) -> None:
    async with running(tmp_path) as service:
        status, media_type, body = await resolve(service, signer().issuer, accept)
    assert (status, media_type, body["id"]) == (200, accept, signer().issuer)


@pytest.mark.parametrize("written", ["did:web:localhost%3A8443:x", "did%3Aweb%3Alocalhost%253A8443%3Ax"])
async def test_an_encoded_port_stays_a_port(tmp_path: Path, written: str) -> None:
    async with running(tmp_path) as service:
        await resolve(service, written)
        assert service.outside.asked == ["https://localhost:8443/x/did.json"]


@pytest.mark.parametrize(
    ("written", "accept", "status", "error"),
    [
        ("did:key:zNonsense", "*/*", 400, "INVALID_DID"),
        ("nonsense", "*/*", 400, "INVALID_DID"),
        ("https://college.example.org/issuer", "*/*", 400, "INVALID_DID"),
        ("did:unheard:of", "*/*", 501, "METHOD_NOT_SUPPORTED"),
        ("did:web:gone.example.org", "*/*", 500, "INTERNAL_ERROR"),
        ("did:web:x.example.org?versionId=1", "*/*", 501, "FEATURE_NOT_SUPPORTED"),
        ("did%3Aweb%3Ax.example.org%23key-1", "*/*", 501, "FEATURE_NOT_SUPPORTED"),
        ("did:web:x.example.org", "image/png", 406, "REPRESENTATION_NOT_SUPPORTED"),
        ("did:web:127.0.0.1", "application/did", 400, "INVALID_DID"),
    ],
)
async def test_errors_are_resolution_results(
    tmp_path: Path, written: str, accept: str, status: int, error: str
) -> None:
    async with running(tmp_path) as service:
        found = await resolve(service, written, accept)
    assert found[:2] == (status, "application/did-resolution")
    assert found[2]["didDocument"] is None
    assert found[2]["didResolutionMetadata"]["error"]["type"] == DID + error
