"""Large requests checked a slice at a time, so that others are answered in between.

A request with a hundred thousand changes takes half a second to check. A thread beside the event loop would
not help: the checking is one call into compiled code, which keeps every other thread waiting too.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ler_trust.codec.pointer import child
from ler_trust.web.problems import Problem

SLICE: Final = 500  # elements: some milliseconds
Model = TypeVar("Model", bound=BaseModel)


class _Member(NamedTuple):
    """A member that is a list of models: its name in JSON, the type of the list, how long it may be."""

    name: str
    adapter: TypeAdapter[list[Any]]
    most: int | None


async def validated(model: type[Model], value: Any) -> Model:
    """Return ``value`` (as JSON has it) as ``model``; the problem for what does not fit points at the fault.

    Other work of the event loop has its turn after every ``SLICE`` elements of a list of models.
    """
    try:
        if isinstance(value, dict):
            value = await _with_models(model, value)
        return model.model_validate(value)
    except ValidationError as error:
        raise _problem(error) from None


async def _with_models(model: type[BaseModel], value: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``value`` with its long lists of models checked; those that are too long raise a problem."""
    checked = dict(value)
    for member in _members(model):
        given = value.get(member.name)
        if isinstance(given, list) and len(given) > SLICE:
            checked[member.name] = await _checked(member, given)
    return checked


async def _checked(member: _Member, given: list[Any]) -> list[Any]:
    if member.most is not None and len(given) > member.most:
        detail = f"there may be at most {member.most} of them, not {len(given)}"
        raise Problem("request.malformed", detail, child("", member.name))
    checked: list[Any] = []
    for start in range(0, len(given), SLICE):
        try:
            checked += member.adapter.validate_python(given[start : start + SLICE])
        except ValidationError as error:
            raise _problem(error, member.name, start) from None
        await asyncio.sleep(0)
    return checked


@lru_cache
def _members(model: type[BaseModel]) -> tuple[_Member, ...]:
    return tuple(
        _Member(field.alias or name, TypeAdapter(list[kind]), _most(field))  # type: ignore[valid-type]
        for name, field in model.model_fields.items()
        if (kind := _listed_model(field)) is not None
    )


def _listed_model(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of which the member is a list, if it is one."""
    arguments = get_args(field.annotation) if get_origin(field.annotation) is list else ()
    is_model = bool(arguments) and isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel)
    return arguments[0] if is_model else None


def _most(field: FieldInfo) -> int | None:
    return next((each.max_length for each in field.metadata if isinstance(each, MaxLen)), None)


def _problem(error: ValidationError, member: str | None = None, start: int = 0) -> Problem:
    """Return the problem for the first fault; of a slice, said of the whole request."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    steps = list(first["loc"])
    if member is not None:
        steps = [member, start + int(steps[0]), *steps[1:]]
    pointer = ""
    for step in steps:
        pointer = child(pointer, step)
    return Problem("request.malformed", first["msg"], pointer)
