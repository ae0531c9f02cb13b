"""Bitstring Status List: the places where its text, its context and its test suite are known to mislead.

Each test has the letter of the trap in the project's requirements, §2.1.
"""

import gzip
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from ler_trust.codes import RANGE, STATUS, code_named
from ler_trust.errors import Undecided
from ler_trust.model.instant import DAY
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import CheckResult, Outcome, Report
from ler_trust.model.status import StatusList, StatusReference
from ler_trust.suites.signing import LocalSigner, add_proof
from status_lists.bitstring import BitstringStatusList
from tests.kit.issuing import badge
from tests.kit.world import NOW, World, entry

FORMAT = BitstringStatusList()
LISTS = "https://lists.example.org/1"
SPECIFICATION_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


async def judged(world: World, school: LocalSigner, status: Any) -> Report:
    document = badge(school.issuer, credentialStatus=status)
    return await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), DEFAULT)


def status_of(report: Report) -> CheckResult:
    [check] = [check for check in report.checks if check.check == "status"]
    return check


def subject(encoded: str, **members: Any) -> dict[str, Any]:
    content = {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded}
    return {"type": ["BitstringStatusListCredential"], "credentialSubject": content | members}


@pytest.mark.parametrize("purpose", ["refresh", "message", "custom"])
async def test_a_only_revocation_and_suspension_bear_on_the_verdict(
    world: World, school: LocalSigner, purpose: str
) -> None:
    world.publish_list(LISTS, school, 7, purpose=purpose)
    report = await judged(world, school, entry(LISTS, 7, purpose))
    assert report.outcome is Outcome.VALID
    assert status_of(report).evidence["value"] == 1


async def test_b_two_bits_an_entry_take_262144_bits(world: World, school: LocalSigner) -> None:
    messages = [{"status": hex(number), "message": f"state {number}"} for number in range(4)]
    wide = entry(LISTS, 5, "message", statusSize=2, statusMessage=messages)
    world.publish_list(LISTS, school, 10, purpose="message", entries=131_072)
    assert (await judged(world, school, wide)).reason == "status.list_too_short"
    other = {**wide, "statusListCredential": LISTS + "/2", "id": "urn:x:1"}
    world.publish_list(LISTS + "/2", school, 10, purpose="message", entries=262_144)
    check = status_of(await judged(world, school, other))
    assert (check.evidence["value"], check.evidence["message"]) == (2, "state 2")


def test_c_bits_of_one_entry_are_read_left_to_right() -> None:
    bits = bytes([0b0110_0000]) + bytes(16 * 1024)
    reference = StatusReference(FORMAT.entry_type, LISTS, 0, "message", 3)
    found = StatusList(FORMAT.entry_type, ("message",), bits)
    assert FORMAT.look_up(found, reference, min_entries=1).value == 0b011


def test_d_nothing_is_written_that_the_test_suite_counts_otherwise() -> None:
    written = FORMAT.entry(StatusReference(FORMAT.entry_type, LISTS, 7, "revocation"))
    assert written.keys() == {"id", "type", "statusPurpose", "statusListIndex", "statusListCredential"}
    assert written["id"] != LISTS


@pytest.mark.parametrize("count", [2, 3, 5])
def test_d_messages_are_as_many_as_values_and_not_as_bits(count: int) -> None:
    messages = [{"status": hex(number), "message": "m"} for number in range(count)]
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry(LISTS, 7, "message", statusSize=2, statusMessage=messages))
    assert caught.value.code.name == "status.entry_malformed"


def test_e_nothing_is_written_that_the_context_does_not_have() -> None:
    written = FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), bytes(9), 1_000))
    assert written.keys() <= {"type", "statusPurpose", "encodedList", "ttl"}


@pytest.mark.parametrize("index", [7, 8])
async def test_f_expired_list_is_neither_revoked_nor_fine(
    world: World, school: LocalSigner, index: int
) -> None:
    world.publish_list(LISTS, school, 7, until=NOW - DAY)
    report = await judged(world, school, entry(LISTS, index))
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, "status.list_expired")


def test_g_bare_base64_is_another_format() -> None:
    with pytest.raises(Undecided):
        FORMAT.decode(subject(SPECIFICATION_EXAMPLE[1:]), max_bytes=DEFAULT_LIMITS.list_bytes)


def test_h_bytes_carry_no_time_and_no_system() -> None:
    encoded = FORMAT.encode(StatusList(FORMAT.entry_type, ("revocation",), bytes(16_384)))["encodedList"]
    assert encoded.startswith("uH4sIAAAAAAAC_")  # no name, time 0, best packing, system unknown


def test_i_the_bound_is_on_bytes_and_not_on_the_ratio() -> None:
    found = FORMAT.decode(subject(SPECIFICATION_EXAMPLE), max_bytes=16_384)
    assert found.bits == bytes(16_384)  # from 51 bytes
    million = "u" + urlsafe_b64encode(gzip.compress(bytes(1_048_576))).rstrip(b"=").decode()
    assert len(FORMAT.decode(subject(million), max_bytes=1_048_576).bits) == 1_048_576
    with pytest.raises(Undecided) as caught:
        FORMAT.decode(subject(million), max_bytes=1_048_575)
    assert caught.value.code.name == "status.list_too_large"


@pytest.mark.parametrize("index", [7, "007", "+7", "-0", "7.0", "1e3", "", "٧", "9" * 4_400, True, None])
def test_j_index_has_one_form(index: Any) -> None:
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry(LISTS, 7) | {"statusListIndex": index})
    assert caught.value.code.name == "status.entry_malformed"


def test_errors_have_the_types_of_the_specification_that_defines_them() -> None:
    types = {
        "status.list_unreachable": STATUS + "STATUS_RETRIEVAL_ERROR",
        "status.list_signature": STATUS + "STATUS_VERIFICATION_ERROR",
        "status.list_purpose": STATUS + "STATUS_VERIFICATION_ERROR",
        "status.list_expired": STATUS + "STATUS_VERIFICATION_ERROR",
        "status.list_too_short": STATUS + "STATUS_LIST_LENGTH_ERROR",
        "status.index_out_of_range": RANGE,
        "status.entry_malformed": "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR",
    }
    assert {name: code_named(name).problem for name in types} == types


async def test_list_for_several_purposes_serves_each(world: World, school: LocalSigner) -> None:
    published = world.publish_list(LISTS, school, 7)
    content = {**published["credentialSubject"], "statusPurpose": ["revocation", "suspension", "refresh"]}
    world.publish_list(LISTS, school, 7, credentialSubject=content)
    both = [entry(LISTS, 8), entry(LISTS, 7, "refresh"), entry(LISTS, 7, "suspension")]
    report = await judged(world, school, both)
    checks = [check.code for check in report.checks if check.check == "status"]
    assert checks == [None, "status.refresh", "status.suspended"]
    assert (await judged(world, school, entry(LISTS, 7, "message"))).reason == "status.list_purpose"


async def test_references_are_told_with_a_status_that_is_set(world: World, school: LocalSigner) -> None:
    world.publish_list(LISTS, school, 7, purpose="message")
    told = "https://school.example.org/statuses"
    for references in (told, [told]):
        check = status_of(await judged(world, school, entry(LISTS, 7, "message", statusReference=references)))
        assert check.evidence["references"] == [told]
    clear = status_of(await judged(world, school, entry(LISTS, 8, "message", statusReference=told)))
    assert "references" not in clear.evidence


@pytest.mark.parametrize("references", [None, 7, "x", [""], [{}], ["https://a.example.org"] * 9])
def test_references_that_are_no_urls(references: Any) -> None:
    with pytest.raises(Undecided) as caught:
        FORMAT.read_entry(entry(LISTS, 7, statusReference=references))
    assert (caught.value.code.name, caught.value.pointer) == ("status.entry_malformed", "/statusReference")
