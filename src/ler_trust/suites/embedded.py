"""Finds the credentials inside a credential, which have proofs of their own (Open Badges 3.0 §9.1.6)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ler_trust.codec import jcs
from ler_trust.codec.pointer import child
from ler_trust.errors import Failure
from ler_trust.model.engine import EmbeddedCredential
from ler_trust.model.limits import Limits
from ler_trust.suites.members import as_list, texts

_ENDORSEMENTS: Final = ("endorsement", "endorsementJwt")
_CREDENTIALS: Final = frozenset({"VerifiableCredential", "EnvelopedVerifiableCredential"})


def embedded_credentials(
    document: Mapping[str, Any], limits: Limits
) -> tuple[tuple[EmbeddedCredential, ...], Failure | None]:
    """Return the credentials inside ``document``, not those inside them, and a finding if too many."""
    found: list[EmbeddedCredential] = []
    for one in _search("", document):
        if len(found) == limits.embedded:
            detail = f"more than {limits.embedded} records inside this one"
            return tuple(found), Failure(decided=False, code="embedded.undecided", detail=detail)
        found.append(one)
    return tuple(found), None


def _search(pointer: str, value: object) -> Iterator[EmbeddedCredential]:
    """Walk the document; its depth is bounded since it was parsed."""
    if pointer and isinstance(value, dict) and not _CREDENTIALS.isdisjoint(texts(value.get("type"))):
        yield from _credentials(pointer, value, "credential")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _search(child(pointer, index), item)
    elif isinstance(value, dict):
        for name, member in value.items():
            role = _role(name, value)
            here = child(pointer, name)
            yield from _search(here, member) if role is None else _credentials(here, member, role)


def _role(name: str, owner: Mapping[str, Any]) -> str | None:
    if name in _ENDORSEMENTS:
        return "endorsement"
    if name == "verifiableCredential" and "ClrSubject" in texts(owner.get("type")):
        return "credential"
    return None


def _credentials(pointer: str, member: object, role: str) -> Iterator[EmbeddedCredential]:
    for index, value in enumerate(as_list(member)):
        here = child(pointer, index) if isinstance(member, list) else pointer
        content = value.encode() if isinstance(value, str) else jcs.canonicalize(value)
        yield EmbeddedCredential(here, role, content)
