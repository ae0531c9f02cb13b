"""Uploads of lists that their issuer signs: whatever is not exactly the present version changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from ler_trust.errors import Rejected
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY
from ler_trust.model.records import Role
from ler_trust.status import unsigned
from ler_trust.status.version import IssuersKey, ListVersion
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.clock import SteppedClock
from tests.kit.issuers_own import FORMS, Desk, Json, OwnIssuer, decoded, desk, key_of, unpadded
from tests.kit.running_service import NOON, TENANT, Running, problem, running

OTHER = OwnIssuer(SigningKey(b"\x08" * 32))
STALE, WRONG, FORGED = "request.stale_version", "request.other_rendering", "request.signature"


def changed(form: str, to_sign: Json, name: str, value: Any) -> Json:
    """Return what is to be signed with a member changed, in the document or the claims."""
    part = "claims" if "claims" in to_sign else "document"
    return {**to_sign, part: {**to_sign[part], name: value}}


def proved(issuer: OwnIssuer, to_sign: Json, suite: str = "eddsa-jcs-2022", **options: Any) -> bytes:
    """Return the document with a genuine proof, whatever the document is, by this service's own signer."""
    signer = LocalSigner.from_seed(
        KeyKind.ED25519, bytes(issuer.key), method=issuer.method, issuer=issuer.did
    )
    signed = add_proof(to_sign["document"], signer, suite, created=NOON)
    return orjson.dumps({**signed, "proof": {**signed["proof"], **options}})


def genuine(issuer: OwnIssuer, to_sign: Json) -> bytes:
    """Return what is to be signed, be it changed, with a signature that holds."""
    if "document" in to_sign:
        return proved(issuer, to_sign)
    return issuer.signed(to_sign)


async def opened(service: Running) -> Desk:
    return await desk(service, await service.headers(Role.ISSUER))


@pytest.mark.parametrize("form", FORMS)
async def test_bits_of_an_older_state_under_a_genuine_signature(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        before = await place.unsigned(form)
        await place.revoke(3)
        now = await place.unsigned(form)
        lists = {
            "credential": ("credentialSubject", before.get("document", {}).get("credentialSubject")),
            "vc-jwt": ("credentialSubject", before.get("claims", {}).get("credentialSubject")),
            "token-jwt": ("status_list", before.get("claims", {}).get("status_list")),
        }
        if form == "token-cwt":
            payload = cbor2.loads(decoded(now["payload"]))
            payload[65533] = cbor2.loads(decoded(before["payload"]))[65533]
            body = place.issuer.cwt(decoded(now["protected"]), cbor2.dumps(payload))
        else:
            name, value = lists.get(form, lists["credential"])
            body = genuine(place.issuer, changed(form, now, name, value))
        await place.refused(body, now["version"], WRONG, form)


@pytest.mark.parametrize("form", FORMS)
async def test_older_version_is_replayed(tmp_path: Path, form: str) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        first = await place.unsigned(form)
        body = place.issuer.signed(first)
        assert (await place.upload(body, first["version"], form))[0] == 200
        assert (await place.upload(body, first["version"], form))[0] == 200  # sent again by a client in doubt
        clock.advance(1)
        await place.revoke()
        await place.refused(body, first["version"], STALE, form, 409)
        await place.sign(form)
        await place.refused(body, first["version"], STALE, form, 409)
        # The same bytes under the name of the present version.
        await place.refused(body, (await place.unsigned(form))["version"], WRONG, form)


async def test_older_version_of_the_same_sequence_is_replayed(tmp_path: Path) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        place = await opened(service)
        first = await place.unsigned()
        clock.advance(3_600)
        await place.sign()
        await place.refused(place.issuer.signed(first), first["version"], STALE, status=409)


@pytest.mark.parametrize("form", FORMS)
async def test_other_issuers_key_signs(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        await place.sign(form)
        await place.revoke()
        to_sign = await place.unsigned(form)
        await place.refused(OTHER.signed(to_sign), to_sign["version"], FORGED, form)


@pytest.mark.parametrize("form", FORMS)
async def test_signature_of_other_bytes(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned(form)
        signature = bytearray(place.issuer.signature(b"something else"))
        place.issuer.signature = lambda data: bytes(signature)  # type: ignore[method-assign]
        await place.refused(place.issuer.signed(to_sign), to_sign["version"], FORGED, form)


@pytest.mark.parametrize("form", FORMS)
async def test_other_lists_rendering(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        other = await desk(service, place.headers, place.issuer)
        to_sign = await other.unsigned(form)
        await place.refused(place.issuer.signed(to_sign), to_sign["version"], WRONG, form)


@pytest.mark.parametrize("form", FORMS)
async def test_other_forms_rendering(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        for other in FORMS:
            to_sign = await place.unsigned(other)
            if other != form:
                await place.refused(place.issuer.signed(to_sign), to_sign["version"], WRONG, form)


EXTRA: list[tuple[str, Any]] = [
    ("name", "more"),
    ("credentialStatus", {"id": "urn:x", "type": "BitstringStatusListEntry"}),
    ("evidence", []),
    ("nbf", 0),
    ("proof2", {}),
    ("vc", {}),
    ("", None),
]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "token-cwt"])
async def test_extra_members(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned(form)
        for name, value in EXTRA:
            body = place.issuer.signed(changed(form, to_sign, name, value))
            await place.refused(body, to_sign["version"], WRONG, form)


CHANGED: list[tuple[str, Any]] = [
    ("@context", ["https://www.w3.org/ns/credentials/v2", {"encodedList": "https://example.org/other"}]),
    ("@context", "https://www.w3.org/ns/credentials/v2"),
    ("@context", ["https://www.w3.org/2018/credentials/v1"]),
    ("id", "https://trust.example.org/status-lists/another"),
    ("issuer", OTHER.did),
    ("type", ["BitstringStatusListCredential", "VerifiableCredential"]),
    ("validUntil", "2035-07-08T12:00:00Z"),
    ("validUntil", "2025-06-08T12:00:00Z"),
    ("validFrom", "2024-07-01T12:00:00Z"),
]


@pytest.mark.parametrize("form", ["credential", "jcs", "vc-jwt"])
async def test_members_changed(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned(form)
        for name, value in CHANGED:
            body = genuine(place.issuer, changed(form, to_sign, name, value))
            await place.refused(body, to_sign["version"], WRONG, form)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ttl", 300.0), ("ttl", True), ("ttl", 10**9), ("exp", 4_000_000_000), ("sub", "x"), ("iss", OTHER.did)],
)
async def test_claims_changed(tmp_path: Path, name: str, value: Any) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned("token-jwt")
        body = place.issuer.signed(changed("token-jwt", to_sign, name, value))
        await place.refused(body, to_sign["version"], WRONG, "token-jwt")


OPTIONS: list[Json] = [
    {"proofPurpose": "authentication"},
    {"verificationMethod": OTHER.method},
    {"cryptosuite": "ecdsa-jcs-2019"},
    {"cryptosuite": ["eddsa-jcs-2022"]},
    {"type": "Ed25519Signature2020"},
    {"expires": "2025-07-01T12:00:01Z"},
    {"id": "urn:uuid:1"},
    {"previousProof": "urn:uuid:1"},
    {"@context": ["https://www.w3.org/ns/credentials/v2", {"a": "https://example.org/a"}]},
]


async def test_proof_says_something_else(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        for options in OPTIONS:
            body = proved(place.issuer, to_sign, **options)
            await place.refused(body, to_sign["version"], WRONG)


async def test_proof_missing_doubled_or_in_a_set(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        good = place.issuer.with_proof(to_sign)
        proofs: list[Any] = [None, [], [good["proof"]], [good["proof"], good["proof"]], "proof", {}]
        for proof in proofs:
            body = orjson.dumps({**good, "proof": proof})
            await place.refused(body, to_sign["version"], WRONG)
        await place.refused(orjson.dumps(to_sign["document"]), to_sign["version"], WRONG)


async def test_proof_of_the_future_or_none(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        for created in ("2025-07-02T12:00:00Z", "yesterday", 5, None):
            await place.refused(proved(place.issuer, to_sign, created=created), to_sign["version"], FORGED)


HEADERS: list[Json] = [
    {"alg": "none"},
    {"alg": "ES256"},
    {"alg": "HS256"},
    {"typ": "JWT"},
    {"kid": OTHER.method},
    {"kid": "#key-1"},
    {"jwk": {"kty": "OKP"}},
    {"crit": ["b64"], "b64": False},
    {"x5u": "https://example.org"},
]


@pytest.mark.parametrize("form", ["vc-jwt", "token-jwt"])
async def test_header_says_something_else(tmp_path: Path, form: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned(form)
        for header in HEADERS:
            body = place.issuer.jwt({**to_sign["header"], **header}, to_sign["claims"])
            await place.refused(body, to_sign["version"], WRONG, form)


async def test_cwt_says_something_beside(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned("token-cwt")
        protected, payload = decoded(to_sign["protected"]), decoded(to_sign["payload"])
        claims = cbor2.loads(payload)
        hostile = [
            place.issuer.cwt(protected, payload, {4: b"other"}),
            place.issuer.cwt(protected, cbor2.dumps({**claims, 7: b"more"})),
            place.issuer.cwt(protected, cbor2.dumps({**claims, 4: claims[4] + 1})),
            place.issuer.cwt(protected, cbor2.dumps(claims, canonical=True) + b"\x00"),
            place.issuer.cwt(cbor2.dumps({**cbor2.loads(protected), 2: [4]}), payload),
            place.issuer.cwt(protected, payload) + b"\x00",
            place.issuer.cwt(protected, payload)[1:],
            b"\xd2\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xd2\x84" + b"\x81" * 5_000,
            cbor2.dumps(cbor2.CBORTag(18, 5)),
            cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload])),
        ]
        for body in hostile:
            await place.refused(body, to_sign["version"], WRONG, "token-cwt")


async def test_hostile_json(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        good = place.issuer.signed(to_sign)
        hostile = [
            b"",
            b"null",
            b"[]",
            b"{",
            b"\xff\xfe",
            b"\xef\xbb\xbf" + good,
            b"[" * 5_000,
            good[:-1] + b',"issuer":"x"}',
            good.replace(b'"ttl":300000', b'"ttl":300000.0'),
            good.replace(b'"ttl":300000', b'"ttl":3e5'),
            good.replace(b'"ttl":300000', b'"ttl":1e999'),
            good.replace(b'"revocation"', b'"\\ud800"'),
            good + good,
        ]
        for body in hostile:
            await place.refused(body, to_sign["version"], WRONG)


async def test_upload_is_larger_than_what_was_given_out(tmp_path: Path) -> None:
    async with running(tmp_path, http={"body_bytes": 100_000}) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        good = place.issuer.signed(to_sign)
        await place.refused(
            good[:-1] + b" " * unsigned.ROOM + b"}", to_sign["version"], "request.too_large", status=413
        )
        await place.refused(good + b" " * 200_000, to_sign["version"], "request.too_large", status=413)


@pytest.mark.parametrize(
    "version",
    [
        "",
        "0",
        "0.1.2",
        "00.1751371200.1751976000",
        "0.1751371200.1751976000.",
        "-1.1751371200.1751976000",
        "0.1751371200.1751371201",  # valid for a second
        "0.1751371200.1999999999",  # for eight years
        "0.1851371200.1851976000",  # later
        "0.1651371200.1651976000",  # long over
        "999999999999999.999999999999.999999999999",
        "٠.1751371200.1751976000",
        "0" * 5_000,
    ],
)
async def test_version_that_was_never_given_out(tmp_path: Path, version: str) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        body = place.issuer.signed(await place.unsigned())
        status, answer = await place.upload(body, version)
        assert status in (400, 409, 422), answer
        assert answer["code"] in ("request.invalid", STALE, "request.malformed")
        assert await place.served() == (404, b"request.not_signed")


async def test_period_of_ones_own_choice_is_still_bound_by_the_version(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        long, short = await place.unsigned(valid_days=92), await place.unsigned(valid_days=1)
        await place.refused(place.issuer.signed(long), short["version"], WRONG)


async def test_other_tenant_uploads_and_reads(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        other = await service.headers(Role.ISSUER, tenant="other")
        status, answer = await place.upload(place.issuer.signed(to_sign), to_sign["version"], headers=other)
        assert (status, answer["code"]) == (404, "request.not_found")
        for what in ("unsigned", "signed"):
            response = await service.client.get(f"{place.path}/{what}", headers=other)
            await problem(response, 404, "request.not_found")
        response = await service.client.get(f"{place.path}/unsigned")
        await problem(response, 401, "request.unauthenticated")
        reader = await service.headers(Role.VERIFIER)
        await problem(
            await service.client.get(f"{place.path}/unsigned", headers=reader), 403, "request.forbidden"
        )
        assert await place.served() == (404, b"request.not_signed")


async def test_key_of_another_tenant_makes_no_list(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        key = await key_of(service, headers, OwnIssuer())
        other = await service.headers(Role.ISSUER, tenant="other")
        body = {"purpose": "revocation", "signing_key": key}
        await problem(await service.post("/v1/status-lists", body, other), 404, "request.not_found")


async def test_service_takes_over_the_signing(tmp_path: Path) -> None:
    """Whoever has an API key must not have the service sign in the issuer's place, or the other way round."""
    async with running(tmp_path) as service:
        place = await opened(service)
        await place.sign()
        before = await place.served()
        made = await (await service.post("/v1/signing-keys", {}, place.headers)).json()
        response = await service.client.patch(
            place.path, json={"signing_key": made["id"]}, headers=place.headers
        )
        await problem(response, 422, "request.invalid")
        ours = await (
            await service.post(
                "/v1/status-lists", {"purpose": "revocation", "signing_key": made["id"]}, place.headers
            )
        ).json()
        mine = await key_of(service, place.headers, place.issuer)
        path = f"/v1/status-lists/{ours['id']}"
        response = await service.client.patch(path, json={"signing_key": mine}, headers=place.headers)
        await problem(response, 422, "request.invalid")
        response = await service.client.get(f"{path}/unsigned", headers=place.headers)
        await problem(response, 422, "request.invalid")
        assert await place.served() == before


async def test_every_other_address_has_nothing(tmp_path: Path) -> None:
    """What was signed for one address or form is not passed off as another."""
    async with running(tmp_path) as service:
        place = await opened(service)
        await place.sign()
        await place.sign("token-jwt")
        for query in ("?as=credential", "?as=jcs", "?as=vc-jwt", "?as=status-list-2021", "?as=token-cwt"):
            await problem(await service.client.get(place.public + query), 404, "request.not_signed")
        await problem(await service.client.get(place.public + "?as=nothing"), 404, "request.not_found")
        for accept in ("application/vc+jwt", "application/statuslist+jwt", "application/statuslist+cwt"):
            response = await service.client.get(place.public, headers={"Accept": accept})
            await problem(response, 406, "request.not_acceptable")


async def test_two_uploads_race(tmp_path: Path) -> None:
    """The store decides: of a version and a change that come together, no stale one is ever served."""
    async with running(tmp_path) as service:
        place = await opened(service)
        to_sign = await place.unsigned()
        body = place.issuer.signed(to_sign)
        store, put = service.service.store, service.service.store.put_signed

        async def late(*given: Any) -> None:
            await place.revoke()
            await put(*given)

        store.put_signed = late  # type: ignore[method-assign, assignment]
        await place.refused(body, to_sign["version"], STALE, status=409)


VERSION = ListVersion(
    "https://trust.example.org/l", "revocation", bytes(16_384), NOON, NOON + DAY, 300_000_000, "https://x.org"
)
KEY = IssuersKey(OTHER.did, OTHER.method, KeyKind.ED25519)
DOCUMENT = {"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "https://trust.example.org/l"}
READERS: tuple[Callable[[], unsigned.Unsigned], ...] = (
    lambda: unsigned.as_token_cwt(VERSION, KEY),
    lambda: unsigned.as_token_jwt(VERSION, KEY),
    lambda: unsigned.as_credential_jwt(DOCUMENT, VERSION, KEY),
    lambda: unsigned.as_document(DOCUMENT, VERSION, KEY, ["eddsa-jcs-2022"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("reader", range(len(READERS)))
@given(body=st.binary(max_size=300) | JSON.map(lambda value: str(value).encode("utf-8", "replace")))
def test_any_bytes_are_refused_and_nothing_else_escapes(reader: int, body: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        READERS[reader]().require(body)
    assert refused.value.code.name == WRONG


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "x"]), JSON, max_size=4),
    claims=JSON,
)
def test_any_token_is_refused_and_nothing_else_escapes(header: Json, claims: Any) -> None:
    parts = (unpadded(json.dumps(part).encode("utf-8", "replace")) for part in (header, claims))
    for reader in READERS[1:3]:
        with pytest.raises(Rejected):
            reader().require(".".join([*parts, "AAAA"]).encode())


async def test_revocation_does_not_land_by_chance_where_an_issuer_must_sign_first(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        await opened(service)
        own = service.service
        key = await own.issuers.create(TENANT, KeyKind.ED25519)
        record = await own.publisher.create_list(TENANT, "revocation", key.id)
        entries = await own.publisher.allocate_open(TENANT, "revocation", 20)
        records = {each.url: each for each in await own.store.list_records(TENANT)}
    found = {records[entry["statusListCredential"]].issuer_signs for entry in entries}
    assert found == {False}
    assert record.url in {entry["statusListCredential"] for entry in entries}
