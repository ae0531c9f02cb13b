"""Token Status Lists through the whole walk: only a sound token of the right signer says "not revoked"."""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ler_trust.errors import Undecided
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY, MINUTE, SECOND
from ler_trust.model.limits import DEFAULT_LIMITS, MIB
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, Policy
from ler_trust.model.report import CheckOutcome, CheckResult, Outcome, Report
from ler_trust.status import list_token
from ler_trust.suites.choice import choose_engine
from ler_trust.suites.signing import LocalSigner, sign_compact
from tests.kit.issuing import badge, material, signer
from tests.kit.list_tokens import claims, cwt, jwt, sign1
from tests.kit.world import NOW, World

LISTS = "https://lists.example.org/tokens/1"
REVOKED, SUSPENDED, CUSTOM, UNDEFINED, CLEAR = 7, 8, 9, 10, 11
STATUSES = {REVOKED: 1, SUSPENDED: 2, CUSTOM: 3, UNDEFINED: 5}
FORMS: tuple[Callable[..., bytes], ...] = (jwt, cwt)

Form = Callable[..., bytes]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


def record(by: LocalSigner, status: Any, **members: Any) -> bytes:
    """Return a badge as a ``vc+jwt`` with the claim ``status``."""
    payload = {**badge(by.issuer), "status": status, **members}
    return sign_compact({"typ": "vc+jwt", "kid": by.method}, payload, by).encode()


def at(index: int, uri: str = LISTS) -> dict[str, Any]:
    return {"status_list": {"idx": index, "uri": uri}}


def publish(
    world: World, by: LocalSigner, form: Form = jwt, header: dict[str, Any] | None = None, **members: Any
) -> None:
    content = claims(LISTS, by, NOW, STATUSES, size=4, **members)
    world.web.pages[LISTS] = form(content, by, **(header or {}))


async def judged(
    world: World, school: LocalSigner, index: int = CLEAR, policy: Policy = DEFAULT
) -> tuple[Outcome, str | None]:
    report = await world.verify_one(record(school, at(index)), policy)
    return report.outcome, report.reason


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


@pytest.mark.parametrize("form", FORMS)
async def test_each_value_has_its_verdict(world: World, school: LocalSigner, form: Form) -> None:
    publish(world, school, form)
    assert await judged(world, school, CLEAR) == (Outcome.VALID, None)
    assert await judged(world, school, REVOKED) == (Outcome.INVALID, "status.revoked")
    assert await judged(world, school, SUSPENDED) == (Outcome.INVALID, "status.suspended")
    assert await judged(world, school, UNDEFINED) == (Outcome.INDETERMINATE, "status.value_unknown")
    custom = await world.verify_one(record(school, at(CUSTOM)), DEFAULT)
    assert custom.outcome is Outcome.VALID
    assert (status_of(custom).outcome, status_of(custom).code) == (CheckOutcome.WARNING, "status.message")
    assert world.web.asked.count(LISTS) == 1


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256, KeyKind.P384])
@pytest.mark.parametrize("form", FORMS)
async def test_each_algorithm(world: World, kind: KeyKind, form: Form) -> None:
    school = world.web_issuer("other", kind)
    world.recognise(school.issuer)
    publish(world, school, form)
    assert await judged(world, school, CLEAR) == (Outcome.VALID, None)


async def test_evidence_names_the_list_and_how_it_is_secured(world: World, school: LocalSigner) -> None:
    publish(world, school)
    evidence = status_of(await world.verify_one(record(school, at(CLEAR)), DEFAULT)).evidence
    assert evidence["list"] == LISTS
    assert evidence["list_issuer"] == school.issuer
    assert evidence["secured_by"] == "token"
    assert str(CLEAR) not in {str(value) for value in evidence.values()}


async def test_status_beside_a_vc_claim(world: World, school: LocalSigner) -> None:
    publish(world, school)
    payload = {"vc": badge(school.issuer), "iss": school.issuer, "status": at(REVOKED)}
    token = sign_compact({"typ": "JWT", "kid": school.method}, payload, school).encode()
    assert (await world.verify_one(token, DEFAULT)).reason == "status.revoked"


# ── Who signed ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", FORMS)
async def test_token_signed_by_a_stranger_in_the_issuers_name(
    world: World, school: LocalSigner, form: Form
) -> None:
    forger = signer(name="forger", method=school.method)
    publish(world, forger, form)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


@pytest.mark.parametrize("form", FORMS)
async def test_token_of_a_stranger(world: World, school: LocalSigner, form: Form) -> None:
    publish(world, world.web_issuer("stranger"), form)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_issuer")
    world.web.pages.pop(LISTS)
    publish(world, world.web_issuer("stranger"), form)
    lenient = await world.verify_one(record(school, at(CLEAR)), ANY_ISSUER)
    assert (lenient.outcome, status_of(lenient).code) == (Outcome.VALID, "status.list_issuer")


@pytest.mark.parametrize("form", FORMS)
async def test_stranger_names_the_issuer_and_signs_with_a_key_of_its_own(
    world: World, school: LocalSigner, form: Form
) -> None:
    stranger = world.web_issuer("stranger")
    publish(world, stranger, form, iss=school.issuer)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


@pytest.mark.parametrize("form", FORMS)
async def test_issuer_with_an_https_address_and_no_did(world: World, form: Form) -> None:
    address = "https://school.example.org/issuer"
    school = signer(name="https", method=f"{address}#key-1")
    world.publish_document(address, address, school)
    world.recognise(address)
    publish(world, school, form)
    assert await judged(world, school, REVOKED) == (Outcome.INVALID, "status.revoked")
    forger = signer(name="forger", method=school.method)
    world.clock.instant += 10 * MINUTE
    publish(world, forger, form)
    assert await judged(world, school, CLEAR) == (Outcome.INDETERMINATE, "status.list_signature")


@pytest.mark.parametrize("form", FORMS)
async def test_without_iss_the_kid_names_the_issuer(world: World, school: LocalSigner, form: Form) -> None:
    publish(world, school, form, iss=None)
    assert await judged(world, school, REVOKED) == (Outcome.INVALID, "status.revoked")


@pytest.mark.parametrize("form", FORMS)
async def test_token_that_names_nobody(world: World, school: LocalSigner, form: Form) -> None:
    kid = "key-1" if form is jwt else b"key-1"
    publish(world, school, form, {"kid": kid}, iss=None)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


@pytest.mark.parametrize("form", FORMS)
async def test_kid_that_is_a_bare_name(world: World, school: LocalSigner, form: Form) -> None:
    publish(world, school, form, {"kid": "key-1" if form is jwt else b"key-1"})
    assert await judged(world, school) == (Outcome.VALID, None)


async def test_key_changed_since_the_issuers_document_was_kept(world: World, school: LocalSigner) -> None:
    publish(world, school)
    assert await judged(world, school) == (Outcome.VALID, None)
    new = signer(name="school's next", method=school.method)
    world.publish_document("https://school.example.org/.well-known/did.json", school.issuer, new)
    world.clock.instant += 10 * MINUTE
    publish(world, new)
    report = await world.verify_one(record(new, at(REVOKED)), DEFAULT)
    assert report.reason == "status.revoked"


async def test_signature_over_other_claims(world: World, school: LocalSigner) -> None:
    head, _, tail = jwt(claims(LISTS, school, NOW, {}), school).decode().split(".")
    body = jwt(claims(LISTS, school, NOW, {}, ttl=301), school).decode().split(".")[1]
    world.web.pages[LISTS] = f"{head}.{body}.{tail}".encode()
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


async def test_keys_that_cannot_be_had(world: World, school: LocalSigner) -> None:
    keeper = world.web_issuer("keeper")
    world.web.pages["https://keeper.example.org/.well-known/did.json"] = Undecided("fetch.timeout")
    publish(world, keeper)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


# ── What kind of token ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["JWT", "vc+jwt", None, "statuslist+cwt", 7])
async def test_token_made_for_another_use(world: World, school: LocalSigner, kind: Any) -> None:
    publish(world, school, jwt, {"typ": kind})
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_malformed")


@pytest.mark.parametrize("kind", ["application/statuslist+jwt", "STATUSLIST+JWT"])
async def test_type_is_compared_as_media_types_are(world: World, school: LocalSigner, kind: str) -> None:
    publish(world, school, jwt, {"typ": kind})
    assert await judged(world, school) == (Outcome.VALID, None)


@pytest.mark.parametrize("kind", ["application/cwt", None, "statuslist+jwt", 7])
async def test_cwt_made_for_another_use(world: World, school: LocalSigner, kind: Any) -> None:
    publish(world, school, cwt, {"typ": kind})
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_malformed")


async def test_cwt_whose_type_is_not_protected(world: World, school: LocalSigner) -> None:
    protected, _, payload, signature = cbor2.loads(
        cwt(claims(LISTS, school, NOW, {}), school, typ=None)
    ).value
    parts = [protected, {16: "application/statuslist+cwt"}, payload, signature]
    world.web.pages[LISTS] = cbor2.dumps(cbor2.CBORTag(18, parts))
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_malformed")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"crit": ["exp"]}, {"alg": "ES256K"}, {"b64": False}]
)
async def test_jwt_header_that_is_not_obeyed(world: World, school: LocalSigner, header: Any) -> None:
    publish(world, school, jwt, header)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


@pytest.mark.parametrize("header", [{"alg": None}, {"alg": 5}, {"alg": -47}, {"crit": [16]}, {"kid": 7}])
async def test_cwt_header_that_is_not_obeyed(world: World, school: LocalSigner, header: Any) -> None:
    publish(world, school, cwt, header)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


async def test_jwk_in_the_header_is_no_key(world: World, school: LocalSigner) -> None:
    forger = signer(name="forger")
    publish(world, forger, jwt, {"kid": school.method, "jwk": {"kty": "OKP"}}, iss=school.issuer)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_signature")


async def test_cwt_with_a_claim_named_twice(world: World, school: LocalSigner) -> None:
    content = claims(LISTS, school, NOW, {})
    one = cbor2.loads(cbor2.loads(cwt(content, school)).value[2])
    twice = b"\xa7" + cbor2.dumps(one)[1:] + b"\x02\x61x"
    world.web.pages[LISTS] = sign1(twice, school)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_malformed")


async def test_cwt_in_a_tag_of_its_own_or_in_none(world: World, school: LocalSigner) -> None:
    message = cwt(claims(LISTS, school, NOW, {}), school)
    for body in (cbor2.dumps(cbor2.CBORTag(61, cbor2.loads(message))), message[1:], message + b"\0"):
        world.web.pages[LISTS] = body
        world.clock.instant += MINUTE
        assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_malformed")


# ── Whose list ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sub", ["https://lists.example.org/tokens/2", LISTS + "/", "urn:list", None, 7])
async def test_list_of_another_address(world: World, school: LocalSigner, form: Form, sub: Any) -> None:
    publish(world, school, form, sub=sub)
    for policy in (DEFAULT, ANY_ISSUER):
        assert await judged(world, school, policy=policy) == (Outcome.INDETERMINATE, "status.list_malformed")


@pytest.mark.parametrize(
    ("index", "code"),
    [(131_072, "status.index_out_of_range"), (-1, "status.entry_malformed"), (1.5, "status.entry_malformed")],
)
async def test_index_tricks(world: World, school: LocalSigner, index: Any, code: str) -> None:
    publish(world, school)
    assert await judged(world, school, index) == (Outcome.INDETERMINATE, code)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"status_list": None}, "status.entry_malformed"),
        ({"status_list": "x"}, "status.entry_malformed"),
        ({"status_list": {"idx": CLEAR, "uri": LISTS}, "other": 5}, "status.type_unsupported"),
        ({"identifier_list": {"id": "x", "uri": LISTS}}, "status.type_unsupported"),
        ({"status_list": {"idx": CLEAR, "uri": LISTS, "type": "other"}}, None),
    ],
)
async def test_mechanisms_that_cannot_be_read_are_not_passed_over(
    world: World, school: LocalSigner, status: Any, code: str | None
) -> None:
    publish(world, school)
    report = await world.verify_one(record(school, status), DEFAULT)
    assert report.reason == code


# ── When ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"exp": (NOW - DAY) // SECOND}, "status.list_expired"),
        ({"iat": (NOW + DAY) // SECOND, "exp": None}, "status.list_not_yet_valid"),
        ({"nbf": (NOW + 3 * MINUTE) // SECOND}, "status.list_not_yet_valid"),
        ({"nbf": (NOW + DAY) // SECOND + 0.5, "exp": None}, "status.list_not_yet_valid"),
        ({"nbf": (NOW + MINUTE) // SECOND}, None),  # clocks differ by as much
        ({"nbf": (NOW - 30 * DAY) // SECOND}, None),
        ({"nbf": 0, "iat": (NOW + DAY) // SECOND, "exp": None}, "status.list_not_yet_valid"),
        ({"nbf": "today"}, "status.list_malformed"),
        ({"nbf": True}, "status.list_malformed"),
        ({"nbf": -1}, "status.list_malformed"),
        ({"iat": None}, "status.list_malformed"),
        ({"iat": "today"}, "status.list_malformed"),
        ({"exp": True}, "status.list_malformed"),
        ({"exp": 10**30}, "status.list_malformed"),
        ({"ttl": -1}, "status.list_malformed"),
        ({"exp": None, "ttl": None}, None),
    ],
)
async def test_times(world: World, school: LocalSigner, form: Form, members: Any, code: str | None) -> None:
    publish(world, school, form, **members)
    assert (await judged(world, school))[1] == code


@pytest.mark.parametrize("form", FORMS)
async def test_ttl_of_zero_is_asked_for_each_time(world: World, school: LocalSigner, form: Form) -> None:
    publish(world, school, form, ttl=0)
    for _ in range(3):
        await world.reports([record(school, at(CLEAR))], DEFAULT)
    assert world.web.asked.count(LISTS) == 3


@pytest.mark.parametrize("form", FORMS)
async def test_list_before_its_time_counts_from_then_on(
    world: World, school: LocalSigner, form: Form
) -> None:
    """Neither a revocation nor its absence is believed before; when it is time the copy in hand serves."""
    publish(world, school, form, nbf=(NOW + 4 * MINUTE) // SECOND)
    for index in (CLEAR, REVOKED):
        assert await judged(world, school, index) == (
            Outcome.INDETERMINATE,
            "status.list_not_yet_valid",
        )
    report = await world.verify_one(record(school, at(CLEAR)), DEFAULT)
    assert next(check for check in report.checks if check.check == "status").retryable
    world.clock.instant += 3 * MINUTE
    assert await judged(world, school, CLEAR) == (Outcome.VALID, None)
    assert await judged(world, school, REVOKED) == (Outcome.INVALID, "status.revoked")
    assert world.web.asked.count(LISTS) == 1


async def test_expired_record_asks_for_no_list(world: World, school: LocalSigner) -> None:
    """Token Status List §8.3: looking up what is invalid already would only tell its issuer about it."""
    publish(world, school)
    ended = record(school, at(CLEAR), validUntil="2025-06-01T00:00:00Z")
    report = await world.verify_one(ended, DEFAULT)
    assert (report.outcome, report.reason) == (Outcome.INVALID, "validity.expired")
    assert status_of(report).outcome is CheckOutcome.SKIPPED
    assert LISTS not in world.web.asked


# ── Size ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", FORMS)
async def test_zlib_bomb(world: World, school: LocalSigner, form: Form) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(64)) + packer.flush()
    members = {"bits": 1, "lst": urlsafe_b64encode(bomb).rstrip(b"=").decode()}
    if form is cwt:
        content = {1: school.issuer, 2: LISTS, 6: NOW // SECOND, 65533: {"bits": 1, "lst": bomb}}
        world.web.pages[LISTS] = sign1(cbor2.dumps(content), school)
    else:
        publish(world, school, form, status_list=members)
    assert await judged(world, school) == (Outcome.INDETERMINATE, "status.list_too_large")


async def test_short_list_is_reported(world: World, school: LocalSigner) -> None:
    """The specification sets no least length; a list of one entry is a question about one person."""
    for entries, code in ((16, "status.list_too_short"), (2, "status.list_too_short")):
        content = claims(LISTS, school, NOW, {}, size=4, entries=entries)
        world.web.pages[LISTS] = jwt(content, school)
        world.clock.instant += 6 * MINUTE
        check = status_of(await world.verify_one(record(school, at(1)), DEFAULT))
        assert (check.outcome, check.code) == (CheckOutcome.WARNING, code)
    world.web.pages[LISTS] = jwt(claims(LISTS, school, NOW, {}, size=8, entries=1), school)
    world.clock.instant += 6 * MINUTE
    assert status_of(await world.verify_one(record(school, at(0)), DEFAULT)).code == "status.list_tracking"


_HOSTILE_CBOR: tuple[bytes, ...] = (
    b"\x9b\x10" + bytes(7),  # an array of 2⁶⁰ items
    b"\x5b\x10" + bytes(7),  # as many bytes
    b"\xbb\x10" + bytes(7),  # as many pairs
    b"\x81" * 100_000,
    b"\xc1" * 100_000,
    b"\x9f" * 100_000,
    b"\xc4\x82\x1b\x7f" + b"\xff" * 7 + b"\x01",  # a decimal with an exponent of 2⁶³
    b"\xc5\x82\x1a\x7f" + b"\xff" * 3 + b"\x01",
    b"\xd8\x1e\x82\x01\x00",  # one divided by nothing
    b"\xd8\x1c\x81\xd8\x1d\x00",  # an array that contains itself
    b"\xd8\x23\x78\x0a(a+)+$aaaa",  # a regular expression
    b"\xc2\x5a\x00\x10\x00\x00" + b"\xff" * 0x10_0000,  # a number of eight million bits
)


@pytest.mark.parametrize("place", ["message", "header", "claims", "ttl", "exp", "lst"])
@pytest.mark.parametrize("number", range(len(_HOSTILE_CBOR)))
async def test_cbor_made_to_exhaust_its_reader(
    world: World, school: LocalSigner, place: str, number: int
) -> None:
    hostile = _HOSTILE_CBOR[number]
    good = cbor2.loads(cbor2.loads(cwt(claims(LISTS, school, NOW, {}), school)).value[2])
    pairs = {key: cbor2.dumps(value) for key, value in good.items()}
    pairs |= {"ttl": {65534: hostile}, "exp": {4: hostile}, "lst": {65533: b"\xa1\x63lst" + hostile}}.get(
        place, {}
    )
    content = bytes([0xA0 + len(pairs)]) + b"".join(cbor2.dumps(key) + value for key, value in pairs.items())
    body = sign1(hostile if place == "claims" else content, school)
    if place == "message":
        body = b"\xd2" + hostile
    elif place == "header":
        body = b"\xd2\x84" + cbor2.dumps(hostile) + b"\xa0" + cbor2.dumps(content) + cbor2.dumps(bytes(64))
    world.web.pages[LISTS] = body
    outcome, code = await judged(world, school)
    assert outcome is Outcome.INDETERMINATE
    assert code in ("status.list_malformed", "status.list_signature")


# ── Anything ────────────────────────────────────────────────────────────────────────────────────────

_SCHOOL = signer(name="fuzzed")
_GOOD = tuple(form(claims(LISTS, _SCHOOL, NOW, {}, entries=64), _SCHOOL) for form in FORMS)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_raise_anything_else(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(_GOOD)))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        body = body or bytearray(b"\xd2")
    for content in (bytes(body), b"\xd2" + data.draw(st.binary(max_size=60))):
        try:
            list_token.parse(content, DEFAULT_LIMITS)
        except Undecided as finding:
            assert finding.code.name in ("status.list_malformed", "status.list_signature")  # noqa: PT017


@pytest.mark.parametrize(
    "status",
    [
        {"status_list": {"idx": 5, "uri": LISTS, "more": [1.5, None, {"a": "é"}]}},
        {"status_list": {"idx": 5.0, "uri": LISTS, "type": ["other"]}, "else": None},
        {"a/b~c": "text", "status_list": [1]},
        "text",
        {},
    ],
)
def test_every_engine_reads_the_same_entries(status: Any) -> None:
    item = record(_SCHOOL, status)
    engines = [choose_engine(name, DEFAULT_LIMITS) for name in ("auto", "reference")]
    found = [engine.authenticate([item], material([item], _SCHOOL))[0].secured for engine in engines]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].status == found[1].status
    assert len(found[0].status) == (len(status) if isinstance(status, dict) else 0)
