"""Lists that their issuer signs itself: given out, signed by another library, served as uploaded."""

import asyncio
import re
from pathlib import Path
from typing import Any

import base58
import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ler_trust.client import ServiceError, StatusClient
from ler_trust.model.instant import DAY, SECOND, format_instant
from ler_trust.model.records import Role
from ler_trust.model.status import StatusEffect, StatusListEvidence, StatusReference
from ler_trust.service import open_service
from ler_trust.web.publishing import publish_outdated
from tests.kit.clock import SteppedClock
from tests.kit.issuers_own import FORMS, Desk, OwnIssuer, desk, key_of
from tests.kit.running_service import NOON, Outside, Running, problem, running

PAGE = Path(__file__).parents[3] / "docs" / "for-issuers.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
TYPES = {"status-list-2021": "StatusList2021Entry", "token-jwt": "status_list", "token-cwt": "status_list"}


async def opened(service: Running, purpose: str = "revocation") -> Desk:
    return await desk(service, await service.headers(Role.ISSUER), purpose=purpose)


async def found(service: Running, outside: Outside, place: Desk, form: str) -> StatusListEvidence:
    """Return the list as served, read by this service as anybody's."""
    url = f"https://trust.example.org{place.address(form)}"
    status, outside.pages[url] = await place.served(form)
    assert status == 200
    key = (url, TYPES.get(form, "BitstringStatusListEntry"))
    evidence = (await service.service.lists.find([key], service.service.clock.now()))[key]
    assert isinstance(evidence, StatusListEvidence), evidence
    assert not evidence.is_another_than(url)
    return evidence


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
async def test_every_form_is_served_as_signed_and_checked_as_anybodys(tmp_path: Path, purpose: str) -> None:
    outside = Outside()
    async with running(tmp_path, outside=outside) as service:
        place = await opened(service, purpose)
        response = await service.post(
            f"{place.path}/entries", {"count": 3, "forms": list(FORMS)}, place.headers
        )
        allocated = (await response.json())["forms"]
        word = "revoked" if purpose == "revocation" else "suspended"
        for number, form in enumerate(("credential", "status-list-2021", "token-cwt")):
            changes = {"status": word, "changes": [{"entry": allocated[form][number]}]}
            response = await service.post("/v1/status-changes", changes, place.headers)
            assert response.status == 200, await response.text()
        for form in FORMS:
            body = await place.sign(form)
            assert await place.served(form) == (200, body)
            evidence = await found(service, outside, place, form)
            assert evidence.issuer == place.issuer.did
            effect = StatusEffect.REVOKED if purpose == "revocation" else StatusEffect.SUSPENDED
            entry_type = TYPES.get(form, "BitstringStatusListEntry")
            status_format = service.service.formats[entry_type]
            for entry in allocated[form]:
                whole = {"type": "status_list", **entry.get("status_list", entry)}
                reference = status_format.read_entry(whole)
                assert reference.list_url == evidence.url
                said = status_format.look_up(evidence.list, reference, min_entries=131_072)
                assert said.effect is effect
            other = StatusReference(entry_type, evidence.url, 0, reference.purpose)
            taken = {int(each["statusListIndex"]) for each in allocated["credential"]}
            if 0 not in taken:
                assert status_format.look_up(evidence.list, other, min_entries=131_072).value == 0


async def test_change_waits_for_the_issuer_and_the_list_stays_as_signed(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        await problem(await service.client.get(place.public), 404, "request.not_signed")
        first = await place.sign()
        await place.revoke()
        clock.advance(600)
        assert await place.served() == (200, first)
        response = await service.client.get(f"{place.path}/signed", headers=place.headers)
        [form] = (await response.json())["signed"]
        assert (form["form"], form["sequence"], form["behind"]) == ("credential", 0, True)
        second = await place.sign()
        assert await place.served() == (200, second)
        response = await service.client.get(f"{place.path}/signed", headers=place.headers)
        [form] = (await response.json())["signed"]
        assert (form["sequence"], form["behind"]) == (1, False)
        for moment, then in ((NOON, first), (NOON + 599 * SECOND, first), (NOON + 600 * SECOND, second)):
            response = await service.client.get(place.public, params={"timestamp": format_instant(moment)})
            assert await response.read() == then
        response = await service.client.get(place.public, params={"time": str(NOON // SECOND - 1)})
        await problem(response, 404, "request.no_such_time")


async def test_what_was_signed_is_not_served_past_its_end(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        unsigned = await place.unsigned(valid_days=2)
        assert unsigned["valid_until"] == format_instant(NOON + 2 * DAY)
        await place.upload(place.issuer.signed(unsigned), unsigned["version"])
        clock.advance(2 * 86_400 - 1)
        response = await service.client.get(place.public)
        assert (response.status, response.headers["Cache-Control"][:16]) == (200, "public, max-age=")
        assert "max-age=1," in response.headers["Cache-Control"]
        clock.advance(1)
        await problem(await service.client.get(place.public), 404, "request.not_signed")
        await place.sign()
        assert (await place.served())[0] == 200


@pytest.mark.parametrize("days", ["0", "93", "-1", "x", "99999"])
async def test_validity_that_cannot_be(tmp_path: Path, days: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        response = await service.client.get(
            f"{place.path}/unsigned", params={"valid_days": days}, headers=place.headers
        )
        assert response.status in (400, 422)


async def test_served_like_any_list(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        body = await place.sign()
        plain = await service.client.get(place.public, headers={"Accept-Encoding": "identity"})
        packed = await service.client.get(place.public, headers={"Accept-Encoding": "gzip"})
        assert await packed.read() == await plain.read() == body
        assert packed.headers["Content-Encoding"] == "gzip"
        known = {"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "identity"}
        again = await service.client.get(place.public, headers=known)
        assert again.status == 304
        vcalm = await service.client.get(f"/instances/default/status-lists/{place.list_id}")
        assert await vcalm.read() == body


async def test_awaited_signatures_are_told_and_are_no_fault(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:

        async def awaited() -> Any:
            await publish_outdated(service.service, "one")
            ready = await (await service.client.get("/readyz")).json()
            assert ready["status"] == "ready"
            shown = await (await service.client.get("/metrics")).text()
            told = ready.get("awaited") or {"lists": 0, "seconds": 0.0}
            assert f"ler_trust_lists_awaiting_signature {float(told['lists'])}" in shown
            assert f"ler_trust_list_signature_age_seconds {float(told['seconds'])}" in shown
            assert "ler_trust_list_publication_age_seconds 0.0" in shown
            return told["lists"], told["seconds"]

        assert await awaited() == (0, 0.0)
        place = await opened(service)
        clock.advance(60)
        assert await awaited() == (1, 60.0)
        await place.sign()
        await place.sign("token-jwt")
        assert await awaited() == (0, 0.0)
        await place.revoke(2)
        clock.advance(100)
        assert await awaited() == (1, 100.0)
        await place.sign()
        assert await awaited() == (1, 100.0)  # the token still waits
        await place.sign("token-jwt")
        assert await awaited() == (0, 0.0)
        clock.advance(4 * 86_400)
        lists, seconds = await awaited()
        assert (lists, seconds) == (1, 43_200.0)  # half of a week is over since then
        other = await desk(service, place.headers, place.issuer)
        assert (await awaited())[0] == 2
        await other.sign()
        await place.sign()
        await place.sign("token-jwt")
        assert await awaited() == (0, 0.0)


async def test_change_that_is_due_takes_effect_and_waits(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        await place.sign()
        response = await service.post(f"{place.path}/entries", {}, place.headers)
        [entry] = (await response.json())["entries"]
        body = {"status": "revoked", "changes": [{"entry": entry}]}
        later = {**body, "effective_at": format_instant(NOON + 60 * SECOND)}
        assert (await service.post(f"{place.path}/changes", later, place.headers)).status == 202
        stale = await place.unsigned()
        clock.advance(61)
        await publish_outdated(service.service, "one")
        ready = await (await service.client.get("/readyz")).json()
        assert (ready["awaited"]["lists"], ready["awaited"]["seconds"]) == (1, 1.0)
        await place.refused(place.issuer.signed(stale), stale["version"], "request.stale_version", status=409)
        assert (await place.unsigned())["sequence"] == 1


async def test_other_replica_serves_what_was_uploaded(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        async with open_service(
            service.service.settings, fetcher=Outside(), clock=SteppedClock(NOON)
        ) as other:
            body = await place.sign("jcs")
            rendering, _ = await other.publisher.rendering(place.list_id, "jcs", own=True)
            assert rendering.body == body


async def test_other_replicas_are_told_of_an_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as service:
        place, told = await opened(service), list[str]()
        monkeypatch.setattr(service.service.publisher.issuer_signed, "_tell", told.append)
        await place.sign()
        unsigned = await place.unsigned()
        await place.refused(OwnIssuer().jwt({}, {}), unsigned["version"], "request.other_rendering")
        assert told == [place.list_id]


async def test_issuer_changes_its_key(tmp_path: Path) -> None:
    async with running(tmp_path, clock=SteppedClock(NOON)) as service:
        place = await opened(service)
        before = await place.sign()
        new = OwnIssuer(type(place.issuer.key)(b"\x09" * 32))
        unsigned = await place.unsigned()
        key = await key_of(service, place.headers, new)
        response = await service.client.patch(place.path, json={"signing_key": key}, headers=place.headers)
        assert response.status == 200
        assert await place.served() == (200, before)
        # What was given out before is of another key, and of no use.
        body = place.issuer.signed(unsigned)
        await place.refused(body, unsigned["version"], "request.other_rendering")
        place.issuer = new
        service.service.clock.advance(1)  # type: ignore[attr-defined]
        after = await place.sign()
        assert await place.served() == (200, after)


@pytest.mark.parametrize(
    "method",
    [
        "",
        "x",
        "did:key:zNothing#zNothing",
        f"{OwnIssuer().did}#another",
        OwnIssuer().did,
        "did:example:1#key",
        "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
    ],
)
async def test_key_that_is_no_signing_key(tmp_path: Path, method: str) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        response = await service.post("/v1/signing-keys", {"method": method}, headers)
        assert response.status in (400, 422), await response.text()


async def test_key_that_cannot_be_looked_up_now(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        body = {"method": "did:web:college.example.org#key-1"}
        response = await service.post("/v1/signing-keys", body, headers)
        assert response.status in (502, 503)
        mixed = {"method": OwnIssuer().method, "name": "college"}
        await problem(await service.post("/v1/signing-keys", mixed, headers), 400, "request.malformed")


async def test_did_web_issuer_whose_document_is_away(tmp_path: Path) -> None:
    outside, issuer = Outside(), OwnIssuer()
    did = "did:web:college.example.org"
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": issuer.name}
    document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [f"{did}#k"],
    }
    url = "https://college.example.org/.well-known/did.json"
    clock = SteppedClock(NOON)
    async with running(tmp_path, outside=outside, clock=clock) as service:
        outside.pages[url] = orjson.dumps(document)
        headers = await service.headers(Role.ISSUER)
        made = await (await service.post("/v1/signing-keys", {"method": f"{did}#k"}, headers)).json()
        place = await desk(service, headers, issuer, key=made["id"])
        await place.sign("token-cwt")
        await place.sign()
        # The issuer takes the key back: what it signs no longer counts.
        outside.pages[url] = orjson.dumps({**document, "assertionMethod": []})
        clock.advance(86_400)
        unsigned = await place.unsigned()
        await place.refused(issuer.signed(unsigned), unsigned["version"], "request.signature")
        del outside.pages[url]
        clock.advance(86_400)
        unsigned = await place.unsigned()
        await place.refused(issuer.signed(unsigned), unsigned["version"], "request.unavailable", status=503)


async def test_worked_examples_sign_and_upload(tmp_path: Path) -> None:
    """What the page for issuers shows does what it says, with libraries that are not this service's."""
    known: dict[str, Any] = {}
    for example in EXAMPLES[1:]:
        exec(example, known)  # noqa: S102 - the page is ours
    outside = Outside()
    async with running(tmp_path, outside=outside) as service:
        token = await service.token(Role.ISSUER)
        place = await desk(service, {"Authorization": f"Bearer {token}"})
        [entry] = await place.revoke()
        key = Ed25519PrivateKey.from_private_bytes(bytes(place.issuer.key))
        async with StatusClient(str(service.client.make_url("")), token) as client:
            await known["sign_list"](client, place.list_id, place.issuer.key)
            await known["sign_token"](client, place.list_id, key)
            for form in ("credential", "token-jwt"):
                evidence = await found(service, outside, place, form)
                bit = int(entry["statusListIndex"])
                order = 7 - bit % 8 if form == "credential" else bit % 8
                assert evidence.list.bits[bit // 8] == 1 << order
            with pytest.raises(ServiceError) as refused:
                await client.upload(place.list_id, "0.1751371200.1751976000", b"{}")
            assert refused.value.code == "request.stale_version"
            [claim] = await client.allocate("revocation", 1, list_id=place.list_id, form="token-jwt")
            assert claim["status_list"]["uri"].endswith(f"{place.list_id}?as=token-jwt")


async def test_many_upload_the_same_version_and_one_thing_is_served(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        unsigned = await place.unsigned()
        bodies = [orjson.dumps(place.issuer.with_proof(unsigned, suite)) for suite in (0, 1)]
        answers = await asyncio.gather(*[place.upload(body, unsigned["version"]) for body in bodies * 4])
        _, served = await place.served()
        for body, (status, answer) in zip(bodies * 4, answers, strict=True):
            assert status == (200 if body == served else 409), answer


async def test_form_that_is_withdrawn_is_served_no_more_and_waits_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        body = await place.sign()
        await place.sign("vc-jwt")
        await place.revoke()
        await place.sign()
        other = await service.headers(Role.ISSUER, tenant="other")
        url = f"{place.path}/signed?form=vc-jwt"
        await problem(await service.client.delete(url, headers=other), 404, "request.not_found")
        assert (await place.served("vc-jwt"))[0] == 200
        assert (await (await service.client.get("/readyz")).json())["awaited"]["lists"] == 1
        assert (await service.client.delete(url, headers=place.headers)).status == 204
        assert await place.served("vc-jwt") == (404, b"request.not_signed")
        assert (await place.served())[1] != body
        assert "awaited" not in await (await service.client.get("/readyz")).json()
        await problem(await service.client.delete(url, headers=place.headers), 404, "request.not_signed")
        await place.sign("vc-jwt")


class EcdsaIssuer(OwnIssuer):
    """An issuer whose key is on P-256 or P-384, signing with cryptography."""

    def __init__(self, curve: ec.EllipticCurve, prefix: bytes, digest: hashes.HashAlgorithm) -> None:
        super().__init__()
        self.private, self.prefix, self.digest = ec.derive_private_key(7, curve), prefix, digest

    @property
    def name(self) -> str:
        """Return the key as Multikey."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        return "z" + base58.b58encode(self.prefix + point).decode()

    def signature(self, data: bytes) -> bytes:
        """Return r and s, one after the other."""
        size = self.private.key_size // 8
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(self.digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


@pytest.mark.parametrize(
    "issuer",
    [
        EcdsaIssuer(ec.SECP256R1(), b"\x80\x24", hashes.SHA256()),
        EcdsaIssuer(ec.SECP384R1(), b"\x81\x24", hashes.SHA384()),
    ],
    ids=["P-256", "P-384"],
)
async def test_issuer_with_another_kind_of_key(tmp_path: Path, issuer: EcdsaIssuer) -> None:
    outside = Outside()
    async with running(tmp_path, outside=outside) as service:
        headers = await service.headers(Role.ISSUER)
        made = await (await service.post("/v1/signing-keys", {"method": issuer.method}, headers)).json()
        place = await desk(service, headers, issuer, key=made["id"])
        for form in FORMS:
            await place.sign(form)
            assert (await found(service, outside, place, form)).issuer == issuer.did
