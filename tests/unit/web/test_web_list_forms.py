"""One list of record in many forms: chosen by Accept, of the same bits, as of now and as of then."""

import gzip
import zlib
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest

from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY, SECOND, format_instant
from ler_trust.model.records import Role
from ler_trust.model.status import StatusEffect, StatusListEvidence, StatusReference
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Outside, Running, problem, running
from tests.unit.web.test_web_status_lists import entries

JCS = {"Ed25519": "eddsa-jcs-2022", "P-256": "ecdsa-jcs-2019", "P-384": "ecdsa-jcs-2019"}


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt_payload(token: bytes) -> dict[str, Any]:
    claims: dict[str, Any] = orjson.loads(decoded(token.split(b".")[1].decode()))
    return claims


async def listed(
    service: Running, headers: dict[str, str], purpose: str = "revocation", kind: str = "Ed25519"
) -> tuple[str, set[int]]:
    """Make a list with some entries set; return its path and their indexes."""
    key = await (await service.post("/v1/signing-keys", {"kind": kind}, headers)).json()
    body = {"purpose": purpose, "signing_key": key["id"]}
    list_id = (await (await service.post("/v1/status-lists", body, headers)).json())["id"]
    found = (await entries(service, headers, list_id, 40))[:20]
    status = "revoked" if purpose == "revocation" else "suspended"
    changes = {"status": status, "changes": [{"entry": entry} for entry in found]}
    response = await service.post(f"/v1/status-lists/{list_id}/changes", changes, headers)
    assert response.status == 200
    return f"/status-lists/{list_id}", {int(entry["statusListIndex"]) for entry in found}


async def fetched(service: Running, path: str, accept: str) -> tuple[str, bytes]:
    response = await service.client.get(path, headers={"Accept": accept})
    body = await response.read()
    assert response.status == 200, body
    assert response.headers["Vary"] == "Accept, Accept-Encoding"
    return response.headers["Content-Type"], body


def from_left(bits: bytes) -> set[int]:
    return {8 * at + bit for at, byte in enumerate(bits) for bit in range(8) if byte & 0x80 >> bit}


def from_right(bits: bytes, size: int) -> dict[int, int]:
    """Return what is set in a token's list (draft-ietf-oauth-status-list §4.1)."""
    mask, each = (1 << size) - 1, 8 // size
    values = ((each * at + k, byte >> size * k & mask) for at, byte in enumerate(bits) for k in range(each))
    return {index: value for index, value in values if value}


@pytest.mark.parametrize("kind", list(JCS))
async def test_every_form_says_the_same(tmp_path: Path, kind: str) -> None:
    async with running(tmp_path) as service:
        path, expected = await listed(service, await service.headers(Role.ISSUER), kind=kind)
        suites = set()
        for accept in ("application/vc", f"application/vc;cryptosuite={JCS[kind]}"):
            media_type, body = await fetched(service, path, accept)
            credential = orjson.loads(body)
            assert media_type == "application/vc"
            suites.add(credential["proof"]["cryptosuite"])
            assert (
                from_left(gzip.decompress(decoded(credential["credentialSubject"]["encodedList"][1:])))
                == expected
            )
        assert JCS[kind] in suites
        assert len(suites) == 2
        media_type, body = await fetched(service, path, "application/vc+jwt")
        subject = jwt_payload(body)["credentialSubject"]
        assert media_type == "application/vc+jwt"
        assert from_left(gzip.decompress(decoded(subject["encodedList"][1:]))) == expected
        media_type, body = await fetched(service, path, "application/vc;type=StatusList2021Credential")
        subject = orjson.loads(body)["credentialSubject"]
        assert subject["type"] == "StatusList2021"
        assert from_left(gzip.decompress(decoded(subject["encodedList"]))) == expected
        media_type, body = await fetched(service, path, "application/statuslist+jwt")
        claims = jwt_payload(body)
        assert claims["sub"] == f"https://trust.example.org{path}"
        assert from_right(zlib.decompress(decoded(claims["status_list"]["lst"])), 1) == dict.fromkeys(
            expected, 1
        )
        media_type, body = await fetched(service, path, "application/statuslist+cwt")
        tag = cbor2.loads(body)
        assert (media_type, tag.tag) == ("application/statuslist+cwt", 18)
        status_list = cbor2.loads(tag.value[2])[65533]
        assert from_right(zlib.decompress(status_list["lst"]), status_list["bits"]) == dict.fromkeys(
            expected, 1
        )


async def test_token_of_a_suspension_list_says_suspended(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path, expected = await listed(service, await service.headers(Role.ISSUER), "suspension")
        _, body = await fetched(service, path, "application/statuslist+jwt")
        header = orjson.loads(decoded(body.split(b".")[0].decode()))
        claims = jwt_payload(body)
        assert header["typ"] == "statuslist+jwt"
        assert claims["iat"] == NOON // SECOND
        assert claims["exp"] == (NOON + DAY) // SECOND
        assert claims["ttl"] == 300
        assert claims["status_list"]["bits"] == 2
        bits = zlib.decompress(decoded(claims["status_list"]["lst"]))
        assert from_right(bits, 2) == dict.fromkeys(expected, 2)
        aggregation = claims["status_list"]["aggregation_uri"].removeprefix("https://trust.example.org")
        named = await (await service.client.get(aggregation)).json()
        assert named == {"status_lists": [f"https://trust.example.org{path}"]}


@pytest.mark.parametrize(
    "form", ["credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt"]
)
async def test_form_has_an_address_of_its_own_and_says_so(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        path, _ = await listed(service, await service.headers(Role.ISSUER))
        response = await service.client.get(f"{path}?as={form}", headers={"Accept": "text/html"})
        body = await response.read()
        own = f"https://trust.example.org{path}?as={form}"
        if form == "token-cwt":
            assert cbor2.loads(cbor2.loads(body).value[2])[2] == own
        elif form == "token-jwt":
            assert jwt_payload(body)["sub"] == own
        else:
            assert (jwt_payload(body) if form == "vc-jwt" else orjson.loads(body))["id"] == own


@pytest.mark.parametrize("query", ["as=nothing", "time=x", "time=-1", "timestamp=yesterday"])
async def test_what_cannot_be_asked_for_is_refused(tmp_path: Path, query: str) -> None:
    async with running(tmp_path) as service:
        path, _ = await listed(service, await service.headers(Role.ISSUER))
        assert (await service.client.get(f"{path}?{query}")).status in (400, 404)


async def test_form_that_there_is_not_is_not_acceptable(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path, _ = await listed(service, await service.headers(Role.ISSUER), kind="P-256")
        for accept in ("text/html", "application/vc;cryptosuite=eddsa-jcs-2022"):
            response = await service.client.get(path, headers={"Accept": accept})
            await problem(response, 406, "request.not_acceptable")
        for accept in ("text/html, */*;q=0.1", "application/json", "application/ld+json"):
            assert (await fetched(service, path, accept))[0] == "application/vc"


async def test_every_form_has_its_own_tag_and_is_not_sent_twice(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path, _ = await listed(service, await service.headers(Role.ISSUER))
        tags = set()
        for accept in ("application/vc", "application/vc+jwt", "application/statuslist+jwt"):
            response = await service.client.get(path, headers={"Accept": accept})
            tag = response.headers["ETag"]
            tags.add(tag)
            again = await service.client.get(path, headers={"Accept": accept, "If-None-Match": tag})
            assert (again.status, await again.read(), again.headers["Vary"]) == (
                304,
                b"",
                "Accept, Accept-Encoding",
            )
        assert len(tags) == 3


async def test_list_is_sent_packed_to_those_who_take_it(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        path, _ = await listed(service, await service.headers(Role.ISSUER))
        plain = await service.client.get(path, headers={"Accept-Encoding": "identity"}, auto_decompress=False)
        packed = await service.client.get(path, headers={"Accept-Encoding": "br, gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert await packed.read() == await plain.read()
        assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
        for refusing in ("gzip;q=0", "gzip; q=0.0", "br", ""):
            response = await service.client.get(path, headers={"Accept-Encoding": refusing})
            assert "Content-Encoding" not in response.headers
        known = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}
        assert (await service.client.get(path, headers=known)).status == 304
        # Who has the packed list and asks for the plain one does not have what it asks for.
        other = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "identity"}
        assert (await service.client.get(path, headers=other)).status == 200


async def test_list_of_another_time_is_the_one_that_was_published_then(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        path, expected = await listed(service, headers)
        first = await (await service.client.get(path)).read()
        clock.advance(600)
        [entry] = await entries(service, headers, path.rpartition("/")[2], 1)
        body = {"status": "revoked", "changes": [{"entry": entry}]}
        await service.post(f"/v1{path}/changes", body, headers)
        second = await (await service.client.get(path)).read()
        clock.advance(600)
        for seconds, then in ((0, first), (599, first), (600, second), (1_200, second)):
            moment = NOON + seconds * SECOND
            asked = {"timestamp": format_instant(moment)}
            response = await service.client.get(path, params=asked)
            assert await response.read() == then
            token = await service.client.get(
                path, params={"time": str(moment // SECOND)}, headers={"Accept": "application/statuslist+jwt"}
            )
            claims = jwt_payload(await token.read())
            assert claims["iat"] <= moment // SECOND < claims["exp"]
        for moment in (NOON - SECOND, NOON + DAY):
            response = await service.client.get(path, params={"timestamp": format_instant(moment)})
            found = await problem(response, 404, "request.no_such_time")
            assert found["type"].endswith("status-list#STATUS_RETRIEVAL_ERROR")
        assert len(expected) == 20


async def test_forgotten_time_is_not_available(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        path, _ = await listed(service, headers)
        await service.client.get(path)
        clock.advance(90_000)
        await service.client.get(path)  # published anew, since half its time is over
        await service.service.store.forget(published_before=NOON + DAY, requests_before=NOON)
        response = await service.client.get(path, params={"time": str(NOON // SECOND)})
        await problem(response, 404, "request.no_such_time")
        assert (await service.client.get(path, params={"time": str(clock.now() // SECOND)})).status == 200


def test_the_kinds_of_key_are_those_that_lists_are_signed_with() -> None:
    assert set(JCS) == {kind.value for kind in KeyKind} - {"RSA", "secp256k1"}


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
@pytest.mark.parametrize(
    ("form", "entry_type"),
    [
        ("credential", "BitstringStatusListEntry"),
        ("jcs", "BitstringStatusListEntry"),
        ("vc-jwt", "BitstringStatusListEntry"),
        ("status-list-2021", "StatusList2021Entry"),
        ("token-jwt", "status_list"),
        ("token-cwt", "status_list"),
    ],
)
async def test_every_form_is_checked_here_as_anybodys_list(
    tmp_path: Path, form: str, entry_type: str, purpose: str, kind: str
) -> None:
    outside = Outside()
    async with running(tmp_path, outside=outside) as service:
        path, expected = await listed(service, await service.headers(Role.ISSUER), purpose, kind)
        url = f"https://trust.example.org{path}?as={form}"
        outside.pages[url] = await (await service.client.get(f"{path}?as={form}")).read()
        found = (await service.service.lists.find([(url, entry_type)], NOON))[url, entry_type]
        assert isinstance(found, StatusListEvidence), found
        status_format = service.service.formats[entry_type]
        named = "status" if entry_type == "status_list" else purpose
        effect = StatusEffect.REVOKED if purpose == "revocation" else StatusEffect.SUSPENDED
        other = next(index for index in range(131_072) if index not in expected)
        for index in (*sorted(expected), other):
            reference = StatusReference(entry_type, url, index, named)
            said = status_format.look_up(found.list, reference, min_entries=131_072)
            assert said.effect is (effect if index in expected else None)


async def test_entries_are_had_in_every_form_and_name_the_same_in_a_change(tmp_path: Path) -> None:
    names = ("credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt")
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        key = await (await service.post("/v1/signing-keys", {}, headers)).json()
        body = {"purpose": "revocation", "signing_key": key["id"]}
        record = await (await service.post("/v1/status-lists", body, headers)).json()
        path = f"/v1/status-lists/{record['id']}"
        asked = {**headers, "Idempotency-Key": "once"}
        plain = await (await service.post(f"{path}/entries", {"count": 6}, asked)).json()
        assert plain.keys() == {"entries"}
        said = await (await service.post(f"{path}/entries", {"count": 6, "forms": names}, asked)).json()
        assert said["entries"] == plain["entries"] == said["forms"]["credential"]
        indexes = [int(each["statusListIndex"]) for each in said["entries"]]
        for number, name in enumerate(names):
            entry = said["forms"][name][number]
            place = entry.get("status_list", entry)
            own = record["url"] + ("" if name == "credential" else f"?as={name}")
            assert place.get("uri", place.get("statusListCredential")) == own
            assert int(place.get("idx", place.get("statusListIndex"))) == indexes[number]
            kind = {"status-list-2021": "StatusList2021Entry"}.get(name, "BitstringStatusListEntry")
            assert entry.get("type", kind) == kind
            changes = {"status": "revoked", "changes": [{"entry": entry}]}
            assert (await service.post("/v1/status-changes", changes, headers)).status == 200
        token = await (await service.client.get(f"/status-lists/{record['id']}?as=token-jwt")).read()
        claims = jwt_payload(token)
        assert claims["sub"] == said["forms"]["token-jwt"][0]["status_list"]["uri"]
        assert from_right(zlib.decompress(decoded(claims["status_list"]["lst"])), 1) == dict.fromkeys(
            indexes, 1
        )
        no_form = {"count": 1, "forms": ["nothing"]}
        await problem(await service.post(f"{path}/entries", no_form, headers), 400, "request.malformed")


@pytest.mark.parametrize(
    "entry",
    [
        {"status_list": {}},
        {"status_list": {"idx": True, "uri": "https://trust.example.org/x"}},
        {"status_list": {"idx": -1, "uri": 5}},
        {"status_list": {"idx": 10**400, "uri": "https://trust.example.org/x"}},
        {"status_list": []},
        {"statusListCredential": "?as=", "statusListIndex": "1"},
    ],
)
async def test_entry_that_names_nothing_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        path, _ = await listed(service, headers)
        url = f"https://trust.example.org{path}"
        claim = entry.get("status_list")
        if isinstance(claim, dict) and isinstance(claim.get("uri"), str):
            entry = {"status_list": {**claim, "uri": url}}
        text = str(entry).replace("'", '"').replace("True", "true")
        body = f'{{"status": "revoked", "changes": [{{"entry": {text}}}]}}'.encode()
        response = await service.post("/v1/status-changes", body, headers)
        assert response.status in (400, 422), await response.text()
