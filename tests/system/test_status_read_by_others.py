"""What a running service publishes is believed and read by libraries that are not this project's.

Each list in every form, whoever signs it, and whole records with their status: the digests, signatures and
bits are theirs. The service is a process of its own, reached over HTTP.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from ler_trust.config import load_settings
from ler_trust.contracts import Signer
from ler_trust.model.instant import DAY, Instant
from ler_trust.service import open_service
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.command_line import Served, serving
from tests.kit.issuing import CONTEXT_V1, CONTEXT_V2, DATA_INTEGRITY, OPEN_BADGES, badge
from tests.kit.node_libraries import read

PUBLIC: Final = "https://trust.example.org"
LENGTH: Final = 131_072
RECORDS: Final = 40  # in each list
STATUS_2021: Final = "https://w3id.org/vc/status-list/2021/v1"
AS_2021: Final = "application/vc;type=StatusList2021Credential"
KINDS: Final = {"ed25519": "Ed25519", "p256": "P-256", "p384": "P-384"}
ISSUERS: Final = [f"{method}-{kind}" for method in ("web", "key") for kind in KINDS]
RDFC: Final = {"ed25519": "eddsa-rdfc-2022", "p256": "ecdsa-rdfc-2019", "p384": "ecdsa-rdfc-2019"}
JCS: Final = {"ed25519": "eddsa-jcs-2022", "p256": "ecdsa-jcs-2019", "p384": "ecdsa-jcs-2019"}
FORMS: Final = ["rdfc", "jcs", "vc-jwt", "2021", "token", "cwt"]
REVOKED, SUSPENDED, REINSTATED = range(1, 13), range(11, 20), range(17, 20)  # of the records, by number
FATES: Final = {0: "clear", 1: "revoked", 12: "both", 16: "suspended", 17: "reinstated"}
SHOWS: Final = {  # what the libraries find set: for revocation, for suspension
    "clear": [False, False],
    "revoked": [True, False],
    "both": [True, True],
    "suspended": [False, True],
    "reinstated": [False, False],
}


def kind_of(issuer: str) -> str:
    return issuer.partition("-")[2]


def accepted(form: str, kind: str) -> str:
    """Return the media type by which a form is asked for."""
    return {
        "rdfc": "application/vc",
        "jcs": f"application/vc;cryptosuite={JCS[kind]}",
        "vc-jwt": "application/vc+jwt",
        "2021": AS_2021,
        "token": "application/statuslist+jwt",
        "cwt": "application/statuslist+cwt",
    }[form]


@dataclass
class Office:
    """An issuer's own notes: its key, its lists by purpose, and the entries of its records."""

    key: str
    did: str
    method: str
    urls: dict[str, str] = field(default_factory=dict)
    entries: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def places(self, purpose: str, records: Iterable[int]) -> set[str]:
        """Return the indexes of ``records`` in the list of ``purpose``."""
        return {self.entries[purpose][number]["statusListIndex"] for number in records}


@dataclass
class Readings:
    """What the libraries say before and after the changes, by the name of the question."""

    offices: dict[str, Office]
    before: dict[str, Any]
    after: dict[str, Any]


def open_office(service: Served, issuer: str) -> Office:
    name = {"name": issuer} if issuer.startswith("web") else {}
    key = service.call("POST", "/v1/signing-keys", {"kind": KINDS[kind_of(issuer)], **name})
    office = Office(key["id"], key["issuer"], key["method"])
    for purpose in ("revocation", "suspension"):
        asked = {"purpose": purpose, "signing_key": office.key}
        made = service.call("POST", "/v1/status-lists", asked)
        office.urls[purpose] = made["url"]
        path = f"/v1/status-lists/{made['id']}/entries"
        office.entries[purpose] = service.call("POST", path, {"count": RECORDS})["entries"]
    return office


def change(service: Served, office: Office) -> None:
    for purpose, status, records in (
        ("revocation", "revoked", REVOKED),
        ("suspension", "suspended", SUSPENDED),
        ("suspension", "active", REINSTATED),
    ):
        changes = [{"entry": office.entries[purpose][number]} for number in records]
        service.call("POST", "/v1/status-changes", {"status": status, "changes": changes})


def record(office: Office, number: int, signer: Signer, suite: str, at: Instant) -> dict[str, Any]:
    """Return an Open Badge with its entries for revocation and suspension."""
    entries = [office.entries[purpose][number] for purpose in office.entries]
    contexts = {"@context": [CONTEXT_V2, OPEN_BADGES], "credentialStatus": entries}
    return add_proof(badge(office.did, number) | contexts, signer, suite, created=at)


def record_2021(office: Office, number: int, signer: Signer, suite: str, at: Instant) -> dict[str, Any]:
    """Return an Open Badge of the older data model, with entries as StatusList2021 has them."""
    entries = [
        {**office.entries[purpose][number], "type": "StatusList2021Entry"} for purpose in office.entries
    ]
    contexts = {
        "@context": [CONTEXT_V1, OPEN_BADGES, STATUS_2021, DATA_INTEGRITY],
        "credentialStatus": entries,
    }
    return add_proof(badge(office.did, number, version="1.1") | contexts, signer, suite, created=at)


async def questions(folder: Path, offices: dict[str, Office]) -> dict[str, dict[str, Any]]:
    """Return a question for each list in each form, and for some records of each issuer."""
    asked: dict[str, dict[str, Any]] = {}
    settings = load_settings(data_folder=folder, public_base_url=PUBLIC)
    async with open_service(settings) as service:
        issued = service.clock.now() - DAY
        for issuer, office in offices.items():
            kind = kind_of(issuer)
            signer = await service.issuers.tenant_signer("default", office.key)
            assert isinstance(signer, LocalSigner)
            for purpose, url in office.urls.items():
                for form in FORMS:
                    asked[f"{issuer} {purpose} {form}"] = {"list": url, "accept": accepted(form, kind)}
            for number in FATES:
                for form, write, suite in (
                    ("rdfc", record, RDFC[kind]),
                    ("jcs", record, JCS[kind]),
                    ("2021", record_2021, RDFC[kind]),
                ):
                    written = write(office, number, signer, suite, issued)
                    asked[f"{issuer} {number} {form}"] = {"record": written, "accept": accepted(form, kind)}
            written = record(office, 0, signer, RDFC[kind], issued) | {"name": "Neurosurgery"}
            asked[f"{issuer} altered"] = {"record": written, "accept": accepted("rdfc", kind)}
    return asked


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readings]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, LER_TRUST_PUBLIC_BASE_URL=PUBLIC) as service:
        offices = {issuer: open_office(service, issuer) for issuer in ISSUERS}
        asked = asyncio.run(questions(folder, offices))
        before = read(PUBLIC, service.url, asked, folder)
        for office in offices.values():
            change(service, office)
        yield Readings(offices, before, read(PUBLIC, service.url, asked, folder))


def expected(readings: Readings, issuer: str, purpose: str, form: str) -> dict[str, Any]:
    """Return what is to be read of a list beside its entries."""
    office, kind = readings.offices[issuer], kind_of(issuer)
    url = office.urls[purpose]
    if form in ("token", "cwt"):
        own = {"issuer": office.did} if form == "token" else {"typ": "application/statuslist+cwt"}
        bits = 1 if purpose == "revocation" else 2
        aggregation = f"{PUBLIC}/status-list-aggregations/default"
        common = {"kid": office.method, "sub": url, "ttl": 300, "bits": bits, "all": aggregation}
        return own | common | {"length": LENGTH}
    own = {"vc-jwt": {"kid": office.method}, "jcs": {"suite": JCS[kind]}}.get(form, {"suite": RDFC[kind]})
    return own | {"issuer": office.did, "purpose": purpose, "length": LENGTH}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
@pytest.mark.parametrize("issuer", ISSUERS)
def test_list_says_what_was_changed_and_nothing_else(
    readings: Readings, issuer: str, purpose: str, form: str
) -> None:
    name = f"{issuer} {purpose} {form}"
    before, after = readings.before[name], readings.after[name]
    assert "error" not in before, before
    assert before["set"] == {}
    about = expected(readings, issuer, purpose, form)
    assert {key: after.get(key) for key in about} == about, after
    changed = set(REVOKED) if purpose == "revocation" else set(SUSPENDED) - set(REINSTATED)
    value = 2 if purpose == "suspension" and form in ("token", "cwt") else 1
    assert after["set"] == dict.fromkeys(readings.offices[issuer].places(purpose, changed), value)


@pytest.mark.parametrize("form", ["rdfc", "jcs", "2021"])
@pytest.mark.parametrize("issuer", ISSUERS)
def test_whole_record_is_valid_until_it_is_revoked_or_suspended(
    readings: Readings, issuer: str, form: str
) -> None:
    for number, fate in FATES.items():
        name = f"{issuer} {number} {form}"
        before, after = readings.before[name], readings.after[name]
        assert before == {"valid": True, "statuses": [False, False]}, name
        assert (after["valid"], after["statuses"]) == (not any(SHOWS[fate]), SHOWS[fate]), name
        assert "error" not in after, after


@pytest.mark.parametrize("issuer", ISSUERS)
def test_record_that_was_altered_is_found_out(readings: Readings, issuer: str) -> None:
    """The libraries do verify: what holds above would not hold for anything."""
    answer = readings.after[f"{issuer} altered"]
    assert (answer["valid"], answer["statuses"]) == (False, [])
    assert "signature" in answer["error"].lower()
