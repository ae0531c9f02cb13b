"""An issuer's key that another service holds: what is stored of it, and the signer it makes."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final, Self

import orjson

from ler_trust.codec.multikey import decode_multikey, encode_multikey
from ler_trust.errors import Undecided
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.net.signing_service import SigningService
from ler_trust.suites.signatures import verify
from ler_trust.suites.signing import ALGORITHMS

_MARK: Final = b"elsewhere:"  # how what is sealed begins; a seed has 32 bytes and no such beginning


@dataclass(frozen=True, slots=True)
class KeyElsewhere:
    """Which signer holds a key, by which name, and its public half."""

    signer: str
    key: str
    public_key: PublicKey

    def packed(self) -> bytes:
        """Return what is sealed and stored in place of a seed."""
        return _MARK + orjson.dumps([self.signer, self.key, encode_multikey(self.public_key)])

    @classmethod
    def unpacked(cls, content: bytes) -> Self | None:
        """Return what ``packed`` made; ``None`` for a seed."""
        if not content.startswith(_MARK):
            return None
        signer, key, public_key = orjson.loads(content.removeprefix(_MARK))
        return cls(signer, key, decode_multikey(public_key))


class RemoteSigner:
    """Signs by a key that another service holds (implements :class:`ler_trust.contracts.Signer`)."""

    def __init__(self, service: SigningService, held: KeyElsewhere, method: str, issuer: str) -> None:
        self._service = service
        self._held = held
        self._method = method
        self._issuer = issuer
        self.public_key = held.public_key

    @property
    def method(self) -> str:
        """Return the verification method's absolute URL."""
        return self._method

    @property
    def issuer(self) -> str:
        """Return the identifier of the key's controller."""
        return self._issuer

    @property
    def kind(self) -> KeyKind:
        """Return the kind of key."""
        return self.public_key.kind

    @property
    def threads(self) -> Executor:
        """Return the threads in which whoever uses this signer waits for it."""
        return self._service.threads

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``; blocks, and raises ``Undecided`` with a ``signer.*`` code.

        What is not a signature of ``data`` by this key is not handed on.
        """
        signature = self._service.sign(self._held.key, data)
        if not verify(self.public_key, ALGORITHMS[self.kind], data, signature):
            detail = f"the signer {self._held.signer} answers with something that is no signature by its key"
            raise Undecided("signer.malformed", detail)
        return signature
