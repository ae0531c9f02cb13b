from pathlib import Path

import orjson

from ler_trust.model.records import Role
from tests.kit.running_service import Outside, problem, running


async def test_a_hosted_issuers_document_resolves_to_its_key(tmp_path: Path) -> None:
    async with running(tmp_path, outside=Outside()) as service:
        headers = await service.headers(Role.ADMIN)
        response = await service.post("/v1/signing-keys", {"kind": "P-256", "name": "college"}, headers)
        key = await response.json()
        assert response.status == 201
        assert key["issuer"] == "did:web:trust.example.org:issuers:college"
        document = await service.client.get("/issuers/college/did.json")
        assert document.headers["Access-Control-Allow-Origin"] == "*"
        body = await document.read()
        assert orjson.loads(body)["assertionMethod"] == [key["method"]]
        service.outside.pages["https://trust.example.org/issuers/college/did.json"] = body
        resolved = await service.client.get(f"/1.0/identifiers/{key['issuer']}", headers=headers)
        assert (await resolved.json(content_type=None))["didDocument"] == orjson.loads(body)
        listed = await (await service.client.get("/v1/signing-keys", headers=headers)).json()
        assert listed["signing_keys"] == [key]


async def test_names_are_taken_once_and_checked(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        assert (await service.post("/v1/signing-keys", {"name": "college"}, headers)).status == 201
        taken = await service.post("/v1/signing-keys", {"name": "college"}, headers)
        await problem(taken, 409, "request.conflict")
        for body, status, code, pointer in (
            ({"name": "../admin"}, 422, "request.invalid", "/name"),
            ({"kind": "RSA"}, 422, "request.invalid", "/kind"),
            ({"kind": "DSA"}, 400, "request.malformed", "/kind"),
        ):
            response = await service.post("/v1/signing-keys", body, headers)
            assert (await problem(response, status, code))["pointer"] == pointer
        assert (await (await service.post("/v1/signing-keys", {}, headers)).json())["issuer"].startswith(
            "did:key:z6Mk"
        )


async def test_a_did_key_issuer_and_nobody_have_no_hosted_document(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        key = await (await service.post("/v1/signing-keys", {}, headers)).json()
        for name in (key["id"], "nobody", "..", "%2e%2e"):
            response = await service.client.get(f"/issuers/{name}/did.json")
            assert response.status == 404
