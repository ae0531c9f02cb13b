"""Whether the service lives, is ready, and how it fares."""

from typing import Final, Literal

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field

from ler_trust.errors import Undecided
from ler_trust.service import Service
from ler_trust.web.answers import json_answer
from ler_trust.web.fields import Answer
from ler_trust.web.keys import METRICS, SERVICE
from ler_trust.web.operation import Operation
from ler_trust.web.publishing import awaited_signatures, publication_age


class Life(Answer):
    """The service's process answers."""

    status: Literal["alive"] = "alive"


class Awaited(Answer):
    """Lists that wait for their issuers' signatures."""

    code: Literal["request.not_signed"] = "request.not_signed"
    lists: int = Field(description="How many lists.")
    seconds: float = Field(description="How long the one that has waited longest has.")


class Readiness(Answer):
    """What the service works with; `degraded` names everything that is not as it should be in production."""

    status: Literal["ready", "degraded", "unavailable"]
    engine: str
    database: Literal["ok", "unreachable"]
    did_methods: list[str]
    status_formats: list[str]
    development_hosts: list[str]
    degraded: list[str]
    awaited: Awaited | None = Field(
        default=None,
        description="What waits for issuers that sign themselves, which is no fault of the service.",
    )


async def get_livez(request: web.Request) -> web.Response:
    """Say that the process lives."""
    return json_answer(Life())


async def get_readyz(request: web.Request) -> web.Response:
    """Say whether requests can be served.

    Only a database that does not answer makes the service not ready; evidence that cannot be had does not.
    """
    service = request.app[SERVICE]
    try:
        await service.store.ping()
        age = await publication_age(service)
        lists, seconds = await awaited_signatures(service)
    except Undecided:
        return json_answer(_readiness(service, None), 503)
    awaited = Awaited(lists=lists, seconds=seconds) if lists else None
    return json_answer(_readiness(service, age).model_copy(update={"awaited": awaited}))


async def get_metrics(request: web.Request) -> web.Response:
    """Return figures for Prometheus."""
    return web.Response(body=request.app[METRICS].text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _readiness(service: Service, age: float | None) -> Readiness:
    """Return what there is to say; ``age`` is the publication age in seconds, ``None`` if unknown."""
    reachable = age is not None
    hosts = list(service.settings.outbound.development_hosts)
    degraded = [f"development hosts may be reached without TLS: {', '.join(hosts)}"] if hosts else []
    degraded += [] if reachable else ["the database does not answer"]
    if age is not None and age > service.settings.lists.alarm_seconds:
        degraded.append(f"a change of status has not been published for {age:.0f} seconds")
    if service.shared is not None and not service.shared.reachable:
        degraded.append("Redis does not answer: each replica fetches status lists for itself")
    degraded += service.background.troubles()
    signers = sorted(service.signers.items())
    degraded += [f"the signer {name}: {each.trouble}" for (_, name), each in signers if each.trouble]
    if not service.settings.base_url.startswith("https:"):
        degraded.append("public_base_url is not set: lists published here name an address nobody can fetch")
    return Readiness(
        status="unavailable" if not reachable else "degraded" if degraded else "ready",
        engine=service.engine.name,
        database="ok" if reachable else "unreachable",
        did_methods=sorted(service.settings.did_methods),
        status_formats=sorted(service.formats),
        development_hosts=hosts,
        degraded=degraded,
    )


_TAG: Final = "Operation"
OPERATIONS: Final = (
    Operation("GET", "/livez", get_livez, _TAG, answer=Life),
    Operation(
        "GET", "/readyz", get_readyz, _TAG, answer=Readiness, others={503: "The database does not answer."}
    ),
    Operation("GET", "/metrics", get_metrics, _TAG, answer_media=("text/plain",)),
)
