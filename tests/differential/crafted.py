"""Records whose signatures no honest signer makes: what all kinds of them share."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ler_trust.codec import multikey
from ler_trust.errors import Rejected
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import KeyNeed, Material
from ler_trust.suites.signing import add_proof, sign_compact
from tests.kit.issuing import CREATED, badge, encoded, instant

WEBSITE: Final = "did:web:crafted.example.org"  # whose key can be chosen after the record was written
_ATTEMPTS: Final = 40


class Made(NamedTuple):
    """A signature and the key that it is to be checked with."""

    signature: bytes
    key: PublicKey


Make = Callable[[bytes], Made | None]
"""Makes a signature over a message; none where chance does not allow it for this one."""


class Crafted(NamedTuple):
    """A way to make signatures: what to call it, and whether the rules let them hold."""

    name: str
    make: Make
    holds: bool
    kind: KeyKind = KeyKind.ED25519
    issuer: str = WEBSITE
    algorithm: str | None = None


class Record(NamedTuple):
    """A record with a crafted signature, and what a resolver finds for it."""

    content: bytes
    need: KeyNeed
    method: VerificationMethod
    crafted: Crafted


class CraftedSigner:
    """Implements :class:`ler_trust.contracts.Signer`; keeps the key of the last signature."""

    def __init__(self, crafted: Crafted) -> None:
        self._crafted = crafted
        self.key: PublicKey | None = None

    @property
    def method(self) -> str:
        return f"{self.issuer}#key"

    @property
    def issuer(self) -> str:
        return self._crafted.issuer

    @property
    def kind(self) -> KeyKind:
        return self._crafted.kind

    def sign(self, data: bytes) -> bytes:
        made = self._crafted.make(data)
        if made is None:
            raise Rejected("proof.signature", "not for this message")
        self.key = made.key
        return made.signature


def did_key(key: PublicKey) -> str:
    """Return the did:key of ``key``, whether it is sound or not."""
    return "did:key:" + multikey.encode_multikey(key)


def records(crafted: Crafted, suites: Sequence[str]) -> list[Record]:
    """Return a badge with such a signature in each of ``suites``, and as a token."""
    return [_record(crafted, suite) for suite in (*suites, None)]


def material(records: Sequence[Record]) -> Material:
    """Return the keys of ``records``."""
    return Material({record.need: (record.method,) for record in records})


def _record(crafted: Crafted, suite: str | None) -> Record:
    own = crafted
    if crafted.issuer == WEBSITE:
        # An issuer for each record, so that a key that depends on the message is found for it alone.
        name = sha256(f"{crafted.name} {suite}".encode()).hexdigest()[:12]
        own = crafted._replace(issuer=f"{WEBSITE}:{name}")
    for number in range(1, _ATTEMPTS):
        by = CraftedSigner(own)
        try:
            content = _signed(badge(own.issuer, number), by, suite, crafted.algorithm)
        except Rejected:
            continue
        assert by.key is not None
        need = KeyNeed(by.issuer, by.method, "assertionMethod")
        return Record(content, need, VerificationMethod(by.method, by.issuer, by.key), crafted)
    raise AssertionError(f"{crafted.name}: chance was against it {_ATTEMPTS} times")


def _signed(document: dict[str, Any], by: CraftedSigner, suite: str | None, algorithm: str | None) -> bytes:
    if suite is not None:
        return encoded(add_proof(document, by, suite, created=instant(CREATED)))
    stated = {} if algorithm is None else {"alg": algorithm}
    return sign_compact({"typ": "vc+jwt", "kid": by.method, **stated}, document, by).encode()
