from pathlib import Path

import pytest

from ler_trust.model.records import Role
from ler_trust.web.app import OPERATIONS
from ler_trust.web.operation import Operation
from tests.kit.running_service import problem, running

GUARDED = [operation for operation in OPERATIONS if operation.role is not None]
PUBLIC = {
    "/",
    "/status-lists/{id}",
    "/status-list-aggregations/{tenant}",
    "/instances/{name}/status-lists/{id}",
    "/issuers/{name}/did.json",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/problems",
    "/problems/{code}",
    "/static/page.css",
}


def path_of(operation: Operation) -> str:
    """Return the operation's path with something in the place of its parameters."""
    return operation.template.replace("{", "").replace("}", "")


def test_nothing_is_public_that_is_not_meant_to_be() -> None:
    assert {operation.template for operation in OPERATIONS if operation.role is None} == PUBLIC


async def test_every_guarded_operation_wants_a_key_with_its_role(tmp_path: Path) -> None:
    async with running(tmp_path, http={"failures_per_minute": 1_000}) as service:
        for operation in GUARDED:
            others = [role for role in Role if role not in (operation.role, Role.ADMIN)]
            headers = await service.headers(*others)
            for given, status, code in (
                ({}, 401, "request.unauthenticated"),
                ({"Authorization": "Bearer lt_x"}, 401, "request.unauthenticated"),
                (headers, 403, "request.forbidden"),
            ):
                response = await service.client.request(operation.method, path_of(operation), headers=given)
                await problem(response, status, code)
                assert response.headers["WWW-Authenticate"].startswith('Bearer realm="ler-trust"')


async def test_an_admin_may_do_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        for path in (
            "/v1/status-lists",
            "/v1/registries",
            "/v1/policies",
            "/v1/signing-keys",
            "/v1/api-keys",
        ):
            assert (await service.client.get(path, headers=headers)).status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_told_in_any_case(tmp_path: Path, scheme: str) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.VERIFIER)
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await service.client.get("/v1/policies", headers=headers)).status == 200


async def test_guessing_is_slowed_down_and_nobody_else_with_it(tmp_path: Path) -> None:
    async with running(tmp_path, http={"failures_per_minute": 3}) as service:
        wrong = {"Authorization": f"Bearer lt_{'0' * 16}_{'A' * 43}"}
        for _ in range(3):
            await problem(
                await service.client.get("/v1/policies", headers=wrong), 401, "request.unauthenticated"
            )
        refused = await service.client.get("/v1/policies", headers=wrong)
        await problem(refused, 429, "request.rate_limited")
        assert int(refused.headers["Retry-After"]) > 0
        right = await service.headers(Role.VERIFIER)
        assert (await service.client.get("/v1/policies", headers=right)).status == 200


async def test_keys_are_made_shown_once_and_revoked(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        admin = await service.headers(Role.ADMIN)
        response = await service.post("/v1/api-keys", {"roles": ["verifier"], "label": "ATS"}, admin)
        made = await response.json()
        assert response.status == 201
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert (await service.client.get("/v1/policies", headers=headers)).status == 200
        listed = await (await service.client.get("/v1/api-keys", headers=admin)).text()
        assert made["id"] in listed
        assert made["token"].rpartition("_")[2] not in listed
        assert (await service.client.delete(f"/v1/api-keys/{made['id']}", headers=admin)).status == 204
        await problem(
            await service.client.get("/v1/policies", headers=headers), 401, "request.unauthenticated"
        )
        again = await service.client.delete(f"/v1/api-keys/{made['id']}", headers=admin)
        await problem(again, 404, "request.not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"label": "x"}, "/roles"),
        ({"roles": [], "label": "x"}, "/roles"),
        ({"roles": ["root"], "label": "x"}, "/roles/0"),
        ({"roles": ["admin"], "label": ""}, "/label"),
        ({"roles": ["admin"], "label": 7}, "/label"),
        ({"roles": ["admin"], "label": "x", "tenant": "other"}, "/tenant"),
        ([], ""),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_with_a_pointer(
    tmp_path: Path, body: object, pointer: str
) -> None:
    async with running(tmp_path) as service:
        response = await service.post("/v1/api-keys", body, await service.headers(Role.ADMIN))
        assert (await problem(response, 400, "request.malformed"))["pointer"] == pointer
