"""Published lists at hand: never without what this process acknowledged, never beyond the bound."""

from dataclasses import replace

from ler_trust.model.instant import SECOND
from ler_trust.model.records import PublishedList
from ler_trust.status.shown import ShownLists

NOW = 1_700_000_000 * SECOND


def published(sequence: int, list_id: str = "one", size: int = 100) -> PublishedList:
    return PublishedList(list_id, sequence, bytes(size), f'"{sequence}"', NOW, NOW + 4 * SECOND, SECOND)


def test_a_list_is_shown_until_the_store_is_to_be_asked_again() -> None:
    shown = ShownLists(SECOND)
    shown.put(published(1), NOW, 0)
    assert shown.get("one", NOW + SECOND - 1) == published(1)
    assert shown.get("one", NOW + SECOND) is None
    assert shown.get("one", NOW - 1) is None  # the clock was set back
    assert shown.get("two", NOW) is None


def test_a_list_is_not_shown_past_the_middle_of_its_life() -> None:
    shown = ShownLists(60 * SECOND)
    shown.put(published(1), NOW, 0)
    assert shown.get("one", NOW + 2 * SECOND - 1) == published(1)
    assert shown.get("one", NOW + 2 * SECOND) is None


def test_a_list_is_not_shown_when_a_change_is_due() -> None:
    shown = ShownLists(60 * SECOND)
    due = replace(published(1), next_due=NOW + SECOND)
    shown.put(due, NOW, 0)
    assert shown.get("one", NOW + SECOND - 1) == due
    assert shown.get("one", NOW + SECOND) is None


def test_acknowledged_change_is_never_missing() -> None:
    shown = ShownLists(SECOND)
    shown.put(published(1), NOW, 0)
    shown.acknowledge("one", 2)
    assert shown.get("one", NOW) is None
    shown.put(published(1), NOW, 0)  # a look that began before the change and ended after it
    assert shown.get("one", NOW) is None
    shown.put(published(2), NOW, 0)
    shown.acknowledge("one", 1)
    assert shown.get("one", NOW) == published(2)


def test_the_store_is_always_asked_when_nothing_may_be_kept() -> None:
    shown = ShownLists(0)
    shown.put(published(1), NOW, 0)
    assert shown.get("one", NOW) is None


def test_the_least_used_list_goes_when_there_is_no_room() -> None:
    shown = ShownLists(SECOND, max_bytes=3_000)
    for name in ("one", "two"):
        shown.put(published(1, name, 900), NOW, 0)
    shown.get("one", NOW)
    shown.put(published(1, "three", 900), NOW, 0)
    assert shown.get("two", NOW) is None
    assert shown.get("one", NOW) is not None
    assert shown.get("three", NOW) is not None


def test_nothing_is_kept_that_was_asked_for_before_the_list_was_forgotten() -> None:
    shown = ShownLists(SECOND)
    before = shown.forgotten("one")
    shown.forget("one")
    shown.put(published(1), NOW, before)
    assert shown.get("one", NOW) is None
    shown.put(published(1), NOW, shown.forgotten("one"))
    assert shown.get("one", NOW) == published(1)
