"""A dry run knows what is due; a list that names its records otherwise is no empty list."""

import pytest

from ler_trust.errors import Undecided
from ler_trust.model.instant import MINUTE
from ler_trust.model.records import StatusChange
from ler_trust.status.changes import ChangeOrder
from ler_trust.status.publisher import StatusPublisher
from status_lists.onedtech_revocation_list import OneEdTechRevocationList
from tests.kit.clock import SteppedClock
from tests.unit.status.test_publisher import (  # noqa: F401
    TENANT,
    clock,
    code,
    indexes,
    new_list,
    publisher,
    store,
)


async def test_dry_run_refuses_to_undo_a_revocation_that_is_due(
    publisher: StatusPublisher,  # noqa: F811
    clock: SteppedClock,  # noqa: F811
) -> None:
    record = await new_list(publisher)
    [index] = await indexes(publisher, record, 1)
    soon = clock.now() + MINUTE
    await publisher.change_each(
        TENANT, ChangeOrder({record.id: [StatusChange(index, 1, "")]}, "me", effective_at=soon)
    )
    clock.advance(120)
    undo = {record.id: [StatusChange(index, 0, "")]}
    assert await code(publisher.change_each(TENANT, ChangeOrder(undo, "me", dry_run=True))) == "request.final"
    assert await code(publisher.change_each(TENANT, ChangeOrder(undo, "me"))) == "request.final"


@pytest.mark.parametrize("name", ["revokedAssertions", "revokedCredentials", "revocations"])
def test_list_that_names_its_records_under_another_name_is_not_an_empty_one(name: str) -> None:
    document = {"id": "https://l.example/1", "issuer": "https://i.example", name: [{"id": "urn:x"}]}
    with pytest.raises(Undecided):
        OneEdTechRevocationList().decode(document, max_bytes=1_000)
