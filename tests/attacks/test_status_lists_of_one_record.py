"""Lists of full size that serve one record: asking for one tells its host who is checked."""

import pytest

from ler_trust.model.instant import DAY
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import CheckOutcome, CheckResult
from ler_trust.suites.choice import choose_engine
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.issuing import badge
from tests.kit.world import NOW, World, entry

UUID = "0b9f3c1e-7c44-4d2a-9d0c-3a5f8e2f6a11"


@pytest.fixture(params=["reference", "auto"])
def world(request: pytest.FixtureRequest) -> World:
    """Return a world in which ``verify`` holds the answers of plain records against the pipeline's."""
    return World(choose_engine(request.param, DEFAULT_LIMITS))


@pytest.fixture
def school(world: World) -> LocalSigner:
    key = world.web_issuer("school")
    world.recognise(key.issuer)
    return key


async def judged(world: World, school: LocalSigner, record: str, url: str, index: int = 5) -> CheckResult:
    world.publish_list(url, school, 7)
    document = badge(school.issuer, id=record, credentialStatus=entry(url, index))
    report = await world.verify_one(add_proof(document, school, "eddsa-jcs-2022", created=NOW - DAY), DEFAULT)
    [check] = [check for check in report.checks if check.check == "status"]
    return check


@pytest.mark.parametrize(
    ("record", "url"),
    [
        (f"urn:uuid:{UUID}", f"https://lists.example.org/{UUID}"),
        (f"urn:uuid:{UUID}", f"https://lists.example.org/status?credential={UUID}"),
        (f"https://school.example.org/credentials/{UUID}", f"https://lists.example.org/{UUID}.json"),
        (f"https://school.example.org/credentials/{UUID}/", f"https://lists.example.org/x/{UUID}/status"),
        (f"https://school.example.org/credentials/{UUID}#vc", f"https://lists.example.org/x/{UUID}"),
        ("https://school.example.org/assertions?id=8f14e4", "https://lists.example.org/list-8f14e4"),
        ("urn:x:240617", "https://lists.example.org/9240617/240617"),
    ],
)
async def test_list_is_named_after_the_record(
    world: World, school: LocalSigner, record: str, url: str
) -> None:
    check = await judged(world, school, record, url)
    assert (check.outcome, check.code) == (CheckOutcome.WARNING, "status.list_tracking")
    revoked = await judged(world, school, record, url, 7)
    assert (revoked.outcome, revoked.code) == (CheckOutcome.FAIL, "status.revoked")
    assert "names the record" in (revoked.detail or "")


@pytest.mark.parametrize(
    ("record", "url"),
    [
        (f"urn:uuid:{UUID}", "https://lists.example.org/1"),
        ("https://school.example.org/credentials/graduation", "https://lists.example.org/graduation"),
        ("https://school.example.org/credentials/2024", "https://lists.example.org/2024"),
        ("https://school.example.org/credentials/240617", "https://lists.example.org/9240617"),
        ("https://school.example.org/credentials/240617", "https://240617.lists.example.org/1"),
        ("https://school.example.org/credentials/240617", "https://lists.example.org/240617a/a240617"),
    ],
)
async def test_shared_list_is_not_taken_for_one(
    world: World, school: LocalSigner, record: str, url: str
) -> None:
    check = await judged(world, school, record, url)
    assert (check.outcome, check.code) == (CheckOutcome.PASS, None)


async def test_names_that_are_hostile_cost_nothing(world: World, school: LocalSigner) -> None:
    record = "urn:x:" + "1(" * 20_000
    check = await judged(world, school, record, "https://lists.example.org/" + "1(" * 900)
    assert check.outcome is CheckOutcome.PASS
    check = await judged(world, school, "urn:x:1" + "1" * 6, "https://lists.example.org/" + "1" * 1_900)
    assert check.outcome is CheckOutcome.PASS
