"""Strict reading of the members that status entries and lists are made of."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeGuard
from urllib.parse import quote, urldefrag

from ler_trust.errors import Undecided

MAX_INDEX_DIGITS: Final = 40  # no list is near 10^40 entries; what is below is left to the range check
MAX_URL: Final = 2_048  # characters; longer ones are refused by many servers
MAX_PURPOSE: Final = 64  # characters; the longest defined one has ten
MAX_PURPOSES: Final = 16  # of one list; four are defined
MAX_SIZE: Final = 32  # bits an entry: more values than any issuer could name

CREDENTIAL_MEDIA_TYPES: Final = (
    "application/vc, application/vc+jwt, application/vc+ld+json;q=0.9, application/jwt;q=0.9, "
    "application/ld+json;q=0.8, application/json;q=0.8, */*;q=0.1"
)

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}", re.ASCII)
_INDEX: Final = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f]+")


def malformed_entry(detail: str, member: str = "") -> NoReturn:
    """Raise ``Undecided('status.entry_malformed')`` said of ``member`` of the entry."""
    raise Undecided("status.entry_malformed", detail, f"/{member}" if member else "")


def malformed_list(detail: str) -> NoReturn:
    """Raise ``Undecided('status.list_malformed')``."""
    raise Undecided("status.list_malformed", detail)


def is_type(value: object, name: str) -> bool:
    """Return whether a JSON-LD ``type`` is ``name`` or an array with it."""
    return value == name or (isinstance(value, list) and name in value)


def is_url(value: object) -> TypeGuard[str]:
    """Return whether ``value`` is text of the form of an absolute URL, and not too long to be asked for."""
    return isinstance(value, str) and len(value) <= MAX_URL and _URL.fullmatch(value) is not None


def with_parameter(url: str, name: str, value: str) -> str:
    """Return ``url``, which has no fragment, with one more query parameter."""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{name}={quote(value, safe='')}"


def read_index(entry: Mapping[str, Any], member: str = "statusListIndex") -> int:
    """Return the index at ``member``: a JSON string that is the one base-10 form of a whole number ≥ 0."""
    index = entry.get(member)
    if not isinstance(index, str) or len(index) > MAX_INDEX_DIGITS or _INDEX.fullmatch(index) is None:
        malformed_entry("not a whole number written as a base-10 string", member)
    return int(index)


def read_list_url(entry: Mapping[str, Any], member: str = "statusListCredential") -> str:
    """Return the list's URL at ``member`` without its fragment, which no server sees.

    Many fragments of one address would otherwise be as many fetches. The entry's own ``id`` must not be that
    address (Bitstring Status List §2.1).
    """
    url = entry.get(member)
    if not is_url(url):
        malformed_entry("not a URL", member)
    if "id" in entry and entry["id"] == url:
        malformed_entry("the entry's id is the list's URL", "id")
    return urldefrag(url).url


def read_purpose(entry: Mapping[str, Any]) -> str:
    """Return ``statusPurpose``, one string."""
    purpose = entry.get("statusPurpose")
    if not _is_purpose(purpose):
        malformed_entry("not a purpose", "statusPurpose")
    return str(purpose)


def read_purposes(subject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a list's ``statusPurpose``: one string or an array of at least one."""
    purposes = subject.get("statusPurpose")
    found = purposes if isinstance(purposes, list) else [purposes]
    if not 0 < len(found) <= MAX_PURPOSES or not all(map(_is_purpose, found)):
        malformed_list("statusPurpose is not one or more purposes")
    return tuple(found)


def _is_purpose(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_PURPOSE


def read_subject(credential: Mapping[str, Any], credential_type: str, subject_type: str) -> Mapping[str, Any]:
    """Return the one subject of a list credential, both being of the types they must have."""
    if not is_type(credential.get("type"), credential_type):
        malformed_list(f"the list credential's type does not include {credential_type}")
    subject = credential.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    if not isinstance(subject, dict):
        malformed_list("the list credential does not have one credentialSubject")
    if not is_type(subject.get("type"), subject_type):
        malformed_list(f"the credentialSubject's type is not {subject_type}")
    return subject


def read_encoded_list(subject: Mapping[str, Any], max_bytes: int) -> str:
    """Return ``encodedList``, unless it is longer than what may be decoded from it can explain."""
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str):
        malformed_list("encodedList is not a string")
    if len(encoded) > 2 * max_bytes + 1_024:
        raise Undecided("status.list_too_large", f"encodedList has {len(encoded)} characters")
    return encoded


def read_base64(text: str) -> bytes:
    """Return what ``text`` encodes in either base64 alphabet, with or without padding."""
    body = text.rstrip("=")
    if _BASE64.fullmatch(text) is None or len(body) % 4 == 1:
        malformed_list("encodedList is not base64")
    return b64decode(body + "=" * (-len(body) % 4), altchars=b"-_")
