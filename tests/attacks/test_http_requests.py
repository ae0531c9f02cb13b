"""Attacks by the form of requests: headers, framing, paths, keys."""

import asyncio
from pathlib import Path

import pytest

from ler_trust.model.records import Role
from tests.kit.running_service import NOON, Running, problem, running


async def exchange(service: Running, request: bytes) -> bytes:
    """Send raw bytes and return everything that comes back until the service hangs up or waits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.client.port)
    writer.write(request)
    received = b""
    try:
        async with asyncio.timeout(2):
            while chunk := await reader.read(65_536):
                received += chunk
    except TimeoutError:
        pass
    finally:
        writer.close()
    return received


@pytest.mark.parametrize(
    "start",
    [
        "GET /%0A",
        "GET //v1/policies",
        "GET /v1/policies/a/b",
        "GET /v1/../nowhere",
        "PROPFIND /nowhere",
        "OPTIONS /nowhere",
        "GET /%ff%fe",
        "GET http://elsewhere.example.org/nowhere",
    ],
)
async def test_whatever_is_not_there_is_a_problem_that_names_nothing(tmp_path: Path, start: str) -> None:
    async with running(tmp_path) as service:
        answer = await exchange(service, f"{start} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404 ")
        assert b"application/problem+json" in head
        assert b"X-Request-ID: " in head
        assert b'"request.not_found"' in body
        text = await (await service.client.get("/metrics")).text()
    assert 'ler_trust_http_requests_total{method="any",route="none",status="404"} 1.0' in text
    assert not {"nowhere", "elsewhere.example.org"} & set(text.replace('"', "/").split("/"))


async def test_two_authorizations_are_none(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.VERIFIER)
        request = (
            f"GET /v1/policies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
            f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
        assert (await exchange(service, request.encode())).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "value",
    [
        "Basic YWRtaW46YWRtaW4=",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "lt_0_0",
        "Bearer ü",
        "Bearer " + "A" * 7_000,
    ],
)
async def test_other_authorizations_are_none(tmp_path: Path, value: str) -> None:
    async with running(tmp_path) as service:
        response = await service.client.get("/v1/policies", headers={"Authorization": value})
        await problem(response, 401, "request.unauthenticated")


async def test_a_key_is_not_taken_from_elsewhere(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.ADMIN)
        for path, headers in (
            (f"/v1/policies?access_token={token}", {}),
            ("/v1/policies", {"Cookie": f"token={token}"}),
            ("/v1/policies", {"X-Api-Key": token}),
            ("/v1/policies", {"X-Forwarded-Authorization": f"Bearer {token}"}),
        ):
            response = await service.client.get(path, headers=headers)
            await problem(response, 401, "request.unauthenticated")


async def test_a_method_override_is_not_obeyed(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        admin = await service.headers(Role.ADMIN)
        [key] = (await (await service.client.get("/v1/api-keys", headers=admin)).json())["api_keys"]
        override = {**admin, "X-HTTP-Method-Override": "DELETE"}
        response = await service.post(f"/v1/api-keys/{key['id']}", {}, override)
        await problem(response, 405, "request.method")
        assert (await service.client.get("/v1/api-keys", headers=admin)).status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(5_000)) + b"\r\n",
        b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /livez\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-ID: a\r\n b\r\n\r\n",
    ],
)
async def test_broken_framing_gets_an_error_and_no_trace(tmp_path: Path, request_bytes: bytes) -> None:
    async with running(tmp_path) as service:
        answer = await exchange(service, request_bytes)
        assert answer == b"" or answer[9:12] in (b"400", b"401", b"413", b"431", b"501"), answer[:200]
        assert b"Traceback" not in answer
        assert b"site-packages" not in answer
        assert (await service.client.get("/livez")).status == 200


async def test_broken_chunks_inside_a_stream_break_it_off(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.VERIFIER)
        head = (
            f"POST /v1/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        answer = await exchange(service, head.encode() + b'12\r\n{"credential":{}}\n\r\nZZ\r\nnonsense')
        assert b'"counts"' not in answer
        assert not answer.endswith(b"0\r\n\r\n")
        assert (await service.client.get("/livez")).status == 200


async def test_an_expectation_nobody_knows_is_ignored(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        request = b"GET /livez HTTP/1.1\r\nHost: a\r\nExpect: something-else\r\nConnection: close\r\n\r\n"
        assert (await exchange(service, request)).startswith(b"HTTP/1.1 200 ")
        token = await service.token(Role.VERIFIER)
        asking = (
            f"POST /v1/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
            "Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
            "Connection: close\r\n\r\n"
        )
        answer = await exchange(service, asking.encode() + b'{"items":[]}')
        assert answer.startswith(b"HTTP/1.1 100 ")
        assert b"HTTP/1.1 200 " in answer


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/page.css%00.html",
        "/problems/..%2f..%2fetc%2fpasswd",
        "/issuers/..%2f..%2f/did.json",
        "/status-lists/%00",
        "/status-lists/" + "a" * 6_000,
        "/%ff%fe",
        "//evil.example.org/docs",
    ],
)
async def test_paths_lead_nowhere_else(tmp_path: Path, path: str) -> None:
    async with running(tmp_path) as service:
        answer = await exchange(
            service, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
        )
    assert answer.startswith(b"HTTP/1.1 404 "), answer[:100]
    assert b"application/problem+json" in answer


async def test_headers_cannot_be_split_by_what_is_echoed(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        head = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-ID: a%0d%0aSet-Cookie:x\r\n"
        answer = await exchange(service, head + b"Connection: close\r\n\r\n")
        assert b"Set-Cookie" not in answer


async def test_an_unknown_key_and_a_wrong_secret_are_answered_alike(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        right = await service.token(Role.ADMIN)
        known = right.split("_")[1]
        answers = []
        for key_id in (known, "0" * 16):
            headers = {"Authorization": f"Bearer lt_{key_id}_{'A' * 43}", "X-Request-ID": "same"}
            response = await service.client.get("/v1/api-keys", headers=headers)
            kept = {name: value for name, value in response.headers.items() if name != "Date"}
            answers.append((response.status, kept, await response.text()))
        assert answers[0] == answers[1]


async def test_a_revoked_key_opens_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        token = await service.token(Role.ADMIN)
        await service.service.store.revoke_api_key("default", token.split("_")[1], NOON)
        response = await service.client.get("/v1/api-keys", headers={"Authorization": f"Bearer {token}"})
        await problem(response, 401, "request.unauthenticated")
