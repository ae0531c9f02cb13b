from pathlib import Path

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.records import Role
from ler_trust.store.sql import SqlStore
from tests.kit.running_service import good_badge, problem, running


async def test_readiness_names_what_the_service_works_with(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        assert (await (await service.client.get("/livez")).json()) == {"status": "alive"}
        response = await service.client.get("/readyz")
        answer = await response.json()
    assert (response.status, answer["status"], answer["degraded"]) == (200, "ready", [])
    assert answer["engine"] == service.service.engine.name
    assert answer["did_methods"] == ["jwk", "key", "web"]
    assert "BitstringStatusListEntry" in answer["status_formats"]


async def test_development_hosts_are_visible(tmp_path: Path) -> None:
    async with running(tmp_path, outbound={"development_hosts": ["localhost:9999"]}) as service:
        response = await service.client.get("/readyz")
        answer = await response.json()
    assert (response.status, answer["status"]) == (200, "degraded")
    assert answer["development_hosts"] == ["localhost:9999"]
    assert "localhost:9999" in answer["degraded"][0]


async def test_only_a_database_that_is_down_makes_the_service_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object) -> None:
        raise Undecided("request.unavailable", retryable=True)

    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        monkeypatch.setattr(SqlStore, "ping", unreachable)
        monkeypatch.setattr(SqlStore, "list_records", unreachable)
        response = await service.client.get("/readyz")
        assert (response.status, (await response.json())["database"]) == (503, "unreachable")
        assert (await service.client.get("/livez")).status == 200
        refused = await service.client.get("/v1/status-lists", headers=headers)
        await problem(refused, 503, "request.unavailable")
        assert int(refused.headers["Retry-After"]) > 0


async def test_metrics_count_requests_and_records_and_name_no_issuer(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        body = b'{"policy":"any-issuer","items":[{"credential":' + good_badge() + b"}]}"
        await service.post("/v1/verify", body, headers)
        await service.client.get("/nowhere/did:web:secret.example.org")
        response = await service.client.get("/metrics")
        text = await response.text()
    assert response.content_type == "text/plain"
    assert 'ler_trust_http_requests_total{method="POST",route="/v1/verify",status="200"} 1.0' in text
    assert 'ler_trust_verifications_total{outcome="valid",reason="none"} 1.0' in text
    assert 'route="none",status="404"' in text
    assert "did:" not in text
    assert "secret" not in text
