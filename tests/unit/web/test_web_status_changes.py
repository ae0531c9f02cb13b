"""Changes over HTTP: by entry and by reference, now and later, tried and sent twice; the trail taken away."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.records import Role
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, problem, running
from tests.unit.web.test_web_status_lists import bits, entries, made

LATER = format_instant(NOON + DAY)


async def changed(service: Running, headers: dict[str, str], path: str, **body: Any) -> dict[str, Any]:
    """Send changes that must be accepted, and return the answer."""
    response = await service.post(path, body, headers)
    answer: dict[str, Any] = await response.json()
    assert response.status in (200, 202), answer
    return answer


async def count_set(service: Running, list_id: str) -> int:
    return sum(map(int.bit_count, await bits(service, list_id)))


async def named(service: Running, headers: dict[str, str], purpose: str, *names: str) -> list[Any]:
    """Allocate entries of open lists for references."""
    body = {"purpose": purpose, "count": len(names), "references": list(names)}
    response = await service.post("/v1/status-entries", body, headers)
    assert response.status == 201, await response.text()
    found: list[Any] = (await response.json())["entries"]
    return found


async def test_credentials_are_revoked_and_suspended_by_reference_on_all_lists(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        for purpose in ("revocation", "suspension"):
            await made(service, headers, purpose)
            await named(service, headers, purpose, "badge-1", "badge-2", "badge-3")
        body = {
            "changes": [{"reference": "badge-1"}, {"reference": "badge-3", "status": "suspended"}],
            "status": "revoked",
            "reason_code": "superseded",
        }
        answer = await changed(service, headers, "/v1/status-changes", **body)
        assert answer["applied"] == 2
        assert len(answer["lists"]) == 2
        listed = await (await service.client.get("/v1/status-lists", headers=headers)).json()
        found = {"revocation": 0, "suspension": 0}
        for each in listed["lists"]:
            found[each["purpose"]] += await count_set(service, each["id"])
        assert found == {"revocation": 1, "suspension": 1}
        await changed(
            service, headers, "/v1/status-changes", status="active", changes=[{"reference": "badge-3"}]
        )
        assert sum([await count_set(service, each["id"]) for each in listed["lists"]]) == 1


async def test_several_lists_are_open_and_entries_come_from_all(tmp_path: Path) -> None:
    async with running(tmp_path, lists={"open_lists": 3}) as service:
        headers = await service.headers(Role.ISSUER)
        await made(service, headers)
        found = await named(service, headers, "revocation", *map(str, range(300)))
        assert len({entry["statusListCredential"] for entry in found}) == 3
        assert len({entry["id"] for entry in found}) == 300
        listed = await (await service.client.get("/v1/status-lists", headers=headers)).json()
        assert len(listed["lists"]) == 3
        body = {"changes": [{"entry": entry, "status": "revoked"} for entry in found]}
        answer = await changed(service, headers, "/v1/status-changes", **body)
        assert sum(each["sequence"] for each in answer["lists"]) == 300


async def test_there_is_no_open_list_before_the_first(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        response = await service.post("/v1/status-entries", {"purpose": "revocation"}, headers)
        await problem(response, 404, "request.not_found")


async def test_reference_has_one_entry_a_purpose(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        path = f"/v1/status-lists/{(await made(service, headers))['id']}/entries"
        for references, status in ((["a"], 201), (["b", "a"], 409), (["c", "c"], 409), (["d"], 201)):
            body = {"count": len(references), "references": references}
            assert (await service.post(path, body, headers)).status == status
        body = {"count": 2, "references": ["e"]}
        await problem(await service.post(path, body, headers), 422, "request.invalid")


async def test_references_of_another_tenant_mean_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        await named(service, headers, "revocation", "badge-1")
        other = await service.headers(Role.ISSUER, tenant="other")
        body = {"status": "revoked", "changes": [{"reference": "badge-1"}]}
        found = await problem(await service.post("/v1/status-changes", body, other), 404, "request.not_found")
        assert found["pointer"] == "/changes/0/reference"
        assert "badge-1" not in found["detail"]
        entry = {"statusListCredential": described["url"], "statusListIndex": "1"}
        body = {"status": "revoked", "changes": [{"entry": entry}]}
        response = await service.post("/v1/status-changes", body, other)
        assert (await problem(response, 422, "request.invalid"))["pointer"] == "/changes/0/entry"


async def test_references_are_kept_only_as_keyed_hashes(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        await made(service, headers)
        await named(service, headers, "revocation", "matriculation-4711")
    held = await asyncio.to_thread(lambda: [each.read_bytes() for each in tmp_path.glob("*.sqlite3*")])
    assert held
    assert not any(b"matriculation-4711" in content for content in held)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"index": 1, "status": "revoked"}, "request.malformed", "/changes/0"),
        ({"status": "revoked"}, "request.malformed", "/changes/0"),
        ({"reference": "a", "entry": {}, "status": "revoked"}, "request.malformed", "/changes/0"),
        ({"reference": "a"}, "request.malformed", "/changes/0"),
        ({"reference": "", "status": "revoked"}, "request.malformed", "/changes/0/reference"),
        ({"reference": "a", "status": "revoked", "reason_code": "x"}, "request.malformed", None),
        ({"entry": {}, "status": "revoked"}, "request.invalid", "/changes/0/entry"),
        ({"entry": {"statusListCredential": 7}, "status": "revoked"}, "request.invalid", "/changes/0/entry"),
    ],
)
async def test_change_that_names_nothing_is_refused_with_a_pointer(
    tmp_path: Path, change: dict[str, Any], code: str, pointer: str | None
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        response = await service.post("/v1/status-changes", {"changes": [change]}, headers)
        found = await problem(response, 400 if code == "request.malformed" else 422, code)
        assert pointer is None or found["pointer"] == pointer


async def test_dry_run_says_what_would_be_and_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        first, second = await entries(service, headers, described["id"], 2)
        path = f"/v1/status-lists/{described['id']}/changes"
        await changed(service, headers, path, status="revoked", changes=[{"entry": first}])
        both = [{"entry": first}, {"entry": second}]
        answer = await changed(service, headers, path, status="revoked", dry_run=True, changes=both)
        assert answer == {"applied": 2, "sequence": 1, "dry_run": True, "unchanged": 1}
        assert await count_set(service, described["id"]) == 1
        undo = {"status": "active", "dry_run": True, "changes": [{"entry": first}]}
        await problem(await service.post(path, undo, headers), 409, "request.final")


async def test_change_takes_effect_when_its_time_has_come(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        [entry] = await entries(service, headers, described["id"], 1)
        path = f"/v1/status-lists/{described['id']}"
        soon = format_instant(NOON + 30_000_000)
        response = await service.post(
            f"{path}/changes",
            {"status": "revoked", "effective_at": soon, "changes": [{"entry": entry}]},
            headers,
        )
        assert response.status == 202
        assert (await response.json())["effective_at"] == soon
        before = await service.client.get(f"/status-lists/{described['id']}")
        assert before.headers["Cache-Control"].startswith("public, max-age=30,")
        assert not any(await bits(service, described["id"]))
        clock.advance(30)
        assert await count_set(service, described["id"]) == 1
        history = await (await service.client.get(f"{path}/changes", headers=headers)).json()
        [change] = history["changes"]
        assert (change["recorded_at"], change["effective_at"]) == (format_instant(NOON), soon)
        [planned] = (await (await service.client.get(f"{path}/scheduled", headers=headers)).json())[
            "scheduled"
        ]
        assert planned["state"] == "made"


async def test_scheduled_change_is_called_off_once(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers, "suspension")
        [entry] = await entries(service, headers, described["id"], 1)
        path = f"/v1/status-lists/{described['id']}"
        body = {"status": "suspended", "effective_at": LATER, "changes": [{"entry": entry}]}
        await service.post(f"{path}/changes", body, headers)
        [planned] = (await (await service.client.get(f"{path}/scheduled", headers=headers)).json())[
            "scheduled"
        ]
        assert planned["state"] == "waiting"
        call_off = f"{path}/scheduled/{planned['number']}"
        assert await (await service.client.delete(call_off, headers=headers)).json() == {"called_off": 1}
        await problem(await service.client.delete(call_off, headers=headers), 404, "request.not_found")
        await problem(
            await service.client.delete(f"{path}/scheduled/x", headers=headers), 404, "request.not_found"
        )
        clock.advance(2 * 86_400)
        assert not any(await bits(service, described["id"]))
        [planned] = (await (await service.client.get(f"{path}/scheduled", headers=headers)).json())[
            "scheduled"
        ]
        assert planned["state"] == "called_off"


@pytest.mark.parametrize("moment", [format_instant(NOON), format_instant(NOON + 4_000 * DAY), "tomorrow"])
async def test_time_that_is_not_ahead_is_refused(tmp_path: Path, moment: str) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        [entry] = await entries(service, headers, described["id"], 1)
        body = {"status": "revoked", "effective_at": moment, "changes": [{"entry": entry}]}
        response = await service.post(f"/v1/status-lists/{described['id']}/changes", body, headers)
        assert response.status in (400, 422)


async def test_request_sent_twice_under_one_key_is_done_once(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER) | {"Idempotency-Key": '"first"'}
        await made(service, headers)
        await made(service, headers, "suspension")
        body = {"purpose": "revocation", "count": 3}
        answers = [await (await service.post("/v1/status-entries", body, headers)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        await problem(
            await service.post("/v1/status-entries", {**body, "count": 4}, headers), 409, "request.key_reused"
        )
        [entry, *_] = answers[0]["entries"]
        change = {"status": "revoked", "changes": [{"entry": entry}]}
        headers["Idempotency-Key"] = "second"
        sent = [await (await service.post("/v1/status-changes", change, headers)).json() for _ in range(2)]
        assert sent[0] == sent[1]
        other = await service.headers(Role.ISSUER, tenant="other") | {"Idempotency-Key": "first"}
        response = await service.post("/v1/status-entries", {"purpose": "suspension"}, other)
        await problem(response, 404, "request.not_found")


async def test_scheduled_change_sent_again_after_its_time_gets_the_first_answer(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER) | {"Idempotency-Key": "once"}
        described = await made(service, headers)
        [entry] = await entries(service, await service.headers(Role.ISSUER), described["id"], 1)
        body = {
            "status": "revoked",
            "effective_at": format_instant(NOON + 30_000_000),
            "changes": [{"entry": entry}],
        }
        answers = []
        for seconds in (0, 29, 30, 86_400):
            clock.advance(seconds)
            response = await service.post("/v1/status-changes", body, headers)
            answers.append((response.status, await response.json()))
        assert answers == answers[:1] * 4
        assert answers[0][0] == 202
        late = await service.post("/v1/status-changes", body, headers | {"Idempotency-Key": "other"})
        assert "not in the future" in (await problem(late, 422, "request.invalid"))["detail"]
        other = {**body, "reason": "another request"}
        await problem(await service.post("/v1/status-changes", other, headers), 409, "request.key_reused")
        assert len(await service.service.store.scheduled(described["id"])) == 1


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
async def test_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        response = await service.post(
            f"/v1/status-lists/{described['id']}/entries", {"count": 1}, headers | {"Idempotency-Key": key}
        )
        await problem(response, 400, "request.malformed")


async def test_the_trail_is_exported_whole(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        found = await entries(service, headers, described["id"], 1_500)
        path = f"/v1/status-lists/{described['id']}/changes"
        changes = [{"entry": entry} for entry in found]
        await changed(service, headers, path, status="revoked", reason='=1+1,"x"', changes=changes)
        lines = await (
            await service.client.get(path, headers=headers | {"Accept": "application/x-ndjson"})
        ).read()
        rows = [orjson.loads(line) for line in lines.splitlines()]
        assert [row["sequence"] for row in rows] == list(range(1, 1_501))
        response = await service.client.get(path, headers=headers | {"Accept": "text/csv"})
        table = list(csv.DictReader(io.StringIO((await response.read()).decode())))
        assert [int(row["index"]) for row in table] == [row["index"] for row in rows]
        assert table[0]["reason"] == '\'=1+1,"x"'  # no formula for whoever opens it in a spreadsheet
        assert table[0]["actor"] == rows[0]["actor"]
        refused = await service.client.get(path, headers=headers | {"Accept": "image/png"})
        await problem(refused, 406, "request.not_acceptable")


async def test_a_hundred_thousand_and_no_more_in_one_request(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        [entry] = await entries(service, headers, described["id"], 1)
        path = f"/v1/status-lists/{described['id']}/changes"
        change = {"index": int(entry["statusListIndex"])}
        body = {"status": "revoked", "changes": [change] * 100_001}
        await problem(await service.post(path, body, headers), 400, "request.malformed")
        answer = await changed(service, headers, path, status="revoked", changes=[change] * 100_000)
        assert answer == {"applied": 100_000, "sequence": 100_000}
        assert await count_set(service, described["id"]) == 1
