"""What a published list and its changes tell about who was issued a credential when: nothing.

The statistics are of fixed secrets, so they come out the same every time; each bound is one that a true
random order passes but for one time in ten thousand or more.
"""

import io
import logging
import re
import secrets
from collections.abc import Iterator, Sequence
from hashlib import sha256, shake_256
from itertools import count, pairwise
from math import sqrt
from pathlib import Path

import pytest
import structlog

from ler_trust.model.instant import SECOND, format_instant
from ler_trust.model.records import Role
from ler_trust.observe import log
from ler_trust.status.permutation import Permutation
from tests.kit.clock import SteppedClock
from tests.kit.running_service import NOON, Running, running
from tests.unit.web.test_web_status_lists import bits, entries, made

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


# ── What is published ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the service's secrets come out the same every time."""
    numbers = count()
    monkeypatch.setattr(secrets, "token_bytes", lambda size: shake_256(b"%d" % next(numbers)).digest(size))


async def set_in(service: Running, list_id: str) -> set[int]:
    """Return the entries that are set in the list as it is published."""
    published = enumerate(await bits(service, list_id))
    return {8 * at + place for at, byte in published if byte for place in range(8) if byte & 0x80 >> place}


async def test_what_is_published_shows_no_order_of_issuing(tmp_path: Path, chosen: None) -> None:
    """Classes of three hundred are issued one after the other and revoked as they were issued.

    Whoever keeps every version that was published sees which entries each class has, and no more: they lie as
    any three hundred would, wherever the class comes in the order.
    """
    classes: list[set[int]] = []
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        issued = [await entries(service, headers, list_id, 300) for _ in range(20)]
        known: set[int] = set()
        for each in issued:
            body = {"status": "revoked", "changes": [{"entry": entry} for entry in each]}
            changed = await service.post(f"/v1/status-lists/{list_id}/changes", body, headers)
            assert changed.status == 200
            now = await set_in(service, list_id)
            classes.append(now - known)
            known = now
    assert [len(each) for each in classes] == [300] * 20
    assert [set(each) for each in classes] == [
        {int(entry["statusListIndex"]) for entry in each} for each in issued
    ]
    assert chi_square_is_plain(
        [[sum(index * 16 // LENGTH == part for index in each) for part in range(16)] for each in classes]
    )
    together = sum(index + 1 in each for each in classes for index in each)
    assert together <= 28  # of 6,000 pairs by chance: 13.7, and 28 once in two thousand
    later = sum(min(after) > max(before) for before, after in pairwise(classes))
    assert later == 0


async def test_issuing_is_not_to_be_seen(tmp_path: Path) -> None:
    """A list shows neither that entries were allocated nor how many."""
    async with running(tmp_path) as service:
        headers = await service.headers(Role.ISSUER)
        list_id = (await made(service, headers))["id"]
        forms = ("credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt")

        async def published() -> list[tuple[str, bytes]]:
            answers = [await service.client.get(f"/status-lists/{list_id}?as={form}") for form in forms]
            return [(answer.headers["ETag"], await answer.read()) for answer in answers]

        before = await published()
        await entries(service, headers, list_id, 5_000)
        assert await published() == before
        document = await (await service.client.get("/status-list-aggregations/default")).text()
        assert "5000" not in document


async def test_issuing_chooses_among_open_lists_by_chance(tmp_path: Path) -> None:
    """No list is filled before the next: that a record is in one tells nothing of when it was issued."""
    async with running(tmp_path, lists={"open_lists": 3}) as service:
        headers = await service.headers(Role.ISSUER)
        await made(service, headers)
        body = {"purpose": "revocation", "count": 600}
        given = await (await service.post("/v1/status-entries", body, headers)).json()
        lists = [entry["statusListCredential"] for entry in given["entries"]]
        again = await (await service.post("/v1/status-entries", body, headers)).json()
        lists += [entry["statusListCredential"] for entry in again["entries"]]
    assert len(set(lists)) == 3
    assert all(lists.count(each) > 250 for each in set(lists))


# ── What is logged: see also test_status_privacy_of_logs ────────────────────────────────────────────


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
