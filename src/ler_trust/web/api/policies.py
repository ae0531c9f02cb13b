"""Policies: the built-in ones, and a tenant's own, each change a new version."""

from typing import Any, Final

from aiohttp import web
from pydantic import Field

from ler_trust.model.policy import AuthorisedWhen, Policy
from ler_trust.model.records import Role
from ler_trust.web.answers import json_answer
from ler_trust.web.bodies import read_json
from ler_trust.web.fields import Answer, Request
from ler_trust.web.keys import CALLER, SERVICE
from ler_trust.web.operation import Operation, path_parameter
from ler_trust.web.problems import Problem


class PolicyMembers(Request):
    """What a verdict needs; what is absent is as in the policy `default`."""

    description: str = Field(default="", max_length=1_000)
    key_binding: bool = Field(default=True, description="A key counts only when it belongs to the issuer.")
    validity: bool = Field(default=True, description="The validity period decides.")
    status: bool = Field(default=True, description="Revocation and suspension decide.")
    issuer: bool = Field(default=True, description="The issuer must be recognised by a trusted registry.")
    report_unrequired: bool = Field(
        default=True, description="Checks that do not decide are run and reported."
    )
    registries: list[str] | None = Field(default=None, description="The registries trusted; all when null.")
    authorised_when: AuthorisedWhen = AuthorisedWhen.ISSUANCE
    jurisdiction: str | None = Field(
        default=None, description="The place recognition is needed for (ISO 3166)."
    )
    stale_list_grace: int = Field(default=0, ge=0, le=86_400, description="Seconds.")
    min_list_entries: int = Field(default=131_072, ge=1, description="The fewest entries of a status list.")
    clock_skew: int = Field(default=120, ge=0, le=86_400, description="Seconds.")


class PolicyDescription(PolicyMembers):
    """A policy as stored."""

    id: str
    version: int


class PolicyList(Answer):
    """The policies that a tenant can name."""

    policies: list[PolicyDescription]


async def list_policies(request: web.Request) -> web.Response:
    """List the policies that can be named in a verification request."""
    found = await request.app[SERVICE].policies.all(request[CALLER].tenant)
    return json_answer(PolicyList(policies=[_describe(policy) for policy in found]))


async def get_policy(request: web.Request) -> web.Response:
    """Return the latest version of a policy."""
    found = await request.app[SERVICE].policies.get(request[CALLER].tenant, request.match_info["id"])
    return json_answer(_describe(found))


async def put_policy(request: web.Request) -> web.Response:
    """Store a policy as the next version of its name; the built-in names cannot be used."""
    members = await read_json(request)
    if not isinstance(members, dict):
        raise Problem("request.malformed", "a policy is a JSON object")
    policies = request.app[SERVICE].policies
    return json_answer(
        _describe(await policies.put(request[CALLER].tenant, request.match_info["id"], members))
    )


def _describe(policy: Policy) -> PolicyDescription:
    members: dict[str, Any] = {name: getattr(policy, name) for name in PolicyDescription.model_fields}
    members["registries"] = None if policy.registries is None else list(policy.registries)
    return PolicyDescription(**members)


_PATH: Final = "/v1/policies"
_TAG: Final = "Policies"
_ID: Final = path_parameter("id", "The policy's name.")
OPERATIONS: Final = (
    Operation("GET", _PATH, list_policies, _TAG, Role.VERIFIER, answer=PolicyList),
    Operation(
        "GET",
        _PATH + "/{id}",
        get_policy,
        _TAG,
        Role.VERIFIER,
        answer=PolicyDescription,
        parameters=(_ID,),
        refusals=("request.not_found",),
    ),
    Operation(
        "PUT",
        _PATH + "/{id}",
        put_policy,
        _TAG,
        Role.GOVERNOR,
        body=PolicyMembers,
        answer=PolicyDescription,
        parameters=(_ID,),
        refusals=("request.invalid",),
    ),
)
