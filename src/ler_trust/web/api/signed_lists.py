"""Lists that their issuer signs itself: what is to be signed, and what was."""

from typing import Any, Final

from aiohttp import web
from pydantic import Field

from ler_trust.model.instant import DAY
from ler_trust.model.records import Role
from ler_trust.status.forms import DEFAULT_FORM
from ler_trust.status.issuer_signed import MAX_VALID, MIN_VALID, USUAL_VALID, SignedVersion, ToSign
from ler_trust.web.answers import json_answer
from ler_trust.web.bodies import JSON, read_body, require_media_type
from ler_trust.web.fields import Answer, Moment
from ler_trust.web.keys import CALLER, LIMITS, SERVICE
from ler_trust.web.operation import Operation, Parameter, path_parameter
from ler_trust.web.problems import Problem

_MEDIA_TYPES: Final = (
    "application/vc",
    "application/vc+jwt",
    "application/statuslist+jwt",
    "application/statuslist+cwt",
    JSON,
    "application/octet-stream",
)
_DAY_DIGITS: Final = 4


class UnsignedList(Answer):
    """A list to be signed. Which of the last members there are depends on the form."""

    form: str
    media_type: str
    address: str = Field(description="Where it will be served.")
    sequence: int
    version: str = Field(description="Names what is to be signed; to be given with the upload.")
    valid_until: Moment
    document: dict[str, Any] | None = Field(default=None, description="The credential, to get one proof.")
    proofs: list[dict[str, Any]] | None = Field(
        default=None,
        description="For each cryptosuite that may be used a `proof` without its `proofValue`, and the bytes "
        "`to_be_signed` for it (base64url).",
    )
    header: dict[str, Any] | None = Field(default=None, description="A JWT's header.")
    claims: dict[str, Any] | None = Field(default=None, description="A JWT's claims.")
    protected: str | None = Field(default=None, description="A CWT's protected header (base64url).")
    payload: str | None = Field(default=None, description="A CWT's claims (base64url).")
    to_be_signed: str | None = Field(
        default=None, description="A JWT's signing input or a CWT's Sig_structure, whole (base64url)."
    )


class SignedForm(Answer):
    """What was signed last of a list in one form."""

    form: str
    sequence: int
    version: str
    etag: str
    valid_until: Moment
    behind: bool = Field(
        description="Whether the list has changed since, another key signs it now, or the validity is over."
    )


class SignedForms(Answer):
    """What was signed of a list."""

    signed: list[SignedForm]


async def get_unsigned_list(request: web.Request) -> web.Response:
    """Return a list as it is now, for its issuer to sign in one form.

    What is signed must say all of it to the letter, and nothing else.
    """
    lists, tenant = request.app[SERVICE].publisher.issuer_signed, request[CALLER].tenant
    form = request.query.get("form", DEFAULT_FORM)
    found = await lists.to_sign(tenant, request.match_info["id"], form, _validity(request))
    return json_answer(_unsigned(found), headers={"Cache-Control": "no-store"})


async def put_signed_list(request: web.Request) -> web.Response:
    """Serve what you have signed of a list in one form: checked, and only if it is the present version.

    A list that has changed since refuses it (`request.stale_version`), and what was served is served on.
    """
    require_media_type(request, *_MEDIA_TYPES)
    version = request.query.get("version")
    if version is None:
        raise Problem("request.malformed", "the query parameter version is missing")
    body = await read_body(request, request.app[LIMITS].body_bytes)
    lists, tenant = request.app[SERVICE].publisher.issuer_signed, request[CALLER].tenant
    form = request.query.get("form", DEFAULT_FORM)
    new = await lists.upload(tenant, request.match_info["id"], form, version, body)
    return json_answer(
        SignedForm(
            form=form,
            sequence=new.sequence,
            version=version,
            etag=new.etag,
            valid_until=new.valid_until,
            behind=False,
        )
    )


async def withdraw_signed_list(request: web.Request) -> web.Response:
    """Have a list served in one form no more; it waits for no signature in that form then."""
    lists, tenant = request.app[SERVICE].publisher.issuer_signed, request[CALLER].tenant
    await lists.withdraw(tenant, request.match_info["id"], request.query.get("form", DEFAULT_FORM))
    return web.Response(status=204)


async def list_signed_forms(request: web.Request) -> web.Response:
    """List the forms in which you have signed a list, and say which are behind."""
    lists, tenant = request.app[SERVICE].publisher.issuer_signed, request[CALLER].tenant
    found = await lists.signatures(tenant, request.match_info["id"])
    signed = [
        SignedForm(
            form=form,
            sequence=last.sequence,
            version=str(SignedVersion(last.sequence, last.published_at, last.valid_until)),
            etag=last.etag,
            valid_until=last.valid_until,
            behind=behind,
        )
        for form, (last, behind) in sorted(found.items())
    ]
    return json_answer(SignedForms(signed=signed))


def _unsigned(found: ToSign) -> UnsignedList:
    return UnsignedList(
        form=found.form.name,
        media_type=found.form.media_type,
        address=found.address,
        sequence=found.version.sequence,
        version=str(found.version),
        valid_until=found.version.valid_until,
        **found.unsigned.said,
    )


def _validity(request: web.Request) -> int:
    days = request.query.get("valid_days")
    if days is None:
        return USUAL_VALID
    if not (days.isascii() and days.isdigit() and len(days) <= _DAY_DIGITS):
        raise Problem("request.malformed", "the query parameter valid_days is not a number of days")
    return int(days) * DAY


_ID: Final = path_parameter("id", "The list's id.")
_FORM: Final = Parameter("form", "query", "The form, `credential` by default.")
_TAG: Final = "Status lists"
OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/status-lists/{id}/unsigned",
        get_unsigned_list,
        _TAG,
        Role.ISSUER,
        answer=UnsignedList,
        parameters=(
            _ID,
            _FORM,
            Parameter(
                "valid_days",
                "query",
                f"How long it is to be valid, {MIN_VALID // DAY} to {MAX_VALID // DAY} days, "
                f"{USUAL_VALID // DAY} by default.",
                {"type": "integer"},
            ),
        ),
        refusals=("request.not_found", "request.invalid"),
    ),
    Operation(
        "PUT",
        "/v1/status-lists/{id}/signed",
        put_signed_list,
        _TAG,
        Role.ISSUER,
        body_media=_MEDIA_TYPES,
        answer=SignedForm,
        parameters=(_ID, _FORM, Parameter("version", "query", "The version that was signed.")),
        refusals=(
            "request.not_found",
            "request.invalid",
            "request.other_rendering",
            "request.stale_version",
            "request.signature",
        ),
    ),
    Operation(
        "DELETE",
        "/v1/status-lists/{id}/signed",
        withdraw_signed_list,
        _TAG,
        Role.ISSUER,
        status=204,
        parameters=(_ID, _FORM),
        refusals=("request.not_found", "request.not_signed"),
    ),
    Operation(
        "GET",
        "/v1/status-lists/{id}/signed",
        list_signed_forms,
        _TAG,
        Role.ISSUER,
        answer=SignedForms,
        parameters=(_ID,),
        refusals=("request.not_found",),
    ),
)
