from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from ler_trust.model.records import Role
from tests.kit.issuing import signer
from tests.kit.running_service import Running, good_badge, problem, running

REGISTRY = {"id": "state", "name": "State Board", "authority": "https://board.example.org"}


async def add_registry(service: Running, headers: dict[str, str]) -> None:
    response = await service.post("/v1/registries", REGISTRY, headers)
    assert response.status == 201, await response.text()


async def add_statement(service: Running, headers: dict[str, str], **members: Any) -> dict[str, Any]:
    body = {"entity": signer().issuer, "name": "Example College", "effective_from": "2024-01-01T00:00:00Z"}
    response = await service.post("/v1/registries/state/statements", body | members, headers)
    statement: dict[str, Any] = await response.json()
    assert response.status == 201, statement
    return statement


async def reason(service: Running, headers: dict[str, str]) -> Any:
    """Return why a badge of the issuer is not valid under the default policy."""
    body = b'{"items":[{"credential":' + good_badge() + b"}]}"
    answer = await (await service.post("/v1/verify", body, headers)).json()
    return answer["results"][0]["reason"]


async def test_a_statement_makes_an_issuer_recognised_and_decisions_change_that(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        await add_registry(service, headers)
        assert await reason(service, headers) == "issuer.not_recognised"
        statement = await add_statement(service, headers, types=["OpenBadgeCredential"])
        assert (statement["status"], statement["sequence"]) == ("active", 1)
        assert await reason(service, headers) is None
        path = f"/v1/registries/state/statements/{quote(statement['id'], safe='')}"
        early = {"at": "2024-06-01T00:00:00Z", "reason": "under review"}
        suspended = await (await service.post(f"{path}/suspend", early, headers)).json()
        assert (suspended["status"], suspended["reason"]) == ("suspended", "under review")
        assert await reason(service, headers) == "issuer.suspended"
        assert (await service.post(f"{path}/reinstate", early, headers)).status == 200
        assert await reason(service, headers) is None
        assert (await service.post(f"{path}/withdraw", early, headers)).status == 200
        assert await reason(service, headers) == "issuer.withdrawn"
        await problem(await service.post(f"{path}/reinstate", {}, headers), 409, "request.conflict")
        history = await (await service.client.get(f"{path}/history", headers=headers)).json()
        assert [each["status"] for each in history["statements"]] == [
            "active",
            "suspended",
            "active",
            "withdrawn",
        ]
        listed = await (await service.client.get("/v1/registries/state/statements", headers=headers)).json()
        assert [each["sequence"] for each in listed["statements"]] == [4]
        later = await service.client.get("/v1/registries/state/statements?after=4", headers=headers)
        assert await later.json() == {"statements": []}


async def test_registries_are_listed_in_order_and_their_ids_are_taken_once(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.GOVERNOR)
        await add_registry(service, headers)
        await problem(await service.post("/v1/registries", REGISTRY, headers), 409, "request.conflict")
        await service.post("/v1/registries", REGISTRY | {"id": "other"}, headers)
        listed = await (await service.client.get("/v1/registries", headers=headers)).json()
        assert [(each["id"], each["position"]) for each in listed["registries"]] == [
            ("state", 0),
            ("other", 1),
        ]


@pytest.mark.parametrize(
    ("members", "status", "pointer"),
    [
        ({"entity": "college"}, 422, "/entity"),
        ({"entity": 7}, 400, "/entity"),
        ({"jurisdiction": "California"}, 422, "/jurisdiction"),
        ({"effective_from": "yesterday"}, 400, "/effective_from"),
        ({"effective_until": "2023-01-01T00:00:00Z"}, 422, "/effective_until"),
        ({"pinned_keys": ["z6Mk"]}, 422, "/pinned_keys/0"),
        ({"types": ["x"] * 101}, 400, "/types"),
        ({"status": "active"}, 400, "/status"),
    ],
)
async def test_a_statement_that_cannot_be_is_refused_with_a_pointer(
    tmp_path: Path, members: dict[str, Any], status: int, pointer: str
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.GOVERNOR)
        await add_registry(service, headers)
        body = {"entity": signer().issuer, "name": "College", "effective_from": "2024-01-01T00:00:00Z"}
        response = await service.post("/v1/registries/state/statements", body | members, headers)
        code = "request.malformed" if status == 400 else "request.invalid"
        assert (await problem(response, status, code))["pointer"] == pointer


async def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.GOVERNOR)
        await add_registry(service, headers)
        for path in ("nowhere/statements", "state/statements/none/history", "nowhere/statements/x/history"):
            response = await service.client.get(f"/v1/registries/{path}", headers=headers)
            await problem(response, 404, "request.not_found")
        for path in ("state/statements/none/suspend", "nowhere/refresh"):
            await problem(await service.post(f"/v1/registries/{path}", {}, headers), 404, "request.not_found")


async def test_known_registries_and_their_lists_are_imported(tmp_path: Path) -> None:
    source = "https://registry.example.org/list.json"
    legacy = {
        "meta": {"created": "2024-01-01", "updated": "2024-01-01"},
        "registry": {
            signer().issuer: {
                "name": "Example College",
                "location": "Here",
                "url": "https://college.example.org",
            }
        },
    }
    known = [
        {
            "name": "Members",
            "type": "dcc-legacy",
            "governanceUrl": "https://registry.example.org/rules",
            "url": source,
        }
    ]
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        response = await service.post("/v1/registries/import", known, headers)
        [registry] = (await response.json())["registries"]
        assert registry["source"] == source
        assert "unchecked" in registry
        failed = await service.post(f"/v1/registries/{registry['id']}/refresh", b"", headers)
        await problem(failed, 502, "issuer.registry_unreachable")
        service.outside.pages[source] = orjson.dumps(legacy)
        done = await service.post(f"/v1/registries/{registry['id']}/refresh", b"", headers)
        assert await done.json() == {"added": 1, "changed": 0, "withdrawn": 0, "unchanged": 0}
        assert await reason(service, headers) is None
        again = await service.post(f"/v1/registries/{registry['id']}/import", legacy, headers)
        assert await again.json() == {"added": 0, "changed": 0, "withdrawn": 0, "unchanged": 1}


@pytest.mark.parametrize("body", [b"{", b"{}", b"[1]", b'[{"name":"x"}]'])
async def test_a_list_of_another_form_is_refused_whole(tmp_path: Path, body: bytes) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.GOVERNOR)
        response = await service.post("/v1/registries/import", body, headers)
        assert response.status in (400, 422), await response.text()
        listed = await (await service.client.get("/v1/registries", headers=headers)).json()
        assert listed == {"registries": []}
