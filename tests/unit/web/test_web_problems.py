from pathlib import Path

import pytest

from ler_trust.codes import CODES
from ler_trust.errors import Conflict, Rejected, Undecided
from ler_trust.model.records import Role
from ler_trust.store.sql import SqlStore
from ler_trust.web.problems import STATUS, problem_of
from tests.kit.running_service import problem, running


def test_every_request_code_has_a_status() -> None:
    assert {code for code in CODES if code.startswith("request.")} <= STATUS.keys()
    assert STATUS.keys() <= CODES.keys()


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (Rejected("request.invalid", pointer="/x"), 422),
        (Rejected("format.json"), 400),
        (Rejected("format.too_large"), 413),
        (Rejected("did.invalid"), 422),
        (Conflict("request.final", "no"), 409),
        (Conflict("request.not_found", "no"), 404),
        (Undecided("request.unavailable"), 503),
        (Undecided("fetch.timeout", retryable=True), 502),
        (Undecided("issuer.registry_unreachable", retryable=True), 503),
        (Undecided("format.unsupported"), 400),
        (Undecided("status.type_unsupported"), 422),
    ],
)
def test_findings_have_a_status(finding: Rejected | Undecided | Conflict, status: int) -> None:
    found = problem_of(finding)
    assert (found.status, "Retry-After" in found.headers) == (status, status == 503)


async def test_no_such_address_and_no_such_method_are_problems(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        await problem(await service.client.get("/nowhere"), 404, "request.not_found")
        response = await service.client.delete("/v1/verify")
        await problem(response, 405, "request.method")
        assert response.headers["Allow"] == "POST"
        await problem(await service.client.request("OPTIONS", "/docs"), 405, "request.method")


async def test_a_mistake_of_the_service_shows_nothing_and_is_logged_with_its_id(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("words of a credential")

    async with running(tmp_path) as service:
        headers = await service.headers(Role.ADMIN)
        monkeypatch.setattr(SqlStore, "list_records", broken)
        response = await service.client.get("/v1/status-lists", headers=headers)
        found = await problem(response, 500, "request.internal")
    logged = caplog.text + "".join(capsys.readouterr())
    assert "Runtime" not in str(found)
    assert found["request_id"] in logged
    assert "RuntimeError" in logged
    assert "words of a credential" not in logged


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_Z", True), ("a" * 65, False), ("a b", False), ("ü", False)]
)
async def test_a_request_id_is_taken_over_only_in_a_safe_form(tmp_path: Path, given: str, kept: bool) -> None:
    async with running(tmp_path) as service:
        response = await service.client.get("/livez", headers={"X-Request-ID": given})
        assert (response.headers["X-Request-ID"] == given) is kept


async def test_every_answer_has_the_protecting_headers(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        for path in (
            "/livez",
            "/docs",
            "/nowhere",
            "/v1/verify",
            "/problems/status.revoked",
            "/static/page.css",
        ):
            headers = (await service.client.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Server"] == "ler-trust"
            assert ("Content-Security-Policy" in headers) == headers["Content-Type"].startswith("text/html")


async def test_every_code_has_a_page_in_plain_words(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        for code in CODES.values():
            text = await (await service.client.get(f"/problems/{code.name}")).text()
            assert f"<code>{code.name}</code>" in text
        index = await (await service.client.get("/problems")).text()
        assert all(f'href="/problems/{name}"' in index for name in CODES)
        await problem(await service.client.get("/problems/<script>"), 404, "request.not_found")
