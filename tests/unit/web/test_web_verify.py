import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from ler_trust.model.records import Role
from ler_trust.web.api.verify_models import VerifyAnswer
from tests.kit.issuing import jose_badge
from tests.kit.running_service import good_badge, problem, running

ANY = {"policy": "any-issuer"}


def envelope(*credentials: bytes | str, **members: Any) -> bytes:
    """Return a request with these credentials, their bytes as they are."""
    items = b",".join(
        b'{"id":"item-%d","credential":%s}'
        % (number, credential if isinstance(credential, bytes) else orjson.dumps(credential))
        for number, credential in enumerate(credentials)
    )
    rest = b"".join(b",%s:%s" % (orjson.dumps(name), orjson.dumps(value)) for name, value in members.items())
    return b'{"items":[' + items + b"]" + rest + b"}"


async def test_a_batch_is_answered_in_order_with_counts_and_the_policy(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        tampered = good_badge(2).replace(b"Teamwork 2", b"Teamwork 3")
        body = envelope(good_badge(1), tampered, jose_badge(number=4), **ANY)
        response = await service.post("/v1/verify", body, headers)
        answer = await response.json()
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert [result["id"] for result in answer["results"]] == ["item-0", "item-1", "item-2"]
    assert [result["outcome"] for result in answer["results"]] == ["valid", "invalid", "valid"]
    assert answer["results"][1]["reason"] == "proof.signature"
    assert answer["counts"] == {"valid": 2, "invalid": 1, "indeterminate": 0}
    assert answer["policy"] == {"id": "any-issuer", "version": 1}


async def test_the_answer_is_what_the_openapi_model_says(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        for body in (envelope(good_badge(), b"{}", '"x"'), envelope(good_badge(), **ANY)):
            answer = await (await service.post("/v1/verify", body, headers)).json()
            told = VerifyAnswer.model_validate(answer)
            # Nothing is in the answer that the model does not know, and nothing changes its form in it.
            assert told.model_dump(mode="json", exclude_unset=True) == answer


async def test_the_bytes_are_verified_as_they_came(tmp_path: Path) -> None:
    spaced = good_badge().replace(b'":', b'"  :\n ').replace(b"Teamwork", rb"\u0054eamwork")
    repeated = good_badge().replace(b'"name":', b'"name":"Somebody else","name":', 1)
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        answer = await (await service.post("/v1/verify", envelope(spaced, repeated, **ANY), headers)).json()
    assert [result["reason"] for result in answer["results"]] == [None, "format.duplicate_key"]


async def test_the_time_asked_about_decides(tmp_path: Path) -> None:
    credential = good_badge(validUntil="2026-01-01T00:00:00Z")
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        for as_of, reason in (("2025-12-31T00:00:00Z", None), ("2026-01-02T00:00:00Z", "validity.expired")):
            response = await service.post("/v1/verify", envelope(credential, as_of=as_of, **ANY), headers)
            assert (await response.json())["results"][0]["reason"] == reason


async def test_the_default_policy_wants_an_issuer_that_is_recognised(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        answer = await (await service.post("/v1/verify", envelope(good_badge()), headers)).json()
    assert answer["results"][0]["reason"] == "issuer.not_recognised"
    assert answer["counts"]["indeterminate"] == 1


@pytest.mark.parametrize(
    "image",
    [
        "iVBORw0KGgoAAAANSUhEUg",
        "data:image/png;base64,iVBORw0KGgo",
        "PHN2ZyB4bWxucz0i",
        "PD94bWwgdmVyc2lvbj0i",
    ],
)
async def test_images_are_refused_by_name(tmp_path: Path, image: str) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        answer = await (
            await service.post("/v1/verify", envelope(image, good_badge(), **ANY), headers)
        ).json()
    assert [result["reason"] for result in answer["results"]] == ["format.unsupported", None]
    assert "PNG or SVG" in answer["results"][0]["checks"][0]["problem"]["detail"]


async def test_no_items_is_an_answer_too(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        answer = await (await service.post("/v1/verify", {"items": []}, headers)).json()
    assert answer["results"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", None),
        (b"[]", None),
        (b'{"items":{}}', "/items"),
        (b'{"items":[{"id":1,"credential":{}}]}', "/items/0/id"),
        (b'{"items":[{"credential":{}},{"id":"a"}]}', "/items/1"),
        (b'{"items":[{"credential":{},"policy":"x"}]}', "/items/0"),
        (b'{"items":[],"policy":1}', "/policy"),
        (b'{"items":[],"polcy":"x"}', None),
        (b'{"items":[],"as_of":"yesterday"}', "/as_of"),
        (b'{"items":[{"id":"' + b"a" * 257 + b'","credential":{}}]}', "/items/0/id"),
        (b'{"items":[1]}', "/items/0"),
    ],
)
async def test_an_envelope_that_cannot_be_read_is_refused_with_a_pointer(
    tmp_path: Path, body: bytes, pointer: str | None
) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        found = await problem(await service.post("/v1/verify", body, headers), 400, "request.malformed")
    assert (found.get("pointer") or None) == pointer


async def test_names_given_twice_in_the_envelope_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        for body, pointer in (
            (b'{"items":[],"items":[]}', ""),
            (b'{"items":[{"credential":{"a":1},"credential":{"a":1}}]}', "/items/0"),
            (b'{"items":[{"id":"a","id":"b","credential":"x"}]}', "/items/0"),
        ):
            found = await problem(
                await service.post("/v1/verify", body, headers), 400, "format.duplicate_key"
            )
            assert found["pointer"] == pointer


async def test_too_many_items_are_refused_and_ndjson_named(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        body = b'{"items":[' + b",".join([b'{"credential":{}}'] * 1_001) + b"]}"
        found = await problem(await service.post("/v1/verify", body, headers), 413, "request.too_large")
    assert "ndjson" in found["detail"]


async def test_a_policy_that_does_not_exist_is_named(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        response = await service.post("/v1/verify", {"items": [], "policy": "nope"}, headers)
        found = await problem(response, 422, "request.invalid")
    assert found["pointer"] == "/policy"


async def test_other_media_types_and_compressed_bodies_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        for media_type, encoding in (("text/plain", "identity"), ("application/json", "gzip")):
            given = {**headers, "Content-Encoding": encoding}
            response = await service.post("/v1/verify", b"{}", given, media_type)
            await problem(response, 415, "request.media_type")


async def test_items_a_minute_are_limited(tmp_path: Path) -> None:
    async with running(tmp_path, http={"items_per_minute": 3, "batch_items": 3}) as service:
        headers = await service.headers(Role.VERIFIER)
        body = envelope(b"{}", b"{}")
        assert (await service.post("/v1/verify", body, headers)).status == 200
        refused = await service.post("/v1/verify", body, headers)
        await problem(refused, 429, "request.rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await service.post("/v1/verify", body, await service.headers(Role.VERIFIER))).status == 200


async def test_nothing_of_a_record_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    status = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://lists.example.org/7",
    }
    lines = (
        b'{"id":"applicant-9","credential":' + good_badge(credentialStatus=status) + b"}\nbroken-line-71\n"
    )
    async with running(tmp_path) as service:
        headers = await service.headers(Role.VERIFIER)
        token = headers["Authorization"].removeprefix("Bearer ")
        body = envelope(good_badge(credentialStatus=status), **ANY)
        assert (await service.post("/v1/verify", body, headers)).status == 200
        response = await service.post("/v1/verify", lines, headers, "application/x-ndjson")
        await response.read()
        await service.client.get("/1.0/identifiers/did:web:issuer-31.example.org", headers=headers)
        assert service.outside.asked
    logged = caplog.text + "".join(capsys.readouterr())
    assert "/v1/verify" in logged
    for secret in (
        "learner-1",
        "Teamwork",
        "94567",
        "lists.example.org",
        "applicant-9",
        "broken-line-71",
        token,
        "issuer-31",
    ):
        assert secret not in logged, secret
