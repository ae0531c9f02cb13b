"""Requests that cost their sender little and the service's one event loop much."""

import json
from pathlib import Path
from typing import Any

import pytest

from ler_trust.model.records import Role
from ler_trust.web.items import BatchReader, UnreadableError, read_item
from ler_trust.web.negotiation import preferred
from ler_trust.web.problems import Problem
from tests.attacks.test_http_requests import exchange
from tests.kit.running_service import problem, running

HUGE = b"[" + b",".join([b"[[]]"] * 200_000) + b"]"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how long the texts were that the slow reader was given."""
    lengths: list[int] = []
    loads = json.loads

    def watched(text: bytes, **options: Any) -> Any:
        lengths.append(len(text))
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", watched)
    return lengths


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":%s,"items":[{"credential":{}}]}' % HUGE,
        b'{"items":[{"credential":{}}],"items":%s}' % HUGE,
        b'{"\\u0069tems":[{"credential":%s}],"items":[{"credential":{}}]}' % HUGE,
        b'{"items":[{"credential":%s,"credential":{}}]}' % HUGE,
        b'{"items":[{"\\u0063redential":%s,"credential":"x"}]}' % HUGE,
    ],
)
def test_long_value_beside_the_one_that_counts_is_refused_unread(body: bytes, read: list[int]) -> None:
    with pytest.raises(Problem):
        BatchReader(1_000).read(body)
    assert max(read, default=0) < 20_000


def test_long_line_with_a_credential_twice_is_refused_unread(read: list[int]) -> None:
    with pytest.raises(UnreadableError):
        read_item(b'{"credential":%s,"credential":{}}' % HUGE)
    assert max(read, default=0) < 20_000


def test_long_token_under_an_escaped_name_is_read(read: list[int]) -> None:
    token = b'"' + b"e" * 100_000 + b'"'
    assert read_item(b'{"\\u0063redential":%s,"id":"a"}' % token).credential == token
    assert max(read) < 100


@pytest.mark.parametrize(
    ("path", "role"), [("/v1/status-lists", Role.ISSUER), ("/v1/status-changes", Role.ISSUER)]
)
async def test_body_of_many_tiny_values_is_refused_unread(tmp_path: Path, path: str, role: Role) -> None:
    tiny = (b'{"changes":[%s]}' % b",".join([b"[[]]"] * 700_000), b'{"changes":[%s1]}' % (b"1," * 3_000_000))
    async with running(tmp_path) as service:
        headers = await service.headers(role)
        for body in tiny:
            await problem(await service.post(path, body, headers), 413, "request.too_large")


def test_accept_header_of_commas_and_an_open_quote_is_read_once() -> None:
    # Two hundred headers of this kind were five seconds of work when each comma looked at all that follows.
    for number in range(200):
        assert preferred(f"a/{number}" + "," * 2_000 + '"', ("text/html",)) is None
    assert preferred('a/b;c="' + "," * 1_000 + '", text/html', ("text/html",)) == "text/html"


async def test_http_1_0_client_gets_one_answer_to_an_expectation(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        request = b"GET /livez HTTP/1.%d\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        assert (await exchange(service, request % 0)).count(b"HTTP/1.") == 1
        assert (await exchange(service, request % 1)).startswith(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "
        )
