"""Kinds of members that several requests and answers have."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from ler_trust.model.instant import Instant, format_instant, parse_date_time_stamp
from ler_trust.web.problems import Problem

_TEXT_LENGTH: Final = 1_000
_NAME_LENGTH: Final = 200
_URL_LENGTH: Final = 2_048


def _read_moment(value: Any) -> Any:
    return parse_date_time_stamp(value)[0] if isinstance(value, str) else value


Moment = Annotated[
    Instant,
    BeforeValidator(_read_moment),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00Z"]}),
]
"""An instant, written as an XML Schema ``dateTimeStamp``."""

Text = Annotated[str, Field(max_length=_TEXT_LENGTH)]
Name = Annotated[str, Field(min_length=1, max_length=_NAME_LENGTH)]
Address = Annotated[str, Field(min_length=1, max_length=_URL_LENGTH)]


class Request(BaseModel):
    """A request's body: a member it does not have is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True)


def read_time(text: str | None, pointer: str) -> Instant | None:
    """Return the instant in ``text``; raises a problem for what is not a date and time."""
    if text is None:
        return None
    try:
        return parse_date_time_stamp(text)[0]
    except ValueError as error:
        raise Problem("request.malformed", str(error), pointer) from None
