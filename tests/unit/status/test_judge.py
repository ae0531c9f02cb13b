"""What each status entry means for a credential, given the lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ler_trust.contracts import StatusFormat
from ler_trust.errors import Failure
from ler_trust.model.engine import SecuredCredential
from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant, format_instant
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, Policy
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.model.status import StatusList, StatusListEvidence
from ler_trust.status.entries import references
from ler_trust.status.judge import judge_status
from ler_trust.status.rules import StatusRules
from status_lists.bitstring import BitstringStatusList
from status_lists.status_list_2021 import StatusList2021
from tests.kit.status_format_contract import ENTRIES, bits_with

ISSUER, STRANGER = "did:web:college.example.org", "did:web:stranger.example.org"
LIST = "https://college.example.org/status/1"
OTHER = "https://college.example.org/status/2"
NOW: Instant = 1_800_000_000 * SECOND
FORMATS: dict[str, StatusFormat] = {
    "BitstringStatusListEntry": BitstringStatusList(),
    "StatusList2021Entry": StatusList2021(),
}
REVOKED, CLEAR = 7, 8


def entry(index: int = CLEAR, purpose: str = "revocation", url: str = LIST, **members: Any) -> dict[str, Any]:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
        **members,
    }


def credential(*entries: Mapping[str, Any], **members: Any) -> SecuredCredential:
    status = tuple((f"/credentialStatus/{number}", one) for number, one in enumerate(entries))
    return SecuredCredential("2.0", "urn:x:1", ("VerifiableCredential",), ISSUER, status=status, **members)


def found(
    *purposes: str, entries: int = ENTRIES, set_entries: tuple[int, ...] = (REVOKED,), **members: Any
) -> StatusListEvidence:
    status_list = StatusList(
        "BitstringStatusListEntry", purposes or ("revocation",), bits_with(*set_entries, entries=entries)
    )
    values: dict[str, Any] = {
        "url": LIST,
        "issuer": ISSUER,
        "list": status_list,
        "fetched_at": NOW - MINUTE,
        "fresh_until": NOW + MINUTE,
        "usable_until": NOW + DAY,
    }
    return StatusListEvidence(**(values | members))


def judged(
    secured: SecuredCredential,
    evidence: StatusListEvidence | Failure | None = None,
    rules: StatusRules | None = None,
    now: Instant = NOW,
) -> tuple[CheckResult, ...]:
    lists = dict.fromkeys([(LIST, kind) for kind in FORMATS], evidence or found())
    return judge_status(secured, lists, FORMATS, rules or StatusRules(), now)


def one(*arguments: Any, **options: Any) -> tuple[str, str | None]:
    [result] = judged(*arguments, **options)
    return result.outcome.value, result.code


def test_clear_passes_and_set_fails() -> None:
    assert one(credential(entry(CLEAR))) == ("pass", None)
    assert one(credential(entry(REVOKED))) == ("fail", "status.revoked")
    assert one(credential(entry(REVOKED, "suspension")), found("suspension")) == (
        "fail",
        "status.suspended",
    )


def test_no_entry_no_result() -> None:
    assert judged(credential()) == ()


def test_every_entry_is_judged_with_its_pointer() -> None:
    results = judged(credential(entry(CLEAR), {"type": "NewKind"}, entry(REVOKED)))
    assert [(result.pointer, result.outcome, result.code) for result in results] == [
        ("/credentialStatus/0", CheckOutcome.PASS, None),
        ("/credentialStatus/1/type", CheckOutcome.UNKNOWN, "status.type_unsupported"),
        ("/credentialStatus/2", CheckOutcome.FAIL, "status.revoked"),
    ]


def test_evidence_tells_the_list_and_its_age_and_never_the_index() -> None:
    [result] = judged(credential(entry(REVOKED)))
    assert result.evidence == {
        "list": LIST,
        "purpose": "revocation",
        "list_issuer": ISSUER,
        "fetched_at": "2027-01-15T07:59:00Z",
        "fresh_until": "2027-01-15T08:01:00Z",
        "stale": False,
        "value": 1,
    }


@pytest.mark.parametrize("kind", ["NewKind", ["NewKind", "OtherKind"], None, 7, [], [7]])
def test_unknown_type_is_named(kind: Any) -> None:
    [result] = judged(credential({"type": kind}))
    assert (result.outcome, result.code) == (CheckOutcome.UNKNOWN, "status.type_unsupported")
    assert result.detail is not None
    assert "NewKind" in result.detail or "no type" in result.detail


def test_entry_of_two_supported_kinds_is_malformed() -> None:
    both = entry(type=["BitstringStatusListEntry", "StatusList2021Entry"])
    assert one(credential(both)) == ("unknown", "status.entry_malformed")


def test_entry_with_a_further_type_of_its_own() -> None:
    assert one(credential(entry(REVOKED, type=["Own", "BitstringStatusListEntry"]))) == (
        "fail",
        "status.revoked",
    )


def test_malformed_member_is_pointed_at() -> None:
    [result] = judged(credential(entry() | {"statusListIndex": "007"}))
    assert (result.code, result.pointer) == (
        "status.entry_malformed",
        "/credentialStatus/0/statusListIndex",
    )


def test_too_many_entries_are_not_judged_at_all() -> None:
    secured = credential(*[entry(REVOKED)] * (DEFAULT_LIMITS.status_entries + 1))
    assert one(secured) == ("unknown", "status.too_many")
    assert references(secured, FORMATS) == frozenset()


@pytest.mark.parametrize(("purpose", "code"), [("refresh", "status.refresh"), ("message", "status.message")])
def test_what_informs_warns(purpose: str, code: str) -> None:
    assert one(credential(entry(REVOKED, purpose)), found(purpose)) == ("warning", code)
    assert one(credential(entry(CLEAR, purpose)), found(purpose)) == ("pass", None)


def test_unknown_purpose_that_is_set_is_visible() -> None:
    [result] = judged(credential(entry(REVOKED, "withheld")), found("withheld"))
    assert (result.outcome, result.code) == (CheckOutcome.WARNING, "status.message")
    assert result.detail == "the status for 'withheld' is 1"


def test_message_is_passed_on() -> None:
    messages = [{"status": "0x0", "message": "in order"}, {"status": "0x1", "message": "under review"}]
    [result] = judged(credential(entry(REVOKED, "message", statusMessage=messages)), found("message"))
    assert result.evidence["message"] == "under review"


def test_failure_to_find_the_list_is_unknown_even_if_decided() -> None:
    failure = Failure(True, "status.list_signature", "the proof does not hold", "/proof", retryable=True)
    [result] = judged(credential(entry()), failure)
    assert (result.outcome, result.code, result.pointer, result.retryable) == (
        CheckOutcome.UNKNOWN,
        "status.list_signature",
        "/credentialStatus/0",
        True,
    )


def test_list_that_was_not_gathered_is_unknown() -> None:
    assert one(credential(entry(url=OTHER))) == ("unknown", "status.list_unreachable")


@pytest.mark.parametrize("own_id", [LIST, f"{LIST}#list"])
def test_credential_that_is_its_own_list(own_id: str) -> None:
    secured = replace(credential(entry()), id=own_id)
    assert one(secured) == ("unknown", "status.list_self")
    assert references(secured, FORMATS) == frozenset()


def test_list_of_a_stranger_does_not_count() -> None:
    stranger = found(issuer=STRANGER)
    assert one(credential(entry(CLEAR)), stranger) == ("unknown", "status.list_issuer")
    assert one(credential(entry(REVOKED)), stranger) == ("unknown", "status.list_issuer")


def test_list_of_somebody_recognised_counts() -> None:
    rules = StatusRules(keeps_lists=lambda issuer, _: issuer == STRANGER)
    assert one(credential(entry(REVOKED)), found(issuer=STRANGER), rules) == ("fail", "status.revoked")
    assert one(credential(entry(CLEAR)), found(issuer=STRANGER), rules) == ("pass", None)


def test_anybodys_list_counts_where_the_policy_says_so() -> None:
    rules = StatusRules(keeps_lists=None)
    assert one(credential(entry(CLEAR)), found(issuer=STRANGER), rules) == ("warning", "status.list_issuer")


def test_stale_list_counts_within_its_grace() -> None:
    stale = found(stale=True, fresh_until=NOW - MINUTE)
    assert one(credential(entry(CLEAR)), stale) == ("unknown", "status.list_unreachable")
    assert one(credential(entry(CLEAR)), stale, StatusRules(grace=MINUTE)) == (
        "warning",
        "status.list_stale",
    )
    assert one(credential(entry(REVOKED)), stale, StatusRules(grace=MINUTE)) == ("fail", "status.revoked")
    assert one(credential(entry(CLEAR)), stale, StatusRules(grace=MINUTE - 1)) == (
        "unknown",
        "status.list_unreachable",
    )


def test_grace_is_shown_with_its_end() -> None:
    stale = found(stale=True, fresh_until=NOW - MINUTE)
    for grace in (0, MINUTE):
        [result] = judged(credential(entry(CLEAR)), stale, StatusRules(grace=grace))
        assert result.evidence["stale"] is True
        assert result.evidence["grace_until"] == format_instant(NOW - MINUTE + grace)
    [fresh] = judged(credential(entry(CLEAR)))
    assert "grace_until" not in fresh.evidence


def test_list_past_its_end_never_counts() -> None:
    ended = found(usable_until=NOW - MINUTE, stale=True)
    assert one(credential(entry(REVOKED)), ended, StatusRules(grace=DAY)) == (
        "unknown",
        "status.list_expired",
    )
    assert one(credential(entry(REVOKED)), ended, StatusRules(grace=DAY, skew=MINUTE))[0] == "fail"


def test_short_list_counts_only_by_agreement() -> None:
    short = found(entries=100_000)
    assert one(credential(entry(CLEAR)), short) == ("unknown", "status.list_too_short")
    assert one(credential(entry(CLEAR)), short, StatusRules(min_entries=100_000)) == (
        "warning",
        "status.list_too_short",
    )


def test_list_of_another_format_does_not_count() -> None:
    older = entry(type="StatusList2021Entry")
    assert one(credential(older)) == ("unknown", "status.list_malformed")


def test_rules_of_policies() -> None:
    strict, lenient = StatusRules.of(DEFAULT, DEFAULT_LIMITS), StatusRules.of(ANY_ISSUER, DEFAULT_LIMITS)
    assert strict == StatusRules(skew=120 * SECOND)
    assert (lenient.keeps_lists, lenient.min_entries) == (None, 100_000)
    graceful = StatusRules.of(Policy("p", 1, "", stale_list_grace=60), DEFAULT_LIMITS)
    assert graceful.grace == MINUTE


def test_references_are_distinct_lists_by_type() -> None:
    secured = credential(
        entry(1), entry(2), entry(3, url=OTHER, type="StatusList2021Entry"), {"type": "NewKind"}, entry(-1)
    )
    assert references(secured, FORMATS) == {
        (LIST, "BitstringStatusListEntry"),
        (OTHER, "StatusList2021Entry"),
    }
