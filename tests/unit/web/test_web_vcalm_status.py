from pathlib import Path
from typing import Any

import pytest

from ler_trust.model.records import Role
from tests.kit.issuers_own import OwnIssuer, key_of
from tests.kit.running_service import Running, problem, running
from tests.unit.web.test_web_status_lists import bits

PATH = "/instances/default"


async def created(service: Running, headers: dict[str, str], purpose: str = "revocation") -> dict[str, Any]:
    """Make a list by VCALM and return the answer."""
    await service.post("/v1/signing-keys", {"name": "college"}, headers)
    response = await service.post(f"{PATH}/status-lists", {"statusPurpose": purpose}, headers)
    answer: dict[str, Any] = await response.json()
    assert response.status == 201, answer
    assert response.headers["Location"] == answer["id"] == answer["verifiableCredential"]["id"]
    return answer


def target(purpose: str = "revocation", **members: Any) -> dict[str, Any]:
    return {"type": "BitstringStatusListEntry", "statusPurpose": purpose, **members}


async def test_status_is_set_by_entry_and_by_credential_id(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await created(service, headers))["id"].rpartition("/")[2]
        body = {"count": 2, "references": ["urn:uuid:1", "urn:uuid:2"]}
        response = await service.post(f"/v1/status-lists/{list_id}/entries", body, headers)
        first, _ = (await response.json())["entries"]
        by_entry = {
            "credentialId": "urn:uuid:1",
            "credentialStatus": target(
                id=first["id"],
                statusListIndex=first["statusListIndex"],
                statusListCredential=first["statusListCredential"],
            ),
            "status": True,
        }
        by_id = {"credentialId": "urn:uuid:2", "credentialStatus": target(), "status": True}
        for number, change in enumerate((by_entry, by_id), 1):
            response = await service.post(f"{PATH}/credentials/status", change, headers)
            assert (response.status, (await response.json())["sequence"]) == (200, number)
            assert sum(map(int.bit_count, await bits(service, list_id))) == number
        undo = {**by_id, "status": False}
        await problem(await service.post(f"{PATH}/credentials/status", undo, headers), 409, "request.final")
        shown = await service.client.get(f"{PATH}/status-lists/{list_id}")
        assert (await shown.json(content_type=None))["id"] == first["statusListCredential"]
        assert shown.headers["ETag"] == (await service.client.get(f"/status-lists/{list_id}")).headers["ETag"]


@pytest.mark.parametrize(
    ("members", "status", "code"),
    [
        ({"credentialStatus": target()}, 404, "request.not_found"),
        ({"credentialStatus": target("message")}, 400, "request.malformed"),
        ({"credentialStatus": {"type": "BitstringStatusListEntry"}}, 400, "request.malformed"),
        ({}, 400, "request.malformed"),
        (
            {"credentialStatus": target(statusListIndex="1", statusListCredential="https://other.example/1")},
            404,
            "request.not_found",
        ),
        (
            {"credentialStatus": target(statusListIndex="x", statusListCredential="https://other.example/1")},
            400,
            "request.malformed",
        ),
    ],
)
async def test_status_of_nothing_is_refused(
    tmp_path: Path, members: dict[str, Any], status: int, code: str
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        await created(service, headers)
        body = {"credentialId": "urn:uuid:1", "status": True, **members}
        await problem(await service.post(f"{PATH}/credentials/status", body, headers), status, code)


async def test_another_tenants_instance_is_not_there(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await created(service, headers))["id"].rpartition("/")[2]
        other = await service.headers(Role.ISSUER, tenant="other")
        body = {"statusPurpose": "revocation"}
        await problem(await service.post(f"{PATH}/status-lists", body, other), 404, "request.not_found")
        shown = await service.client.get(f"/instances/other/status-lists/{list_id}")
        await problem(shown, 404, "request.not_found")
        elsewhere = await service.post("/instances/other/status-lists", body, other)
        await problem(elsewhere, 409, "request.conflict")  # it has no signing key yet


async def test_credential_id_is_compared_with_the_reference_of_the_entry(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await created(service, headers))["id"].rpartition("/")[2]
        body = {"count": 2, "references": ["urn:uuid:1", "urn:uuid:2"]}
        response = await service.post(f"/v1/status-lists/{list_id}/entries", body, headers)
        first, second = (await response.json())["entries"]
        response = await service.post(f"/v1/status-lists/{list_id}/entries", {}, headers)
        [free] = (await response.json())["entries"]

        async def put(credential_id: str, entry: dict[str, Any]) -> Any:
            named = {name: entry[name] for name in ("statusListIndex", "statusListCredential")}
            change = {"credentialId": credential_id, "credentialStatus": target(**named), "status": True}
            return await service.post(f"{PATH}/credentials/status", change, headers)

        for credential_id, entry in (("urn:uuid:2", first), ("urn:uuid:1", second), ("urn:uuid:3", first)):
            said = await problem(await put(credential_id, entry), 400, "request.other_credential")
            assert said["pointer"] == "/credentialId"
        assert not any(await bits(service, list_id))
        for credential_id, entry in (("urn:uuid:1", first), ("urn:uuid:any", free)):
            assert (await put(credential_id, entry)).status == 200
        outside = {**first, "statusListIndex": "99999999"}
        await problem(await put("urn:uuid:1", outside), 409, "request.not_allocated")


async def test_list_that_its_issuer_signs_is_not_made_by_vcalm(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        body: dict[str, Any] = {"statusPurpose": "revocation"}
        key = await key_of(service, headers, OwnIssuer())
        await problem(await service.post(f"{PATH}/status-lists", body, headers), 409, "request.conflict")
        chosen = {**body, "options": {"signing_key": key}}
        await problem(await service.post(f"{PATH}/status-lists", chosen, headers), 422, "request.invalid")
        await created(service, headers)
