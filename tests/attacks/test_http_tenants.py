"""Attacks from one tenant on another: whatever belongs to somebody else is not there."""

from pathlib import Path

from ler_trust.model.records import Role
from tests.kit.issuing import signer
from tests.kit.running_service import good_badge, problem, running


async def test_nothing_of_another_tenant_can_be_seen_or_changed(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        owner = await service.headers(Role.ADMIN)
        await service.post("/v1/signing-keys", {"name": "college"}, owner)
        made = {"purpose": "revocation", "signing_key": "college"}
        status_list = await (await service.post("/v1/status-lists", made, owner)).json()
        path = f"/v1/status-lists/{status_list['id']}"
        [entry] = (await (await service.post(f"{path}/entries", {}, owner)).json())["entries"]
        registry = {"id": "state", "name": "Board", "authority": "https://board.example.org"}
        await service.post("/v1/registries", registry, owner)
        draft = {"entity": signer().issuer, "name": "College", "effective_from": "2024-01-01T00:00:00Z"}
        statement = await (await service.post("/v1/registries/state/statements", draft, owner)).json()
        await service.client.put("/v1/policies/ours", json={"issuer": False}, headers=owner)
        [key, *_] = (await (await service.client.get("/v1/api-keys", headers=owner)).json())["api_keys"]

        stranger = await service.headers(Role.ADMIN, tenant="stranger")
        decided = f"/v1/registries/state/statements/{statement['id']}"
        change = {"changes": [{"entry": entry, "status": "revoked"}]}
        for method, target, body in (
            ("GET", path, None),
            ("POST", f"{path}/entries", {}),
            ("POST", f"{path}/changes", change),
            ("GET", f"{path}/changes", None),
            ("POST", "/v1/status-lists", made),
            ("POST", "/v1/registries/state/statements", draft),
            ("GET", "/v1/registries/state/statements", None),
            ("GET", f"{decided}/history", None),
            ("POST", f"{decided}/suspend", {}),
            ("POST", f"{decided}/withdraw", {}),
            ("POST", f"{decided}/reinstate", {}),
            ("POST", "/v1/registries/state/refresh", {}),
            ("GET", "/v1/policies/ours", None),
            ("DELETE", f"/v1/api-keys/{key['id']}", None),
        ):
            response = await service.client.request(method, target, json=body, headers=stranger)
            await problem(response, 404, "request.not_found")

        for name in ("status-lists", "registries", "signing-keys"):
            listed = await (await service.client.get(f"/v1/{name}", headers=stranger)).json()
            assert list(listed.values()) == [[]], name
        theirs = await (await service.client.get("/v1/api-keys", headers=stranger)).json()
        assert key["id"] not in str(theirs)


async def test_one_tenants_registry_recognises_nobody_for_another(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        owner = await service.headers(Role.ADMIN)
        registry = {"id": "state", "name": "Board", "authority": "https://board.example.org"}
        await service.post("/v1/registries", registry, owner)
        draft = {"entity": signer().issuer, "name": "College", "effective_from": "2024-01-01T00:00:00Z"}
        await service.post("/v1/registries/state/statements", draft, owner)
        body = b'{"items":[{"credential":' + good_badge() + b"}]}"
        for headers, reason in (
            (owner, None),
            (await service.headers(Role.VERIFIER, tenant="stranger"), "issuer.not_recognised"),
        ):
            answer = await (await service.post("/v1/verify", body, headers)).json()
            assert answer["results"][0]["reason"] == reason


async def test_a_tenant_cannot_be_named_in_a_request(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        stranger = await service.headers(Role.ADMIN, tenant="stranger")
        body = {"roles": ["admin"], "label": "x", "tenant": "default"}
        await problem(await service.post("/v1/api-keys", body, stranger), 400, "request.malformed")
        given = {**stranger, "X-Tenant": "default"}
        made = await service.post("/v1/api-keys?tenant=default", {"roles": ["admin"], "label": "x"}, given)
        key_id = (await made.json())["id"]
        stored = await service.service.store.api_key(key_id)
        assert stored is not None
        assert stored.tenant == "stranger"
