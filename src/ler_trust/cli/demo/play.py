"""The demonstration itself: whatever a client can do is done over HTTP, by a client with just that right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ler_trust.cli.demo.badges import BADGE_TYPE, Badge, Pen, issue
from ler_trust.cli.demo.client import Client
from ler_trust.cli.demo.plan import ROLES, Planned, Role
from ler_trust.cli.demo.status_desk import StatusDesk
from ler_trust.cli.demo.tally import Finding
from ler_trust.contracts import Signer
from ler_trust.issuers import IssuerKeys
from ler_trust.model import records
from ler_trust.model.instant import Instant
from ler_trust.model.report import Outcome
from ler_trust.suites.signing import LocalSigner

_REGISTRY: Final = "example-workforce-board"
_SINCE: Final = "2020-01-01T00:00:00Z"  # before any badge says it was issued


@dataclass(frozen=True, slots=True)
class Clients:
    """The three parties that call the service, each with an API key that allows what it does."""

    issuer: Client
    governor: Client
    verifier: Client


@dataclass(frozen=True, slots=True)
class Issuer:
    """What an issuer signs with, and the desk where its badges' status is kept, if it has one."""

    signer: Signer
    desk: StatusDesk | None


async def admit(session: ClientSession, address: str, admin_token: str) -> Clients:
    """Have the administrator make an API key for each party."""
    admin = Client(session, address, admin_token)

    async def admitted(role: records.Role) -> Client:
        answer = await admin.post(
            "/v1/api-keys", {"roles": [role.value], "label": f"demonstration {role.value}"}
        )
        return Client(session, address, answer["token"])

    return Clients(
        await admitted(records.Role.ISSUER),
        await admitted(records.Role.GOVERNOR),
        await admitted(records.Role.VERIFIER),
    )


async def found_issuers(client: Client, keys: IssuerKeys, plan: Sequence[Planned]) -> Mapping[Role, Issuer]:
    """Set the issuers up: those to be registered with keys and lists at the service, the other on its own."""
    return {role: await _found(client, keys, role, plan) for role in ROLES}


async def _found(client: Client, keys: IssuerKeys, role: Role, plan: Sequence[Planned]) -> Issuer:
    if not role.registered:
        return Issuer(LocalSigner(Ed25519PrivateKey.generate()), None)
    name = role.title.lower().replace(" ", "-") if role.hosted else None
    key = await client.post("/v1/signing-keys", {"kind": role.kind.value, "name": name})
    own = [planned for planned in plan if planned.role is role]
    desk = await StatusDesk.open(client, key["id"], own)
    # The service signs lists with this key; the badges are signed with it here, as no route issues any.
    return Issuer(await keys.signer(key["id"]), desk)


async def register(governor: Client, issuers: Mapping[Role, Issuer]) -> None:
    """Have the governance body recognise the issuers that are to be registered."""
    board = {"id": _REGISTRY, "name": "Example Workforce Board", "authority": "https://board.example.org/"}
    await governor.post("/v1/registries", board)
    for role, issuer in issuers.items():
        if role.registered:
            statement = {
                "entity": issuer.signer.issuer,
                "name": role.title,
                "types": [BADGE_TYPE],
                "effective_from": _SINCE,
                "reason": "accredited for the demonstration",
            }
            await governor.post(f"/v1/registries/{quote(_REGISTRY)}/statements", statement)


def issue_all(plan: Sequence[Planned], issuers: Mapping[Role, Issuer], now: Instant) -> list[Badge]:
    """Return the badges of the plan, signed, in its order."""
    return [_issue(planned, issuers[planned.role], now) for planned in plan]


def _issue(planned: Planned, issuer: Issuer, now: Instant) -> Badge:
    entries = () if issuer.desk is None else issuer.desk.entries(planned)
    return issue(planned, Pen(issuer.signer, now), entries)


async def change_status(plan: Sequence[Planned], issuers: Mapping[Role, Issuer]) -> None:
    """Revoke and suspend what the plan says."""
    for role, issuer in issuers.items():
        if issuer.desk is not None:
            await issuer.desk.change([planned for planned in plan if planned.role is role])


def request_lines(plan: Sequence[Planned], badges: Sequence[Badge]) -> list[bytes]:
    """Return the request to verify the badges, a line each."""
    return [
        orjson.dumps({"id": planned.id, "credential": badge})
        for planned, badge in zip(plan, badges, strict=True)
    ]


async def verify(verifier: Client, lines: Sequence[bytes]) -> list[Finding]:
    """Verify all lines in one request and return the findings in the order of the answers."""
    answers = [answer async for answer in verifier.stream("/v1/verify", lines)]
    return [_finding(answer) for answer in answers if "outcome" in answer]


def _finding(answer: Mapping[str, Any]) -> Finding:
    return Finding(answer["id"], Outcome(answer["outcome"]), answer["reason"])
