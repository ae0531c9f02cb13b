"""Status lists of each kind fetched from a real HTTP server by the whole service."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ler_trust.config import load_settings
from ler_trust.config_sections import OutboundSettings
from ler_trust.model.instant import DAY, Instant, format_instant, instant_of
from ler_trust.model.policy import ANY_ISSUER
from ler_trust.model.report import CheckResult, Outcome, Report
from ler_trust.model.status import StatusList
from ler_trust.service import Service, open_service
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact
from ler_trust.verify.batch import Question
from status_lists.bitstring import BitstringStatusList
from tests.kit.issuing import CONTEXT_V2, badge, signer
from tests.kit.list_tokens import claims, cwt, jwt
from tests.kit.redis_server import running_redis
from tests.kit.status_format_contract import bits_with
from tests.kit.web_stub import WebStub
from tests.kit.world import entry

REVOKED, CLEAR = 7, 8
SCHOOL = signer()


@pytest.fixture
async def stub() -> AsyncIterator[WebStub]:
    async with WebStub() as server:
        yield server


@asynccontextmanager
async def service_for(stub: WebStub, folder: Path, **settings: Any) -> AsyncIterator[Service]:
    outbound = OutboundSettings(development_hosts=(stub.authority,))
    given = load_settings(data_folder=folder, outbound=outbound, **settings)
    async with open_service(given) as service:
        yield service


def present() -> Instant:
    return instant_of(datetime.now(UTC))


def token_record(index: int, url: str, by: LocalSigner = SCHOOL) -> bytes:
    payload = {**badge(by.issuer), "status": {"status_list": {"idx": index, "uri": url}}}
    return sign_compact({"typ": "vc+jwt", "kid": by.method}, payload, by).encode()


def record(status: Any, **members: Any) -> bytes:
    document = badge(SCHOOL.issuer, credentialStatus=status, **members)
    return orjson.dumps(add_proof(document, SCHOOL, "eddsa-jcs-2022", created=present() - 60 * DAY))


async def verified(service: Service, *items: bytes) -> list[Report]:
    return await service.verifier.verify(items, Question("default", ANY_ISSUER))


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


@pytest.mark.parametrize(("form", "kind"), [(jwt, "statuslist+jwt"), (cwt, "statuslist+cwt")])
async def test_list_token_packed_on_the_way(stub: WebStub, tmp_path: Path, form: Any, kind: str) -> None:
    url = stub.url("/tokens/1")
    body = gzip.compress(form(claims(url, SCHOOL, present(), {REVOKED: 1}), SCHOOL))
    headers = {"Content-Type": f"application/{kind}", "Content-Encoding": "gzip", "Cache-Control": "no-cache"}
    stub.answer("/tokens/1", body, headers=headers)
    async with service_for(stub, tmp_path) as service:
        items = [token_record(index, url) for index in (REVOKED, CLEAR)]
        first = await verified(service, *items)
        again = await verified(service, *items)
    assert [report.reason for report in first] == ["status.revoked", None]
    assert [report.outcome for report in again] == [Outcome.INVALID, Outcome.VALID]
    [request] = stub.requests  # the claim ttl goes before no-cache (Token Status List §5.1)
    assert request.headers["Accept"].startswith("application/statuslist+jwt, application/statuslist+cwt")
    assert "Cookie" not in request.headers
    assert "Referer" not in request.headers


async def test_unsigned_list_must_come_from_the_host_that_is_named(stub: WebStub, tmp_path: Path) -> None:
    async with WebStub() as other:
        other.answer("/list", b'{"issuer":"https://x.example.org","revokedCredential":[]}')
        stub.redirect("/away", other.url("/list"))
        stub.redirect("/near", "/list")
        stub.answer("/list", b'{"issuer":"https://x.example.org","revokedCredential":[]}')
        outbound = OutboundSettings(development_hosts=(stub.authority, other.authority))
        async with open_service(load_settings(data_folder=tmp_path, outbound=outbound)) as service:
            away, near = await verified(
                service,
                *(
                    record({"id": stub.url(path), "type": "1EdTechRevocationList"})
                    for path in ("/away", "/near")
                ),
            )
    assert (away.outcome, away.reason) == (Outcome.INDETERMINATE, "status.list_unreachable")
    assert (near.outcome, status_of(near).code) == (Outcome.VALID, "status.list_unsigned")
    assert other.requests == []


async def test_state_at_a_time_is_asked_for_by_the_specifications_parameter(
    stub: WebStub, tmp_path: Path
) -> None:
    url, now = stub.url("/lists/1"), present()
    then = now - 30 * DAY

    def signed(*revoked: int, since: Instant) -> bytes:
        bits = StatusList("BitstringStatusListEntry", ("revocation",), bits_with(*revoked))
        document = {
            "@context": [CONTEXT_V2],
            "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": SCHOOL.issuer,
            "validFrom": format_instant(since),
            "credentialSubject": {"id": f"{url}#list", **BitstringStatusList().encode(bits)},
        }
        return orjson.dumps(add_proof(document, SCHOOL, "eddsa-jcs-2022", created=since))

    async def answer(request: Any) -> Any:
        from aiohttp import web

        past = request.query.get("timestamp") == format_instant(then)
        body = signed(since=then - DAY) if past else signed(REVOKED, since=now - DAY)
        return web.Response(body=body, content_type="application/vc")

    stub.handle("/lists/1", answer)
    async with service_for(stub, tmp_path) as service:
        item = record(entry(url, REVOKED))
        question = Question("default", ANY_ISSUER, then)
        [report] = await service.verifier.verify([item], question)
        [today] = await verified(service, item)
    assert (report.outcome, status_of(report).code) == (Outcome.VALID, "status.set_since")
    assert today.reason == "status.revoked"


async def test_second_replica_asks_nobody(stub: WebStub, tmp_path: Path) -> None:
    url = stub.url("/tokens/1")
    stub.answer("/tokens/1", jwt(claims(url, SCHOOL, present(), {REVOKED: 1}), SCHOOL))
    key = "ab" * 32
    with running_redis() as redis:
        settings: dict[str, Any] = {"redis_url": redis.url, "master_key": key}
        async with service_for(stub, tmp_path / "one", **settings) as one:
            await verified(one, token_record(REVOKED, url))
        async with service_for(stub, tmp_path / "two", **settings) as two:
            [report] = await verified(two, token_record(REVOKED, url))
            redis.stop()
            [without] = await verified(two, token_record(CLEAR, url))
    assert (report.reason, without.outcome) == ("status.revoked", Outcome.VALID)
    assert len(stub.requests) == 1
