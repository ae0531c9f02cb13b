"""Lists published by the service are found, believed and read by it, in every form and at any time."""

from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from ler_trust.contracts import Fetched, FetchRequest
from ler_trust.errors import Undecided
from ler_trust.model.instant import Instant
from ler_trust.model.policy import ANY_ISSUER
from ler_trust.model.records import Role
from ler_trust.model.report import CheckResult, Outcome, Report
from ler_trust.status.ahead import ListsAhead
from ler_trust.suites.signing import add_proof, sign_compact
from ler_trust.verify.batch import Question
from tests.kit.clock import SteppedClock
from tests.kit.issuing import badge
from tests.kit.running_service import NOON, TENANT, Outside, Running, running
from tests.unit.web.test_web_status_lists import entries

ORIGIN = "https://trust.example.org"


@dataclass
class ItsOwn(Outside):
    """A fetcher that reaches the service itself at its public address."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOON))
    service: Running | None = None

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.asked.append(request.url)
        assert self.service is not None
        path = request.url.removeprefix(ORIGIN)
        response = await self.service.client.get(path, headers={"Accept": request.accept})
        body = await response.read()
        if response.status != 200:
            raise Undecided("fetch.status", f"{response.status}")
        return Fetched(request.url, body, response.content_type, self.clock.now())


async def listed(service: Running, headers: dict[str, str]) -> tuple[str, list[dict[str, str]]]:
    """Make a list; return the signing key's id and three entries, the first of them revoked."""
    key = await (await service.post("/v1/signing-keys", {"kind": "Ed25519"}, headers)).json()
    body = {"purpose": "revocation", "signing_key": key["id"]}
    list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
    found = await entries(service, headers, list_id, 3)
    await revoke(service, headers, list_id, found[0])
    return key["id"], found


async def revoke(service: Running, headers: dict[str, str], list_id: str, entry: dict[str, str]) -> None:
    changes = {"changes": [{"entry": entry, "status": "revoked"}]}
    response = await service.post(f"/v1/status-lists/{list_id}/changes", changes, headers)
    assert response.status == 200


async def record(service: Running, key: str, form: str, entry: dict[str, str], at: Instant) -> bytes:
    """Return a badge by the service's own issuer, whose status is kept as ``form`` says."""
    signer = await service.service.issuers.signer(key)
    document = badge(signer.issuer)
    if form == "status_list":
        claim = {"idx": int(entry["statusListIndex"]), "uri": entry["statusListCredential"]}
        payload = {**document, "status": {"status_list": claim}}
        return sign_compact({"typ": "vc+jwt", "kid": signer.method}, payload, signer).encode()
    status = {**entry, "type": form}
    return orjson.dumps(
        add_proof({**document, "credentialStatus": status}, signer, "eddsa-jcs-2022", created=at)
    )


async def verified(service: Running, item: bytes, at: Instant | None = None) -> Report:
    [report] = await service.service.verifier.verify([item], Question(TENANT, ANY_ISSUER, at))
    return report


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


@pytest.mark.parametrize("form", ["BitstringStatusListEntry", "StatusList2021Entry", "status_list"])
async def test_each_form_is_read_as_it_was_meant(tmp_path: Path, form: str) -> None:
    outside = ItsOwn()
    async with running(tmp_path, outside=outside, clock=outside.clock) as service:
        outside.service = service
        key, (revoked, clear, _) = await listed(service, await service.headers(Role.ISSUER))
        results = [
            await verified(service, await record(service, key, form, entry, NOON))
            for entry in (revoked, clear)
        ]
    assert [(result.outcome, result.reason) for result in results] == [
        (Outcome.INVALID, "status.revoked"),
        (Outcome.VALID, None),
    ]
    assert status_of(results[1]).outcome.value == "pass"


@pytest.mark.parametrize("form", ["BitstringStatusListEntry", "status_list"])
async def test_state_of_a_past_time(tmp_path: Path, form: str) -> None:
    outside = ItsOwn()
    async with running(tmp_path, outside=outside, clock=outside.clock) as service:
        outside.service = service
        headers = await service.headers(Role.ISSUER)
        key, (_, entry, _) = await listed(service, headers)
        path = entry["statusListCredential"].removeprefix(ORIGIN)
        await service.client.get(path)  # published, with the entry clear
        item = await record(service, key, form, entry, NOON)
        outside.clock.advance(3_600)
        then = outside.clock.now()
        outside.clock.advance(3_600)
        await revoke(service, headers, path.rpartition("/")[2], entry)
        now, before = await verified(service, item), await verified(service, item, then)
    assert now.reason == "status.revoked"
    assert (before.outcome, status_of(before).code) == (Outcome.VALID, "status.set_since")


async def test_lists_of_one_publisher_are_had_together(tmp_path: Path) -> None:
    """After one of its lists was used, the first use of another asks nobody."""
    outside = ItsOwn()
    async with running(tmp_path, outside=outside, clock=outside.clock) as service:
        outside.service = service
        headers = await service.headers(Role.ISSUER)
        key, (_, first, _) = await listed(service, headers)
        _, (_, second, _) = await listed(service, headers)
        lists = service.service.lists
        ahead = ListsAhead(lists, outside, outside.clock)
        await verified(service, await record(service, key, "status_list", first, NOON))
        await ahead.renew_due()
        assert second["statusListCredential"] in outside.asked
        asked = len(outside.asked)
        report = await verified(service, await record(service, key, "status_list", second, NOON))
        assert outside.asked[asked:] == []
        assert (report.outcome, status_of(report).evidence["list"]) == (
            Outcome.VALID,
            second["statusListCredential"],
        )
