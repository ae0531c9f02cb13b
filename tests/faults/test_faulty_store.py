"""The double that fails on demand fails as a database does: before the change, or after it."""

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.records import ListState, StatusChange
from ler_trust.store.faulty import FaultyStore, Moment
from ler_trust.store.sql import SqlStore
from tests.kit.store_contract import list_record


@pytest.mark.parametrize(
    ("moment", "left"), [(Moment.BEFORE, ListState(0, {})), (Moment.AFTER, ListState(1, {3: 1}))]
)
async def test_failure_strikes_once_at_its_moment(
    sql_store: SqlStore, moment: Moment, left: ListState
) -> None:
    faulty = FaultyStore(sql_store)
    store = faulty.store
    await store.create_list(list_record())
    faulty.fail("change", moment)
    with pytest.raises(Undecided, match=r"request\.unavailable"):
        await store.change("list-1", [StatusChange(3, 1)], actor="key", at=1)
    assert await store.state("list-1") == left
    await store.change("list-1", [StatusChange(3, 1)], actor="key", at=1)
    assert (await store.state("list-1")).values == {3: 1}
    assert faulty.calls["change"] == 2


async def test_failure_lasts_as_often_as_told(sql_store: SqlStore) -> None:
    faulty = FaultyStore(sql_store)
    faulty.fail("ping", Moment.BEFORE, times=2)
    for _ in range(2):
        with pytest.raises(Undecided):
            await faulty.store.ping()
    await faulty.store.ping()


async def test_unknown_method_is_a_mistake(sql_store: SqlStore) -> None:
    with pytest.raises(AttributeError):
        FaultyStore(sql_store).fail("chnage", Moment.BEFORE)
