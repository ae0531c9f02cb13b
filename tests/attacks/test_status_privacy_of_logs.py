"""No log, metric or trace connects a list with an index, or names a record, whatever happens.

The list is so long that every index used has seven digits, which nothing else that is logged has. What is not
told at the lowest level is told at no other; the routes are tried at each, and in both forms.
"""

import asyncio
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import structlog

from ler_trust.model.instant import SECOND, format_instant
from ler_trust.model.records import Role
from ler_trust.observe import log
from ler_trust.store.sql import SqlStore
from ler_trust.web.app import OPERATIONS
from ler_trust.web.operation import Operation
from tests.kit.clock import SteppedClock
from tests.kit.issuing import badge
from tests.kit.running_service import NOON, TENANT, Running, running
from tests.system.test_status_own_lists import ItsOwn, record, revoke

LENGTH: Final = 2**22
ROLES: Final = (Role.ADMIN,)
LEVELS: Final = ["debug-json", "info-json", "warning-json", "error-json", "debug-console"]
NAMED: Final = "matriculation-0417"  # what the issuer calls a record
HEARD: Final = re.compile(r"(?<![0-9])[0-9]{7}(?![0-9])")


@pytest.fixture(params=["debug-json"])
def stream(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Give what is logged at a level, in a form."""
    before = logging.root.handlers[:], logging.root.level
    output = io.StringIO()
    level, form = request.param.split("-")
    log.configure(level, form, output)
    yield output
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()


class Told:
    """All that was put out, and the secrets that must not be in it."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream
        self.indexes: set[str] = set()
        self.list_id = ""
        self.metrics = ""

    def require_silence(self) -> None:
        """Fail if anything put out holds an index, an issuer's name for a record, or a list in a label."""
        for text in (self._stream.getvalue(), self.metrics):
            assert not self.indexes & set(HEARD.findall(text))
            assert "matriculation" not in text
            assert "urn:uuid:00000000" not in text
            assert "did:example:learner" not in text
        assert self.list_id not in self.metrics


async def entries_of(service: Running, headers: dict[str, str], told: Told) -> list[dict[str, str]]:
    """Make a long list and return entries in it whose indexes have seven digits."""
    await service.post("/v1/signing-keys", {"name": "college"}, headers)
    body = {"purpose": "revocation", "signing_key": "college", "length": LENGTH}
    made = await (await service.post("/v1/status-lists", body, headers)).json()
    told.list_id = made["id"]
    asked = {"count": 60, "references": [f"matriculation-{number:04}" for number in range(390, 450)]}
    given = await service.post(f"/v1/status-lists/{made['id']}/entries", asked, headers)
    found = [each for each in (await given.json())["entries"] if len(each["statusListIndex"]) == 7]
    assert len(found) > 20
    told.indexes = {each["statusListIndex"] for each in found}
    return found


def bodies(told: Told, entry: dict[str, str]) -> list[bytes]:
    """Return what somebody may send, well formed or not, with a list and an index in it."""
    index, later = int(entry["statusListIndex"]), format_instant(NOON + 10 * SECOND)
    change = {"entry": entry, "status": "revoked", "reason": f"entry {index} of {told.list_id}"}
    items = [
        {"id": str(index), "credential": badge("did:key:z6Mk", credentialStatus=entry)},
        {"id": NAMED, "credential": f"{entry}"},
    ]
    sent: list[Any] = [
        {"changes": [change]},
        {"changes": [change], "effective_at": later},
        {"changes": [{"index": index, "status": "active"}, {"reference": NAMED, "status": "revoked"}]},
        {"changes": [{"index": index, "status": "gone"}], entry["statusListIndex"]: told.list_id},
        {"changes": [{"index": f"{index}", "entry": entry, "status": "revoked"}]},
        {"count": 1, "references": [NAMED]},
        {"items": items, "policy": "any-issuer"},
        {"credentialId": NAMED, "credentialStatus": entry, "status": True},
        {"credentialId": NAMED, "credentialStatus": entry | {"statusPurpose": entry["statusListIndex"]}},
        {"id": told.list_id, "name": entry["statusListIndex"], "length": index},
        [entry],
        entry,
    ]
    return [*map(orjson.dumps, sent), b'{"index": %d, "list": "%b"' % (index, told.list_id.encode())]


def addresses(operation: Operation, told: Told, entry: dict[str, str]) -> list[str]:
    """Return the operation's address with the list and the index where it takes something, and beyond."""
    index = entry["statusListIndex"]
    fillings = [{"id": told.list_id, "name": TENANT, "tenant": TENANT}, {}]
    paths = [_filled(operation.template, filling, index) for filling in fillings]
    query = f"?timestamp={index}&time={index}&after={index}&index={index}&list={told.list_id}&as={NAMED}"
    return [*paths, paths[0] + query, f"{paths[0].rstrip('/')}/{index}"]


def _filled(template: str, filling: dict[str, str], otherwise: str) -> str:
    return re.sub(r"{([^}]+)}", lambda found: filling.get(found[1], otherwise), template)


async def every_route(service: Running, headers: dict[str, str], told: Told, entry: dict[str, str]) -> int:
    """Call every operation in every way; return how many answers were errors of the service's own."""
    tagged = {**headers, "Referer": f"https://records.example.org/{told.list_id}/{entry['statusListIndex']}"}
    own, index = 0, entry["statusListIndex"]
    for operation in OPERATIONS:
        sent = bodies(told, entry) if operation.method in ("POST", "PUT", "PATCH") else [b""]
        for address in addresses(operation, told, entry):
            for number, body in enumerate(sent):
                with_key = tagged if number % 4 else {**tagged, "Idempotency-Key": f"{NAMED}-{number}"}
                media = "application/x-ndjson" if number % 5 == 4 else "application/json"
                response = await service.client.request(
                    operation.method, address, data=body, headers={**with_key, "Content-Type": media}
                )
                answer = await response.text()
                if response.status >= 400:  # a problem document is passed on to whoever is to solve it
                    assert told.list_id not in answer or index not in answer
                    assert NAMED not in answer
                own += response.status >= 500
        await service.client.request(operation.method, addresses(operation, told, entry)[0], data=sent[0])
    return own


@pytest.mark.parametrize("stream", LEVELS, indirect=True)
async def test_no_route_tells(tmp_path: Path, stream: io.StringIO) -> None:
    told = Told(stream)
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(*ROLES)
        found = await entries_of(service, headers, told)
        assert await every_route(service, headers, told, found[0]) == 0
        clock.advance(20)
        await service.client.get(f"/status-lists/{told.list_id}")
        told.metrics = await (await service.client.get("/metrics")).text()
    assert 'route="/v1/status-lists/{id}/changes"' in told.metrics
    told.require_silence()


@pytest.mark.parametrize("form", ["BitstringStatusListEntry", "StatusList2021Entry", "status_list"])
async def test_no_check_tells(tmp_path: Path, stream: io.StringIO, form: str) -> None:
    """Neither what is put out nor the answer itself says where in its list a record's status is."""
    told = Told(stream)
    outside = ItsOwn()
    async with running(tmp_path, outside=outside, clock=outside.clock) as service:
        outside.service = service
        headers = await service.headers(*ROLES)
        revoked, clear, *_ = await entries_of(service, headers, told)
        await revoke(service, headers, told.list_id, revoked)
        items = [await record(service, "college", form, entry, NOON) for entry in (revoked, clear)]
        items.append(items[0].replace(b"Teamwork", b"Welding"))  # which does not hold
        credentials = [
            {"credential": item.decode() if item.startswith(b"ey") else orjson.loads(item)} for item in items
        ]
        for asked in ({}, {"as_of": format_instant(NOON + 5 * SECOND)}):
            body = {"items": credentials, "policy": "any-issuer", **asked}
            response = await service.post("/v1/verify", body, headers)
            answer = await response.text()
            outcomes = [each["outcome"] for each in orjson.loads(answer)["results"]]
            assert outcomes[:2] == ["invalid", "valid"]
            assert not told.indexes & set(HEARD.findall(answer))
        told.metrics = await (await service.client.get("/metrics")).text()
    told.require_silence()
    for address in outside.asked:
        assert not told.indexes & set(HEARD.findall(address))


def test_what_should_not_be_put_out_would_be_found(stream: io.StringIO) -> None:
    told = Told(stream)
    told.indexes, told.list_id = {"1234567"}, "abcdef"
    for line in (
        "entry 1234567",
        "https://trust.example.org/status-lists/abcdef?index=1234567",
        "{'statusListIndex': '1234567'}",
        "issued to matriculation-0417",
    ):
        stream.seek(0)
        stream.truncate()
        told.require_silence()
        logging.getLogger("elsewhere").error(line)
        with pytest.raises(AssertionError):
            told.require_silence()


BROKEN = [
    "GET {path} HTTP/9.9\r\n\r\n",
    "GET {path}\r\n\r\n",
    "G\x01T {path} HTTP/1.1\r\n\r\n",
    "GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {index}x\r\n\r\n",
    "GET {path} HTTP/1.1\r\nHost: x\r\n{index} {list}: x\r\n\r\n",
    "GET {path} HTTP/1.1\r\nHost: x\r\nReferer: {list}{index}\x00\r\n\r\n",
    "POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{index} {list}\r\n",
    "POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {list}{index}\r\n\r\n",
    "GET {path}" + "{index}" * 3_000 + " HTTP/1.1\r\n\r\n",
]


async def said(host: str, port: int, request: str) -> bytes:
    """Return what the server answers to bytes that may be no HTTP."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request.encode("latin-1"))
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("stream", LEVELS, indirect=True)
async def test_no_broken_request_tells(tmp_path: Path, stream: io.StringIO) -> None:
    told = Told(stream)
    async with running(tmp_path) as service:
        entry = (await entries_of(service, await service.headers(*ROLES), told))[0]
        index, client = entry["statusListIndex"], service.client
        assert client.port is not None
        path = f"/status-lists/{told.list_id}?index={index}"
        for request in BROKEN:
            sent = request.replace("{path}", path).replace("{index}", index).replace("{list}", told.list_id)
            answer = await said(client.host, client.port, sent)
            assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:100]
        told.metrics = await (await client.get("/metrics")).text()
    told.require_silence()
    assert "127.0.0.1" not in stream.getvalue()


class TellingError(Exception):
    """An error that says all it knows, as those of databases and libraries do."""

    def __init__(self, told: Told) -> None:
        super().__init__(f"key (list, index)=({told.list_id}, {min(told.indexes)}) for {NAMED} exists")


def fails(told: Told) -> Any:
    async def method(*_: Any, **__: Any) -> Any:
        raise ValueError(str(TellingError(told))) from TellingError(told)

    return method


@pytest.mark.parametrize(
    "method", ["change", "change_each", "allocate_each", "list_record", "referenced", "publish"]
)
async def test_no_error_of_the_service_itself_tells(
    tmp_path: Path, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    told = Told(stream)
    async with running(tmp_path) as service:
        headers = await service.headers(*ROLES)
        entry = (await entries_of(service, headers, told))[0]
        monkeypatch.setattr(SqlStore, method, fails(told))
        assert await every_route(service, headers, told, entry) > 0
        told.metrics = await (await service.client.get("/metrics")).text()
    assert "ValueError" in stream.getvalue()
    told.require_silence()


@pytest.mark.parametrize("stream", ["debug-json", "debug-console"], indirect=True)
async def test_no_trace_of_an_error_tells(stream: io.StringIO) -> None:
    """An error's message is not written, nor that of what caused it; its kind and its places are."""
    told = Told(stream)
    told.indexes, told.list_id = {"1234567"}, "abcdef"
    try:
        await fails(told)()
    except ValueError:
        structlog.get_logger("ler_trust").exception("failed")
        logging.getLogger("library").exception("failed too")
    task = asyncio.create_task(fails(told)())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "task": task}
    )
    written = stream.getvalue()
    for expected in ("failed", "failed too", "never retrieved", "ValueError", "TellingError", " method"):
        assert expected in written
    told.require_silence()
