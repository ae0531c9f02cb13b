"""Batches: order, isolation, each thing once."""

from collections.abc import Sequence
from threading import Event

import orjson

from ler_trust.contracts import Outcomes, Surveys
from ler_trust.model.engine import Material
from ler_trust.model.instant import DAY
from ler_trust.model.policy import DEFAULT
from ler_trust.model.report import Outcome
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.signing import add_proof, sign_vc_jose
from tests.kit.issuing import badge, signer
from tests.kit.world import NOW, World, entry


class CountingEngine:
    """The reference engine, noting how many items it was given at a time."""

    name = "counting"

    def __init__(self) -> None:
        self.checked: list[int] = []
        self._engine = ReferenceEngine()

    def survey(self, items: Sequence[bytes]) -> Surveys:
        return self._engine.survey(items)

    def authenticate(
        self,
        items: Sequence[bytes],
        material: Material,
        *,
        documents: bool = False,
        stop: Event | None = None,
        scope: str | None = None,
    ) -> Outcomes:
        self.checked.append(len(items))
        return self._engine.authenticate(items, material, documents=documents, stop=stop, scope=scope)


async def test_one_credential_ten_thousand_times_is_verified_once() -> None:
    engine = CountingEngine()
    world = World(engine)
    item = orjson.dumps(add_proof(badge(signer().issuer), signer(), "eddsa-jcs-2022", created=NOW - DAY))
    reports = await world.verify([item] * 10_000)
    assert len(reports) == 10_000
    assert {report.outcome for report in reports} == {Outcome.VALID}
    assert set(engine.checked) == {1}


async def test_forty_issuers_and_twelve_lists_cost_fifty_two_fetches() -> None:
    world = World()
    issuers = [world.web_issuer(f"school-{number}") for number in range(40)]
    lists = [f"https://lists.example.org/{number}" for number in range(12)]
    for number, url in enumerate(lists):
        world.publish_list(url, issuers[number], number)
    items = []
    for number in range(400):
        issuer = issuers[number % 40]
        status = entry(lists[number % 12], 5_000 + number)
        document = badge(issuer.issuer, number, credentialStatus=status)
        items.append(sign_vc_jose(document, issuer).encode())
    reports = await world.verify(items)
    assert {report.outcome for report in reports} == {Outcome.VALID}
    assert len(world.web.asked) == 52
    assert len(set(world.web.asked)) == 52


async def test_a_bad_item_keeps_its_place_and_harms_nobody() -> None:
    world = World()
    good = orjson.dumps(add_proof(badge(signer().issuer), signer(), "eddsa-jcs-2022", created=NOW - DAY))
    bad = [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"a":1,"a":2}',
        b"e30.e30.e30",
    ]
    reports = await world.verify([part for item in bad for part in (item, good)])
    assert [report.outcome for report in reports[1::2]] == [Outcome.VALID] * len(bad)
    for item, report in zip(bad, reports[::2], strict=True):
        assert report.outcome is not Outcome.VALID, item
        assert report.reason is not None
        assert report.checks[0].check in {"format", "proof"}


async def test_an_empty_batch_is_an_empty_answer() -> None:
    assert await World().verify([]) == []


async def test_endorsements_are_judged_as_children() -> None:
    world = World()
    school, endorser = world.web_issuer("school"), world.web_issuer("endorser")
    world.recognise(school.issuer)
    endorsement = {
        "@context": badge("")["@context"],
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "id": "urn:uuid:00000000-0000-4000-8000-000000000099",
        "name": "Endorsement",
        "issuer": {"id": endorser.issuer, "type": ["Profile"]},
        "validFrom": "2025-01-01T00:00:00Z",
        "credentialSubject": {"id": school.issuer, "type": ["EndorsementSubject"]},
    }
    inner = add_proof(endorsement, endorser, "eddsa-rdfc-2022", created=NOW - DAY)
    document = add_proof(
        badge(school.issuer, endorsement=[inner]), school, "eddsa-jcs-2022", created=NOW - DAY
    )
    report = await world.verify_one(document, DEFAULT)
    assert report.outcome is Outcome.VALID
    assert [(child.pointer, child.outcome, child.reason) for child in report.children] == [
        ("/endorsement/0", Outcome.INDETERMINATE, "issuer.not_recognised")
    ]
    assert "embedded.undecided" in [check.code for check in report.checks]
