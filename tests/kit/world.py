"""A small world in memory: a clock that stands still, pages that can be fetched, the real verifier on top."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from did_methods.jwk import DidJwk
from did_methods.key import DidKey
from did_methods.web import DidWeb
from ler_trust.codec.multikey import encode_multikey
from ler_trust.contracts import DidMethod, Engine, Fetched, FetchRequest, StatusFormat, TrustView
from ler_trust.errors import Undecided
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY, Instant, format_instant, parse_date_time_stamp
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.policy import ANY_ISSUER, Policy
from ler_trust.model.report import Report
from ler_trust.model.statement import Registry, Statement, StatementStatus
from ler_trust.model.status import StatusList
from ler_trust.resolve.resolver import CachingResolver
from ler_trust.status.client import StatusListClient
from ler_trust.suites.choice import choose_engine
from ler_trust.suites.signing import LocalSigner, add_proof
from ler_trust.trust.view import RegistryView
from ler_trust.verify.answer import answer_of
from ler_trust.verify.authenticate import Authenticator, Budget
from ler_trust.verify.batch import BatchVerifier, Question
from status_lists.bitstring import BitstringStatusList
from status_lists.onedtech_revocation_list import OneEdTechRevocationList
from status_lists.revocation_list_2020 import RevocationList2020
from status_lists.status_list_2021 import StatusList2021
from status_lists.token_status_list import TokenStatusList
from tests.kit.issuing import CONTEXT_V2, signer

NOW = parse_date_time_stamp("2025-07-01T12:00:00Z")[0]
METHODS: Mapping[str, DidMethod] = {"key": DidKey(), "web": DidWeb(), "jwk": DidJwk()}
FORMATS: Mapping[str, StatusFormat] = {
    "BitstringStatusListEntry": BitstringStatusList(),
    "StatusList2021Entry": StatusList2021(),
    "status_list": TokenStatusList(),
    "RevocationList2020Status": RevocationList2020(),
    "1EdTechRevocationList": OneEdTechRevocationList(),
}
LIST_ENTRIES = 131_072


def engine_under_test() -> Engine:
    """Return the engine that ``LER_TEST_ENGINE`` names, by default the reference engine."""
    name = os.environ.get("LER_TEST_ENGINE", "reference")
    assert name in ("reference", "native"), name
    return choose_engine("native" if name == "native" else "reference", DEFAULT_LIMITS)


@dataclass
class StandingClock:
    """Tells the instant it was set to."""

    instant: Instant = NOW

    def now(self) -> Instant:
        return self.instant


@dataclass
class Pages:
    """A fetcher over pages in memory that counts what is asked for."""

    clock: StandingClock
    pages: dict[str, bytes | Undecided] = field(default_factory=dict)
    requests: list[FetchRequest] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        return [request.url for request in self.requests]

    async def fetch(self, request: FetchRequest) -> Fetched:
        self.requests.append(request)
        page = self.pages.get(request.url, Undecided("fetch.not_found"))
        if isinstance(page, Undecided):
            raise page
        if len(page) > request.max_bytes:
            raise Undecided("fetch.too_large")
        return Fetched(request.url, page, "application/json", self.clock.now())


class World:
    """Issuers, lists, registries and the verifier that looks at them."""

    def __init__(
        self,
        engine: Engine | None = None,
        contexts: Mapping[str, bytes] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.clock = StandingClock()
        self.web = Pages(self.clock)
        self.statements: list[Statement] = []
        self.unchecked: list[Registry] = []
        self.resolver = CachingResolver(self.web, METHODS, self.clock)
        self.authenticator = Authenticator(engine or engine_under_test(), self.resolver, contexts, budget)
        self.lists = StatusListClient(
            self.web,
            self.authenticator.authenticate_lists,
            FORMATS,
            self.clock,
            keys=self.authenticator.list_keys,
        )
        self.verifier = BatchVerifier(self.authenticator, self.lists, self, FORMATS, self.clock)

    async def view(self, tenant: str) -> TrustView:
        """Return the registries as set up (the world is its own ``TrustSource``)."""
        del tenant
        home = Registry("home", "Home registry", "did:web:authority.example.org", 0)
        return RegistryView([home, *self.unchecked], self.statements)

    async def verify(
        self, items: Sequence[bytes], policy: Policy = ANY_ISSUER, at: Instant | None = None
    ) -> list[Report]:
        """Return the pipeline's reports; what is sent to clients says the same, byte for byte."""
        reports = await self.reports(items, policy, at)
        asked = len(self.web.asked)
        known = set(self.web.asked)
        answers = await self.verifier.answers(items, Question("default", policy, at))
        assert answers == [answer_of(report) for report in reports]
        assert known.issuperset(self.web.asked[asked:]), "it asks for more"
        del self.web.requests[asked:]  # a test counts what the first of the two has asked for
        return reports

    async def reports(
        self, items: Sequence[bytes], policy: Policy = ANY_ISSUER, at: Instant | None = None
    ) -> list[Report]:
        """Return the pipeline's reports alone."""
        return await self.verifier.verify(items, Question("default", policy, at))

    async def verify_one(
        self, item: bytes | Mapping[str, Any], policy: Policy = ANY_ISSUER, at: Instant | None = None
    ) -> Report:
        content = item if isinstance(item, bytes) else orjson.dumps(item)
        return (await self.verify([content], policy, at))[0]

    def web_issuer(self, name: str, kind: KeyKind = KeyKind.ED25519) -> LocalSigner:
        """Publish the DID document of a did:web issuer and return its signer."""
        did = f"did:web:{name}.example.org"
        key = signer(kind, name, method=f"{did}#key-1")
        self.publish_document(f"https://{name}.example.org/.well-known/did.json", did, key)
        return key

    def publish_document(self, url: str, identifier: str, key: LocalSigner, **members: Any) -> None:
        """Publish a controlled identifier document that holds ``key`` as ``#key-1``."""
        method = {
            "id": f"{identifier}#key-1",
            "type": "Multikey",
            "controller": identifier,
            "publicKeyMultibase": encode_multikey(key.public_key),
        }
        document = {
            "id": identifier,
            "verificationMethod": [method | members],
            "assertionMethod": [f"{identifier}#key-1"],
        }
        self.web.pages[url] = orjson.dumps(document)

    def recognise(self, entity: str, **members: Any) -> None:
        """Put a statement about ``entity`` on record."""
        number = len(self.statements) + 1
        defaults: dict[str, Any] = {
            "id": f"statement-{entity}",
            "registry": "home",
            "authority": "did:web:authority.example.org",
            "entity": entity,
            "name": "Name from the registry",
            "types": (),
            "jurisdiction": None,
            "status": StatementStatus.ACTIVE,
            "effective_from": 0,
            "effective_until": None,
            "pinned_keys": (),
            "sequence": number,
            "recorded_at": NOW - DAY,
        }
        self.statements.append(Statement(**(defaults | members)))

    def publish_list(
        self,
        url: str,
        key: LocalSigner,
        *set_indices: int,
        purpose: str = "revocation",
        entries: int = LIST_ENTRIES,
        until: Instant = NOW + DAY,
        **members: Any,
    ) -> dict[str, Any]:
        """Publish a signed list with the given entries set, and return its credential."""
        bits = bytearray(entries // 8)
        for index in set_indices:
            bits[index // 8] |= 0x80 >> index % 8
        subject = BitstringStatusList().encode(
            StatusList("BitstringStatusListEntry", (purpose,), bytes(bits), None)
        )
        unsigned = {
            "@context": [CONTEXT_V2],
            "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": key.issuer,
            "validFrom": format_instant(NOW - DAY),
            "validUntil": format_instant(until),
            "credentialSubject": {"id": f"{url}#list", **subject},
        }
        signed = add_proof(unsigned | members, key, "eddsa-rdfc-2022", created=NOW - DAY)
        self.web.pages[url] = orjson.dumps(signed)
        return signed


def entry(url: str, index: int | str, purpose: str = "revocation", **members: Any) -> dict[str, Any]:
    """Return a ``credentialStatus`` entry."""
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
        **members,
    }
