"""Forgeries, through the whole walk: what an attacker writes must never become ``valid``."""

from typing import Any

import orjson
import pytest

from ler_trust.codec.jwk import jwk_of
from ler_trust.codec.multikey import encode_multikey
from ler_trust.model.instant import DAY, MINUTE, format_instant
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, PROOF_ONLY
from ler_trust.model.report import CheckOutcome, Outcome, Report
from ler_trust.suites.signing import add_proof, sign_compact, sign_vc_jose
from tests.kit.issuing import badge, signer
from tests.kit.world import NOW, World, entry

LISTS = "https://lists.example.org/1"
WEBSITE = "https://school.example.org/issuers/1"


@pytest.fixture
def world() -> World:
    return World()


def signed(document: dict[str, Any], by: Any, suite: str = "eddsa-rdfc-2022") -> dict[str, Any]:
    return add_proof(document, by, suite, created=NOW - DAY)


def outcome_of(report: Report, check: str) -> CheckOutcome:
    return next(result.outcome for result in report.checks if result.check == check)


async def test_an_honest_badge_is_valid(world: World) -> None:
    school = world.web_issuer("school")
    world.recognise(school.issuer)
    world.publish_list(LISTS, school)
    document = signed(badge(school.issuer, credentialStatus=entry(LISTS, 94567)), school)
    report = await world.verify_one(document, DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.VALID, None)
    assert report.issuer is not None
    assert report.issuer.name == "Name from the registry"


async def test_jwk_header_forges_https_issuer(world: World) -> None:
    forger = signer(name="forger")
    world.recognise(WEBSITE)
    document = badge(WEBSITE)
    claims = {**document, "iss": WEBSITE, "jti": document["id"], "sub": document["credentialSubject"]["id"]}
    for header in (
        {"typ": "JWT", "jwk": jwk_of(forger.public_key)},
        {"typ": "JWT", "jwk": jwk_of(forger.public_key), "kid": f"{WEBSITE}#key-1"},
        {"typ": "JWT", "jku": "https://forger.example.com/keys", "x5u": "https://forger.example.com/cert"},
        {"typ": "vc+jwt", "kid": forger.method},
    ):
        report = await world.verify_one(sign_compact(header, claims, forger).encode(), DEFAULT)
        assert report.outcome is not Outcome.VALID, header
    assert not any("forger" in url for url in world.web.asked)


async def test_key_in_url_fragment_forges_https_issuer(world: World) -> None:
    forger = signer(name="forger", method=f"{WEBSITE}#{encode_multikey(signer(name='forger').public_key)}")
    world.recognise(WEBSITE)
    report = await world.verify_one(signed(badge(WEBSITE), forger), DEFAULT)
    assert report.outcome is Outcome.INDETERMINATE  # the issuer's page holds no keys at all
    world.publish_document(WEBSITE, WEBSITE, signer(name="school"))
    world.clock.instant += DAY
    report = await world.verify_one(signed(badge(WEBSITE), forger), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "proof.key_invalid")


async def test_verification_method_of_another_controller(world: World) -> None:
    school, forger = world.web_issuer("school"), world.web_issuer("forger")
    world.recognise(school.issuer)
    report = await world.verify_one(signed(badge(school.issuer), forger), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "proof.key_not_bound")
    assert world.web.asked == []


async def test_document_that_names_another_controller_for_its_key(world: World) -> None:
    school = world.web_issuer("school")
    world.publish_document(
        "https://school.example.org/.well-known/did.json",
        school.issuer,
        school,
        controller="did:web:elsewhere.example.org",
    )
    report = await world.verify_one(signed(badge(school.issuer), school))
    assert (report.outcome, report.reason) == (Outcome.INVALID, "proof.key_invalid")


async def test_expired_forgery_is_reported_as_a_forgery(world: World) -> None:
    school = world.web_issuer("school")
    document = signed(badge(school.issuer, validUntil="2025-02-01T00:00:00Z"), school)
    assert (await world.verify_one(document)).reason == "validity.expired"
    document["credentialSubject"]["achievement"]["name"] = "Doctor of everything"
    report = await world.verify_one(document)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "proof.signature")
    for check in ("validity", "status", "issuer"):
        assert outcome_of(report, check) is CheckOutcome.SKIPPED


async def test_forged_status_url_is_never_fetched(world: World) -> None:
    school = world.web_issuer("school")
    document = signed(badge(school.issuer, credentialStatus=entry(LISTS, 1)), school)
    document["credentialStatus"]["statusListCredential"] = "https://forger.example.com/beacon"
    report = await world.verify_one(document)
    assert report.reason == "proof.signature"
    assert world.web.asked == ["https://school.example.org/.well-known/did.json"]


async def test_status_list_url_in_a_token_is_not_fetched_before_its_proof(world: World) -> None:
    school = world.web_issuer("school")
    token = sign_vc_jose(badge(school.issuer, credentialStatus=entry(LISTS, 1)), school)
    head, payload, _ = token.split(".")
    other = sign_vc_jose(badge(school.issuer, 2), school).split(".")[2]
    await world.verify_one(f"{head}.{payload}.{other}".encode())
    assert LISTS not in world.web.asked


async def test_expired_proof_and_proof_from_the_future(world: World) -> None:
    school = world.web_issuer("school")
    over = add_proof(
        badge(school.issuer), school, "eddsa-rdfc-2022", created=NOW - 2 * DAY, expires=NOW - DAY
    )
    early = add_proof(badge(school.issuer), school, "eddsa-rdfc-2022", created=NOW + DAY)
    reports = await world.verify([orjson.dumps(over), orjson.dumps(early)])
    assert [report.reason for report in reports] == ["proof.expired", "proof.not_yet_valid"]
    assert all(report.outcome is Outcome.INVALID for report in reports)


async def test_revoked_key_signs_on(world: World) -> None:
    school = world.web_issuer("school")
    url = "https://school.example.org/.well-known/did.json"
    world.publish_document(url, school.issuer, school, revoked=format_instant(NOW - DAY))
    report = await world.verify_one(signed(badge(school.issuer), school))
    assert (report.outcome, report.reason) == (Outcome.INVALID, "proof.key_revoked")


async def test_issuer_name_in_the_record_is_not_the_name_in_the_answer(world: World) -> None:
    forger = signer(name="forger")
    document = badge(forger.issuer)
    document["issuer"]["name"] = "State University"
    report = await world.verify_one(signed(document, forger))
    assert report.issuer is not None
    assert report.issuer.name is None


async def test_proof_only_says_nothing_about_the_issuer(world: World) -> None:
    stranger = world.web_issuer("stranger")
    document = signed(badge(WEBSITE), stranger)
    assert (await world.verify_one(document, PROOF_ONLY)).outcome is Outcome.VALID
    assert (await world.verify_one(document, ANY_ISSUER)).reason == "proof.key_not_bound"


async def test_rotated_key_is_looked_up_afresh_once(world: World) -> None:
    old = world.web_issuer("school")
    await world.verify_one(signed(badge(old.issuer), old))
    new = signer(name="rotated", method=f"{old.issuer}#key-1")
    world.publish_document("https://school.example.org/.well-known/did.json", old.issuer, new)
    world.clock.instant += 2 * MINUTE
    report = await world.verify_one(signed(badge(old.issuer, 2), new))
    assert report.outcome is Outcome.VALID
    assert len(world.web.asked) == 2
    for number in range(3, 8):
        forged = signed(badge(old.issuer, number), signer(name="forger", method=f"{old.issuer}#key-1"))
        assert (await world.verify_one(forged)).reason == "proof.signature"
    assert len(world.web.asked) == 2
