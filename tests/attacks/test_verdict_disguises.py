"""Genuine or authorised words put so that a check looks past them: none of it may come out ``valid``."""

from typing import Any

import orjson
import pytest

from ler_trust.codec.multikey import encode_multikey
from ler_trust.model.instant import DAY, format_instant
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import CheckOutcome, Outcome
from ler_trust.suites.signing import LocalSigner, add_proof, sign_compact, sign_vc_jose, sign_vc_jwt
from tests.kit.issuing import CONTEXT_V2, badge, signer
from tests.kit.world import NOW, World, entry

LISTS = "https://lists.example.org/1"
WEBSITE = "https://school.example.org/issuers/1"
EXPIRATION = "https://w3id.org/security#expiration"
DATE_TIME = "http://www.w3.org/2001/XMLSchema#dateTime"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    world.publish_list(LISTS, key, 5)
    return key


def signed(document: dict[str, Any], by: LocalSigner, suite: str = "eddsa-rdfc-2022") -> dict[str, Any]:
    return add_proof(document, by, suite, created=NOW - DAY)


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "Ed25519Signature2020"])
@pytest.mark.parametrize("version", ["2.0", "1.1"])
async def test_end_of_a_proof_hidden_under_its_address(
    world: World, school: LocalSigner, suite: str, version: str
) -> None:
    document = add_proof(
        badge(school.issuer, version=version), school, suite, created=NOW - 2 * DAY, expires=NOW - DAY
    )
    assert (await world.verify_one(document, DEFAULT)).reason == "proof.expired"
    end = document["proof"].pop("expires")
    document["proof"][EXPIRATION] = {"@value": end, "@type": DATE_TIME}
    report = await world.verify_one(document, DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "jsonld.not_compact")


@pytest.mark.parametrize("added", ["https://w3id.org/security/v1", "https://w3id.org/security/v2"])
async def test_end_of_a_proof_hidden_under_another_word_for_it(
    world: World, school: LocalSigner, added: str
) -> None:
    document = add_proof(
        badge(school.issuer), school, "eddsa-rdfc-2022", created=NOW - 2 * DAY, expires=NOW - DAY
    )
    document["@context"].append(added)
    document["proof"]["expiration"] = document["proof"].pop("expires")
    report = await world.verify_one(document, DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "jsonld.not_compact")


@pytest.mark.parametrize("name", ["https://www.w3.org/2018/credentials#credentialStatus", "@included"])
async def test_status_signed_as_text_under_its_address(world: World, school: LocalSigner, name: str) -> None:
    document = badge(school.issuer) | {name: entry(LISTS, 5)}
    for item in (
        orjson.dumps(signed(document, school, "eddsa-jcs-2022")),
        sign_vc_jose(document, school, issued=NOW - DAY).encode(),
        sign_vc_jwt(document, school).encode(),
    ):
        report = await world.verify_one(item, DEFAULT)
        assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "jsonld.not_compact")


async def test_status_claim_of_a_token_is_a_status_entry(world: World, school: LocalSigner) -> None:
    document = badge(school.issuer)
    claims = {**document, "status": {"status_list": {"idx": 5, "uri": LISTS}}}
    wrapped = {"vc": document, "iss": school.issuer, "status": claims["status"]}
    for header, payload in (({"typ": "vc+jwt", "kid": school.method}, claims), ({"typ": "JWT"}, wrapped)):
        token = sign_compact(header, payload, school)
        report = await world.verify_one(token.encode(), DEFAULT)
        assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_malformed")


async def test_proof_inside_a_token_that_does_not_hold(world: World, school: LocalSigner) -> None:
    document = badge(school.issuer)
    forged = signed(document | {"name": "Other"}, signer(name="forger"))["proof"]
    for proof in (forged, [forged], None):
        for item in (
            sign_vc_jose(document | {"proof": proof}, school, issued=NOW - DAY),
            sign_vc_jwt(document | {"proof": proof}, school),
        ):
            report = await world.verify_one(item.encode(), DEFAULT)
            assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "format.unsupported")


@pytest.mark.parametrize("place", ["evidence", "credentialSubject", "related"])
@pytest.mark.parametrize("kind", ["VerifiableCredential", "EnvelopedVerifiableCredential"])
async def test_record_inside_a_record_in_an_unusual_place(
    world: World, school: LocalSigner, place: str, kind: str
) -> None:
    inner = {**badge(WEBSITE), "type": [kind, "OpenBadgeCredential"]}
    inside = {"id": "urn:x:1", "type": ["Evidence"], "proven": [inner]}
    document = badge(school.issuer) | {place: [inside]}
    report = await world.verify_one(sign_vc_jose(document, school, issued=NOW - DAY).encode(), DEFAULT)
    [child] = report.children
    assert child.pointer == f"/{place}/0/proven/0"
    assert child.outcome is not Outcome.VALID
    assert CheckOutcome.WARNING in [check.outcome for check in report.checks if check.check == "embedded"]


async def test_type_named_beside_the_one_the_issuer_is_recognised_for(world: World) -> None:
    club = world.web_issuer("club")
    world.recognise(club.issuer, types=("OpenBadgeCredential",))
    document = badge(club.issuer)
    assert (await world.verify_one(signed(document, club), DEFAULT)).outcome is Outcome.VALID
    document["type"] = [*document["type"], "MedicalLicense"]
    report = await world.verify_one(signed(document, club, "eddsa-jcs-2022"), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "issuer.type_not_authorised")
    world.recognise(club.issuer, id="second", types=("MedicalLicense",))
    report = await world.verify_one(signed(document, club, "eddsa-jcs-2022"), DEFAULT)
    assert report.outcome is Outcome.VALID


async def test_ten_thousand_types_cost_no_more_than_those_stated(world: World) -> None:
    club = world.web_issuer("club")
    world.recognise(club.issuer, types=("OpenBadgeCredential",))
    document = badge(club.issuer)
    document["type"] = [*document["type"], *(f"Kind{number}" for number in range(40_000))]
    report = await world.verify_one(sign_vc_jose(document, club, issued=NOW - DAY).encode(), DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "issuer.type_not_authorised")


async def test_list_exchanged_for_another_of_the_same_issuer(world: World, school: LocalSigner) -> None:
    other = "https://lists.example.org/other"
    world.publish_list(other, school)
    world.web.pages[LISTS] = world.web.pages[other]
    document = signed(badge(school.issuer, credentialStatus=entry(LISTS, 5)), school)
    report = await world.verify_one(document, DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_malformed")
    report = await world.verify_one(document)  # lists do move; where no recognition is asked for it is told
    assert [check.code for check in report.checks if check.check == "status"] == ["status.list_malformed"]


@pytest.mark.parametrize("end", ["revoked", "expires"])
@pytest.mark.parametrize("method", [f"{WEBSITE}#key-1", f"{WEBSITE}#other", "https://x.example.com/#key"])
async def test_key_that_its_issuer_took_back_lives_on_in_a_pin(world: World, end: str, method: str) -> None:
    key = signer(name="lost", method=method)
    world.recognise(WEBSITE, pinned_keys=(_multikey(key),))
    document = signed(badge(WEBSITE), key)
    assert (await world.verify_one(document, DEFAULT)).outcome is Outcome.VALID
    world.publish_document(WEBSITE, WEBSITE, key, **{end: format_instant(NOW - DAY)})
    world.clock.instant += 11_000_000
    assert (await world.verify_one(document, DEFAULT)).outcome is Outcome.INVALID


def _multikey(key: LocalSigner) -> str:
    return encode_multikey(key.public_key)


@pytest.mark.parametrize("value", [None, {}, "https://lists.example.org/1#5", [None], [[entry(LISTS, 5)]]])
async def test_status_in_a_shape_that_is_none(world: World, school: LocalSigner, value: Any) -> None:
    document = badge(school.issuer, credentialStatus=value)
    report = await world.verify_one(sign_vc_jose(document, school, issued=NOW - DAY).encode(), DEFAULT)
    assert report.outcome is Outcome.INVALID


@pytest.mark.parametrize(("version", "member"), [("2.0", "expirationDate"), ("1.1", "validUntil")])
async def test_dates_of_both_data_models_bind(
    world: World, school: LocalSigner, version: str, member: str
) -> None:
    document = badge(school.issuer, version=version) | {member: format_instant(NOW - DAY)}
    report = await world.verify_one(signed(document, school, "eddsa-jcs-2022"), DEFAULT)
    assert report.reason == "validity.expired"


async def test_index_in_disguise_is_never_not_revoked(world: World, school: LocalSigner) -> None:
    for index in (5, 5.0, ["5"], {"@value": "5"}, "5.0", " 5", "٥"):
        status = entry(LISTS, 5) | {"statusListIndex": index}
        document = signed(badge(school.issuer, credentialStatus=status), school, "eddsa-jcs-2022")
        assert (await world.verify_one(document, DEFAULT)).outcome is Outcome.INDETERMINATE


async def test_context_v2_is_spelled_out(world: World, school: LocalSigner) -> None:
    document = badge(school.issuer)
    for contexts in (CONTEXT_V2, [], [CONTEXT_V2 + "/"], [{"@vocab": CONTEXT_V2}], [None, CONTEXT_V2]):
        document["@context"] = contexts
        report = await world.verify_one(signed(document, school, "eddsa-jcs-2022"), DEFAULT)
        assert report.outcome is Outcome.INVALID, contexts
