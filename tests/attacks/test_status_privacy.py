"""What a published list and its changes tell about who was issued a credential when: nothing.

The statistics are of fixed secrets, so they come out the same every time; each bound is one that a true
random order passes but for one time in ten thousand or more.
"""

import io
import logging
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
import structlog

from ler_trust.model.instant import SECOND, format_instant
from ler_trust.model.records import Role
from ler_trust.observe import log
from ler_trust.status.permutation import Permutation
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, running
from tests.unit.web.test_web_status_lists import entries, made

LENGTH = 131_072
GIVEN = 20_000
SECRETS = [sha256(bytes([number])).digest() for number in range(6)]
SIGMAS = 4.5


def order(secret: bytes, length: int = LENGTH) -> list[int]:
    """Return the indexes in the order in which they are handed out."""
    permutation = Permutation(secret, length)
    return [permutation.index(ordinal) for ordinal in range(GIVEN)]


def chi_square_is_plain(rows: Sequence[Sequence[int]]) -> bool:
    """Tell whether counts in each row differ as much as chance makes them, no more and no less."""
    freedom, statistic = 0, 0.0
    for counts in rows:
        expected = sum(counts) / len(counts)
        statistic += sum((count - expected) ** 2 for count in counts) / expected
        freedom += len(counts) - 1
    return abs(statistic - freedom) < SIGMAS * sqrt(2 * freedom)


@pytest.mark.parametrize("secret", SECRETS)
def test_index_does_not_tell_how_many_were_issued_before(secret: bytes) -> None:
    indexes = order(secret)
    mean = (GIVEN - 1) / 2
    centre = sum(indexes) / GIVEN
    covariance = sum((at - mean) * (index - centre) for at, index in enumerate(indexes))
    spread = sqrt(
        sum((at - mean) ** 2 for at in range(GIVEN)) * sum((index - centre) ** 2 for index in indexes)
    )
    assert abs(covariance / spread) < SIGMAS / sqrt(GIVEN)


@pytest.mark.parametrize("secret", SECRETS)
def test_credentials_issued_together_do_not_lie_together(secret: bytes) -> None:
    indexes = order(secret)
    buckets = [0] * 64
    for before, after in pairwise(indexes):
        buckets[(after - before) % LENGTH * 64 // LENGTH] += 1
    assert chi_square_is_plain([buckets])
    rises = sum(after > before for before, after in pairwise(indexes))
    assert abs(rises - GIVEN / 2) < SIGMAS * sqrt(GIVEN / 12)


@pytest.mark.parametrize("secret", SECRETS)
def test_revoking_one_class_after_another_shows_no_class(secret: bytes) -> None:
    """Five hundred issued one after the other are revoked: where they lie is where any five hundred would."""
    indexes = order(secret)
    classes = [[index * 16 // LENGTH for index in indexes[at : at + 500]] for at in range(0, GIVEN, 500)]
    assert chi_square_is_plain([[places.count(bucket) for bucket in range(16)] for places in classes])


def test_lists_do_not_show_each_others_order() -> None:
    first, second = order(SECRETS[0]), order(SECRETS[1])
    places = [(two - one) % LENGTH * 64 // LENGTH for one, two in zip(first, second, strict=True)]
    assert chi_square_is_plain([[places.count(bucket) for bucket in range(64)]])


def test_a_sequential_order_would_be_found() -> None:
    """The statistics above can fail: here they are of what most services do."""
    buckets = [0] * 64
    for before, after in zip(range(GIVEN), range(1, GIVEN), strict=False):
        buckets[(after - before) % LENGTH * 64 // LENGTH] += 1
    assert not chi_square_is_plain([buckets])


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what is logged, down to the least of it."""
    before = logging.root.handlers[:], logging.root.level
    output = io.StringIO()
    log.configure("debug", "json", output)
    yield output
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()


async def test_no_log_connects_a_list_with_an_index_or_names_a_credential(
    tmp_path: Path, stream: io.StringIO
) -> None:
    clock = SteppedClock(NOON)
    async with running(tmp_path, clock=clock) as service:
        headers = await service.headers(Role.ISSUER)
        described = await made(service, headers)
        path = f"/v1/status-lists/{described['id']}"
        names = [f"matriculation-{number}" for number in range(30)]
        given = await service.post(f"{path}/entries", {"count": 30, "references": names}, headers)
        found = (await given.json())["entries"]
        later = format_instant(NOON + 10 * SECOND)
        for body in (
            {"status": "revoked", "changes": [{"entry": entry} for entry in found[:5]]},
            {"status": "revoked", "changes": [{"reference": name} for name in names[5:10]]},
            {"status": "revoked", "effective_at": later, "changes": [{"entry": found[20]}]},
            {"status": "active", "changes": [{"entry": found[0]}]},  # refused: it is final
            {"status": "revoked", "changes": [{"index": 131_071}, {"reference": "matriculation-99"}]},
        ):
            for target in (f"{path}/changes", "/v1/status-changes"):
                await service.post(target, body, headers)
        clock.advance(20)
        for query in ("", "?as=token-jwt", f"?timestamp={later}", "?as=nothing"):
            await service.client.get(f"/status-lists/{described['id']}{query}")
        await entries(service, headers, described["id"], 3)
        await service.client.get(f"{path}/changes", headers=headers)
    written = stream.getvalue()
    assert "status-lists/{id}/changes" in written, "nothing was logged, so nothing was tested"
    assert "matriculation" not in written
    indexes = {entry["statusListIndex"] for entry in found}
    for line in written.splitlines():
        numbers = set(re.findall(r"\b\d{3,6}\b", line))
        assert described["id"] not in line or not numbers & indexes
