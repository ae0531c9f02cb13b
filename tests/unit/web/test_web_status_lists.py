import gzip
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from ler_trust.model.records import Role
from tests.kit.running_service import Running, problem, running


async def made(service: Running, headers: dict[str, str], purpose: str = "revocation") -> dict[str, Any]:
    """Make a signing key and a list, and return the list's description."""
    key = await (await service.post("/v1/signing-keys", {"name": "college"}, headers)).json()
    if "id" not in key:
        key = {"id": "college"}
    body = {"purpose": purpose, "signing_key": key["id"], "ttl_seconds": 60}
    response = await service.post("/v1/status-lists", body, headers)
    description: dict[str, Any] = await response.json()
    assert response.status == 201, description
    assert response.headers["Location"] == f"/v1/status-lists/{description['id']}"
    return description


async def entries(service: Running, headers: dict[str, str], list_id: str, count: int) -> list[Any]:
    """Allocate entries."""
    response = await service.post(f"/v1/status-lists/{list_id}/entries", {"count": count}, headers)
    assert response.status == 201
    found: list[Any] = (await response.json())["entries"]
    return found


async def bits(service: Running, list_id: str) -> bytes:
    """Return the published list, decoded."""
    credential = await (await service.client.get(f"/status-lists/{list_id}")).json(content_type=None)
    text = credential["credentialSubject"]["encodedList"][1:]
    return gzip.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


async def test_an_entry_is_allocated_revoked_and_published(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        path = f"/v1/status-lists/{described['id']}"
        first, second = await entries(service, headers, described["id"], 2)
        assert first["type"] == "BitstringStatusListEntry"
        assert first["statusListCredential"] == described["url"]
        assert not any(await bits(service, described["id"]))
        body = {"changes": [{"entry": first, "status": "revoked", "reason": "issued in error"}]}
        response = await service.post(f"{path}/changes", body, headers)
        assert (response.status, await response.json()) == (200, {"applied": 1, "sequence": 1})
        index = int(first["statusListIndex"])
        published = await bits(service, described["id"])
        assert published[index // 8] == 0x80 >> index % 8
        assert sum(map(int.bit_count, published)) == 1
        history = await (await service.client.get(f"{path}/changes", headers=headers)).json()
        [change] = history["changes"]
        assert (change["index"], change["value"], change["reason"]) == (index, 1, "issued in error")
        assert change["recorded_at"] == "2025-07-01T12:00:00Z"
        page = await (await service.client.get(f"{path}/changes?after=1", headers=headers)).json()
        assert page == {"changes": []}
        listed = await (await service.client.get("/v1/status-lists", headers=headers)).json()
        assert [each["id"] for each in listed["lists"]] == [described["id"]]
        one = await (await service.client.get(path, headers=headers)).json()
        assert (one["allocated"], one["sequence"]) == (2, 1)
        assert second["statusListIndex"] != first["statusListIndex"]


async def test_a_revocation_is_final_and_a_suspension_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        for purpose, word in (("revocation", "revoked"), ("suspension", "suspended")):
            described = await made(service, headers, purpose)
            [entry] = await entries(service, headers, described["id"], 1)
            path = f"/v1/status-lists/{described['id']}/changes"
            index = int(entry["statusListIndex"])
            change = {"changes": [{"index": index, "status": word}]}
            assert (await service.post(path, change, headers)).status == 200
            undo = await service.post(path, {"changes": [{"index": index, "status": "active"}]}, headers)
            if purpose == "revocation":
                await problem(undo, 409, "request.final")
            else:
                assert undo.status == 200
            assert any(await bits(service, described["id"])) is (purpose == "revocation")


async def test_changes_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        [entry] = await entries(service, headers, described["id"], 1)
        path = f"/v1/status-lists/{described['id']}/changes"
        used = int(entry["statusListIndex"])
        unused = (used + 1) % described["length"]
        changes = [{"index": used, "status": "revoked"}, {"index": unused, "status": "revoked"}]
        await problem(await service.post(path, {"changes": changes}, headers), 409, "request.not_allocated")
        assert not any(await bits(service, described["id"]))


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"status": "revoked"}, 400, "/changes/0"),
        ({"index": 1, "status": "suspended"}, 422, "/changes/0/status"),
        ({"index": 1, "status": "gone"}, 400, "/changes/0/status"),
        ({"index": -1, "status": "revoked"}, 400, "/changes/0/index"),
        ({"index": "1", "status": "revoked"}, 400, "/changes/0/index"),
        ({"index": True, "status": "revoked"}, 400, "/changes/0/index"),
        ({"entry": {"statusListIndex": "1"}, "status": "revoked"}, 422, "/changes/0/entry"),
        ({"index": 1, "status": "revoked", "reason": "x" * 1_001}, 400, "/changes/0/reason"),
    ],
)
async def test_a_change_that_cannot_be_meant_is_refused_with_a_pointer(
    tmp_path: Path, change: dict[str, Any], status: int, pointer: str
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        response = await service.post(
            f"/v1/status-lists/{described['id']}/changes", {"changes": [change]}, headers
        )
        code = "request.malformed" if status == 400 else "request.invalid"
        assert (await problem(response, status, code))["pointer"] == pointer


@pytest.mark.parametrize("index", ["x", "-1", "１", "9" * 30, 1, None])
async def test_an_entry_with_a_bad_index_is_refused(tmp_path: Path, index: object) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        entry = {"statusListCredential": described["url"], "statusListIndex": index}
        body = {"changes": [{"entry": entry, "status": "revoked"}]}
        response = await service.post(f"/v1/status-lists/{described['id']}/changes", body, headers)
        await problem(response, 422, "request.invalid")


async def test_the_published_list_is_public_and_cacheable(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        [entry] = await entries(service, headers, described["id"], 1)
        path = f"/status-lists/{described['id']}"
        response = await service.client.get(path)
        etag = response.headers["ETag"]
        assert response.content_type == "application/vc"
        assert etag.startswith('"')
        assert response.headers["Cache-Control"] == "public, max-age=60, stale-if-error=86400"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in response.headers
        for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
            unchanged = await service.client.get(path, headers={"If-None-Match": known})
            assert (unchanged.status, await unchanged.read()) == (304, b"")
            assert unchanged.headers["ETag"] == etag
            assert unchanged.headers["Cache-Control"] == response.headers["Cache-Control"]
        head = await service.client.head(path)
        assert (head.status, await head.read(), head.headers["ETag"]) == (200, b"", etag)
        assert head.headers["Content-Length"] == response.headers["Content-Length"]
        change = {"changes": [{"entry": entry, "status": "revoked"}]}
        await service.post(f"/v1/status-lists/{described['id']}/changes", change, headers)
        changed = await service.client.get(path, headers={"If-None-Match": etag})
        assert changed.status == 200
        assert changed.headers["ETag"] != etag
        await problem(await service.client.get("/status-lists/none"), 404, "request.not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"purpose": "message", "signing_key": "k"}, "/purpose"),
        ({"purpose": "revocation"}, "/signing_key"),
        ({"purpose": "revocation", "signing_key": "k", "length": 131_071}, "/length"),
        ({"purpose": "revocation", "signing_key": "k", "length": 131_073}, "/length"),
        ({"purpose": "revocation", "signing_key": "k", "ttl_seconds": 0}, "/ttl_seconds"),
        ({"purpose": "revocation", "signing_key": "k", "ttl_seconds": 1e9}, "/ttl_seconds"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(tmp_path: Path, body: object, pointer: str) -> None:
    async with running(tmp_path) as service:
        response = await service.post("/v1/status-lists", body, await service.headers(Role.ISSUER))
        assert (await problem(response, 400, "request.malformed"))["pointer"] == pointer


async def test_a_list_by_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        body = {"purpose": "revocation", "signing_key": "nobody"}
        response = await service.post("/v1/status-lists", body, await service.headers(Role.ISSUER))
        await problem(response, 404, "request.not_found")


async def test_ten_thousand_entries_at_most_are_allocated_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        found = await entries(service, headers, described["id"], 10_000)
        assert len({entry["statusListIndex"] for entry in found}) == 10_000
        for count in (0, 10_001):
            response = await service.post(
                f"/v1/status-lists/{described['id']}/entries", {"count": count}, headers
            )
            await problem(response, 400, "request.malformed")


async def test_a_wrong_page_number_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        for after in ("-1", "x", "1e3", "9" * 40, "１"):
            response = await service.client.get(
                f"/v1/status-lists/{described['id']}/changes", params={"after": after}, headers=headers
            )
            await problem(response, 400, "request.malformed")


async def test_a_list_is_signed_by_another_key_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        first = await (await service.client.get(f"/status-lists/{described['id']}")).json(content_type=None)
        key = await (await service.post("/v1/signing-keys", {"kind": "P-256"}, headers)).json()
        path = f"/v1/status-lists/{described['id']}"
        response = await service.client.patch(path, json={"signing_key": key["id"]}, headers=headers)
        assert (response.status, (await response.json())["signing_key"]) == (200, key["id"])
        second = await (await service.client.get(f"/status-lists/{described['id']}")).json(content_type=None)
        assert (second["issuer"], second["proof"]["cryptosuite"]) == (key["issuer"], "ecdsa-rdfc-2019")
        assert first["issuer"] != second["issuer"]
        refused = await service.client.patch(path, json={"signing_key": "nobody"}, headers=headers)
        await problem(refused, 404, "request.not_found")
        other = await service.headers(Role.ISSUER, tenant="other")
        await problem(
            await service.client.patch(path, json={"signing_key": key["id"]}, headers=other),
            404,
            "request.not_found",
        )
