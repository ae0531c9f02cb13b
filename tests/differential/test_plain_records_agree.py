"""What the engine puts together for plain records is what the pipeline says of each of them, byte for byte.

``World.verify`` holds every answer against the pipeline's report. Here chance makes issuers, lists,
statements and records; ``LER_DIFFERENTIAL_CASES`` sets how many records, ``LER_DIFFERENTIAL_SEED`` which.
"""

import os
from collections import Counter
from random import Random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from ler_trust.contracts import Outcomes, TrustView
from ler_trust.errors import Failure, Undecided
from ler_trust.model.instant import DAY, MINUTE, SECOND, Instant, format_instant
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, PROOF_ONLY, AuthorisedWhen, Policy
from ler_trust.model.report import Outcome
from ler_trust.model.statement import Registry, StatementStatus
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose, sign_vc_jwt
from tests.differential.comparison import native_engine
from tests.kit.issuing import badge, signer
from tests.kit.world import NOW, World, entry

CASES = int(os.environ.get("LER_DIFFERENTIAL_CASES", "3000"))
SEED = int(os.environ.get("LER_DIFFERENTIAL_SEED", "1"))
BATCH = 150
ISSUERS = 6
POLICIES = (
    DEFAULT,
    ANY_ISSUER,
    PROOF_ONLY,
    Policy("now", 1, "", authorised_when=AuthorisedWhen.NOW, clock_skew=0),
    Policy("both", 1, "", authorised_when=AuthorisedWhen.BOTH, jurisdiction="US-CA", stale_list_grace=86_400),
    Policy("dates", 1, "", status=False, issuer=False),
    Policy("unreported", 1, "", validity=False, status=False, report_unrequired=False),
    Policy("elsewhere", 1, "", registries=("home", "nowhere"), min_list_entries=1),
)


class Countryside(World):
    """A world of chance: who is recognised, when and for what, and what the lists are like."""

    def __init__(self, chance: Random) -> None:
        super().__init__(native_engine())
        self._view: TrustView | None = None
        self.chance = chance
        self.issuers = [self.web_issuer(f"college-{number}") for number in range(ISSUERS)]
        self.issuers.append(signer(name="by-key"))
        self.urls = [f"https://lists.example.org/{number}" for number in range(2 * ISSUERS)]
        for url in self.urls:
            self._publish(url)
        for issuer in self.issuers:
            for _ in range(chance.randrange(4)):
                self._state(issuer.issuer)
        if chance.random() < 0.2:
            late = Failure(False, "issuer.registry_unreachable", "old", retryable=True)
            self.unchecked.append(Registry("far", "Far", "did:web:far.example.org", 1, unchecked=late))

    async def view(self, tenant: str) -> TrustView:
        """Return the same view every time, as a service does while nothing changes in its registries."""
        if self._view is None:
            self._view = await super().view(tenant)
        return self._view

    def change(self) -> None:
        """Let time pass; perhaps so much, or so much else, that what was said before holds no more."""
        self.clock.instant += self.chance.choice((0, SECOND, 11 * SECOND, 20 * MINUTE))
        if self.chance.random() < 0.5:
            for url in self.urls:
                self._publish(url)
        if self.chance.random() < 0.3:
            self._state(self.chance.choice(self.issuers).issuer)
            self._view = None

    def _publish(self, url: str) -> None:
        chance, by = self.chance, self.chance.choice(self.issuers)
        purpose = chance.choice(("revocation", "revocation", "suspension", "message", "refresh"))
        set_indices = [chance.randrange(2_000) for _ in range(1_000)]
        entries = chance.choice((131_072, 131_072, 131_072, 100_000, 4_096))
        until = NOW + chance.choice((DAY, DAY, 5 * SECOND, -10 * SECOND, -DAY))
        self.publish_list(url, by, *set_indices, purpose=purpose, entries=entries, until=until)
        if chance.random() < 0.1:
            self.web.pages[url] = Undecided("fetch.unreachable", "nobody", retryable=True)

    def _state(self, entity: str) -> None:
        chance = self.chance
        self.recognise(
            entity,
            id=f"statement-{entity}-{chance.randrange(2)}",
            types=chance.choice(((), ("OpenBadgeCredential",), ("AchievementCredential",))),
            jurisdiction=chance.choice((None, "US", "FR")),
            status=chance.choice((StatementStatus.ACTIVE, StatementStatus.ACTIVE, *StatementStatus)),
            effective_from=NOW - chance.randrange(10) * DAY,
            effective_until=chance.choice((None, None, NOW - 2 * DAY, NOW + DAY)),
        )

    def record(self, number: int) -> bytes:
        """Return a signed record: most of them plain, each with something that some are not."""
        chance = self.chance
        by = chance.choice(self.issuers)
        members = self._members(by)
        version = chance.choice(("2.0", "2.0", "1.1"))
        document = badge(by.issuer, number, version=version, **members)
        if chance.random() < 0.1:
            document["type"] = chance.choice((["VerifiableCredential"], ["VerifiableCredential", "Été"]))
        created = NOW - chance.randrange(12) * DAY - chance.randrange(3)
        return self._secured(document, by, version, created)

    def _members(self, by: LocalSigner) -> dict[str, Any]:
        chance = self.chance
        members: dict[str, Any] = {}
        status = [self._entry(by) for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 3, 6)))]
        if status:
            members["credentialStatus"] = status[0] if len(status) == 1 else status
        if chance.random() < 0.3:
            ends = (NOW + DAY, NOW + 9_000 * 365 * DAY, NOW - DAY, NOW - 60 * SECOND)
            members["validUntil"] = format_instant(chance.choice(ends))
        if chance.random() < 0.2:
            members["validFrom"] = chance.choice(
                (
                    "2024-12-31T24:00:00Z",
                    "2025-01-01T00:00:00",
                    format_instant(NOW + 60 * MINUTE),
                    "soon",
                    None,
                )
            )
        if chance.random() < 0.2:
            schema = {"id": "https://example.org/schema.json", "type": "1EdTechJsonSchemaValidator2019"}
            members["credentialSchema"] = chance.choice((schema, [schema, schema | {"type": 'A"B\\'}]))
        if chance.random() < 0.05:
            members["id"] = chance.choice((*self.urls, "urn:uuid:x", "no url"))
        return members

    def _entry(self, by: LocalSigner) -> dict[str, Any]:
        chance = self.chance
        own = [url for url in self.urls if chance.random() < 0.7] or self.urls
        index: int | str = chance.choice((chance.randrange(2_000), chance.randrange(140_000)))
        if chance.random() < 0.05:
            index = chance.choice(("-1", "01", "9" * 17, "9" * 30, "4095", "4096", "131071", "131072", ""))
        purpose = chance.choice(("revocation", "revocation", "suspension", "message", "x" * 70))
        made = entry(chance.choice(own), index, purpose)
        if chance.random() < 0.15:
            made |= chance.choice(
                (
                    {"type": "StatusList2021Entry"},
                    {"type": ["BitstringStatusListEntry"]},
                    {"type": "RevocationList2020Status"},
                    {"statusSize": 2},
                    {"statusReference": "https://example.org/why"},
                    {"statusListCredential": made["statusListCredential"] + "#1"},
                    {"id": made["statusListCredential"]},
                    {"statusListCredential": "lists"},
                    {"statusListIndex": 7},
                )
            )
        if chance.random() < 0.1:
            del made["id"]
        return made

    def _secured(self, document: dict[str, Any], by: LocalSigner, version: str, created: Instant) -> bytes:
        chance = self.chance
        form = chance.choice(("proof", "proof", "proof", "jose", "jwt"))
        document = {name: value for name, value in document.items() if value is not None}
        if form == "proof" or document.get("validFrom") == "soon":
            made = add_proof(document, by, "eddsa-jcs-2022", created=created)
            if chance.random() < 0.1:
                made["name"] = "changed afterwards"
            return orjson.dumps(made)
        if form == "jose" and version == "2.0":
            return sign_vc_jose(document, by, issued=created).encode()
        return sign_vc_jwt(document, by).encode()


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
async def test_answers_are_the_pipelines_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(SEED)  # noqa: S311 - the same cases again is the point
    outcomes: Counter[Outcome] = Counter()
    plain = 0
    for _ in range(-(-CASES // BATCH)):
        world = Countryside(chance)
        plain_here = _count_plain(world, monkeypatch)
        items = [world.record(number) for number in range(BATCH)]
        policies = chance.sample(POLICIES, 3)
        for at in (None, NOW - DAY, None, NOW + 2 * DAY, NOW - 5 * DAY):
            for policy in policies:
                reports = await world.verify(items, policy, at)
                outcomes.update(report.outcome for report in reports)
            world.change()
        plain += sum(plain_here)
    assert all(outcomes[outcome] > 0 for outcome in Outcome)
    assert plain > 5 * CASES  # of fifteen times as many answers: the test is about the engine's


def _count_plain(world: World, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every batch adds how many of its records were plain."""
    counts: list[int] = []
    real = world.authenticator.authenticate

    async def counted(*args: Any, **named: Any) -> Any:
        wave = await real(*args, **named)
        return SimpleNamespace(outcomes=_Counted(wave.outcomes, counts), documents=wave.documents)

    monkeypatch.setattr(world.authenticator, "authenticate", counted)
    return counts


class _Counted:
    """Outcomes that note how many of them were plain."""

    def __init__(self, outcomes: Outcomes, counts: list[int]) -> None:
        self._outcomes = outcomes
        self._counts = counts

    def __len__(self) -> int:
        return len(self._outcomes)

    def __getitem__(self, place: int) -> Any:
        return self._outcomes[place]

    def plain(self, *args: Any) -> Any:
        found = self._outcomes.plain(*args)
        assert found is not None
        self._counts.append(len(self._outcomes) - len(found.rest))
        return found
