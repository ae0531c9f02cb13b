"""Keys in a hardware token, reached by PKCS#11 (OASIS PKCS #11 3.1): Ed25519, P-256 and P-384.

The token is used from one thread, by one session: python-pkcs11 initialises a module without locking, so
nothing else is allowed (§5.4). Of the keys in the token only those named at the start are used.
"""

import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Final, TypeVar

from ler_trust.codec import keys
from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.signing_server.pin import Pin

try:
    import pkcs11
    import pkcs11._pkcs11
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
except ImportError as error:  # the extra is not installed
    raise ConfigurationError("hardware tokens need pip install 'ler-trust[pkcs11]'") from error

T = TypeVar("T")

_EDWARDS25519: Final = bytes.fromhex("130c656477617264733235353139")  # the curve's name, in DER
_KINDS: Final = {
    _EDWARDS25519: KeyKind.ED25519,
    bytes.fromhex("06032b6570"): KeyKind.ED25519,  # its object identifier (RFC 8410)
    bytes.fromhex("06092b06010401da470f01"): KeyKind.ED25519,  # an older one
    bytes.fromhex("06082a8648ce3d030107"): KeyKind.P256,
    bytes.fromhex("06052b81040022"): KeyKind.P384,
}
_MADE: Final = {  # how a pair is made: kind of key, curve, mechanism
    KeyKind.ED25519: (KeyType.EC_EDWARDS, _EDWARDS25519, Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
    KeyKind.P256: (KeyType.EC, bytes.fromhex("06082a8648ce3d030107"), Mechanism.EC_KEY_PAIR_GEN),
    KeyKind.P384: (KeyType.EC, bytes.fromhex("06052b81040022"), Mechanism.EC_KEY_PAIR_GEN),
}
_POINT_BYTES: Final = {KeyKind.ED25519: 32, KeyKind.P256: 65, KeyKind.P384: 97}
_SIGNATURE_BYTES: Final = {KeyKind.ED25519: 64, KeyKind.P256: 64, KeyKind.P384: 96}
_DIGESTS: Final = {KeyKind.P256: hashlib.sha256, KeyKind.P384: hashlib.sha384}

_LOCKED: Final = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.UserPinNotInitialized,
)
_GONE: Final = (
    pkcs11.NoSuchToken,
    pkcs11.TokenNotPresent,
    pkcs11.TokenNotRecognised,
    pkcs11.DeviceRemoved,
    pkcs11.DeviceError,
    pkcs11.SlotIDInvalid,
)


class HardwareKeys:
    """Holds keys in the token called ``token``, through the PKCS#11 ``module`` (a shared library).

    ``names`` are the labels of the keys that may be used (``signing_server.holders.KeyHolder``). A session
    that was lost is opened again, and the PIN read anew for it. Raises ``ConfigurationError`` for a module
    that cannot be loaded.
    """

    def __init__(self, module: str, token: str, pin: Pin, names: Collection[str]) -> None:
        self._token = token
        self._pin = pin
        self._names = frozenset(names)
        self._session: Any = None
        self._writes = False  # only to make a key: a token may be protected against it
        self._found: dict[str, tuple[Any, PublicKey]] = {}
        self._path = module
        self._module: Any = None
        with suppress(pkcs11.PKCS11Error):  # there may be no token yet
            self._initialised()

    def public_key(self, name: str) -> PublicKey:
        """Return the public half of a key, as the token has it."""
        return self._reliably(lambda: self._key(name)[1])

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature of ``data``: pure Ed25519, or ECDSA over its SHA-256 or SHA-384 digest."""
        return self._reliably(lambda: self._signature(name, data))

    def make(self, name: str, kind: KeyKind) -> None:
        """Make a pair of keys in the token, unless it has one of that name; it never leaves it."""
        if self._reliably(lambda: self._objects(name, ObjectClass.PRIVATE_KEY)):
            return
        self._forget()
        self._writes = True
        try:
            self._reliably(lambda: self._make(name, kind))
        finally:
            self._forget()
            self._writes = False

    def close(self) -> None:
        """Log out."""
        self._forget()

    def _reliably(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, in a new session if it fails in the one that is open."""
        was_open = self._session is not None
        try:
            return work()
        except pkcs11.PKCS11Error as error:
            self._forget()
            if not was_open:
                raise _finding(error) from None
        try:
            return work()
        except pkcs11.PKCS11Error as error:
            self._forget()
            raise _finding(error) from None

    def _forget(self) -> None:
        """Give up the session, and all that the module knows of tokens, which may be others by now."""
        self._session = None
        self._found.clear()
        if self._module is not None:
            with suppress(pkcs11.PKCS11Error):
                self._module.finalize()

    def _initialised(self) -> Any:
        if self._module is None:
            self._module = _loaded(self._path)
        else:
            self._module.initialize()
        return self._module

    def _signature(self, name: str, data: bytes) -> bytes:
        private, public = self._key(name)
        kind = public.kind
        if kind is KeyKind.ED25519:
            signature = private.sign(data, mechanism=Mechanism.EDDSA)
        else:
            signature = private.sign(_DIGESTS[kind](data).digest(), mechanism=Mechanism.ECDSA)
        if len(signature) != _SIGNATURE_BYTES[kind]:
            raise Undecided("signer.failed", "the token's signature is not of the length that it should be")
        return bytes(signature)

    def _key(self, name: str) -> tuple[Any, PublicKey]:
        """Return the private key, which stays in the token, and its public half."""
        if name not in self._names:
            raise Undecided("signer.key_missing", "the key is not among those that may be used")
        self._open()
        if name not in self._found:
            private = self._only(name, ObjectClass.PRIVATE_KEY)
            self._found[name] = private, _public(self._only(name, ObjectClass.PUBLIC_KEY))
        return self._found[name]

    def _only(self, name: str, kind: ObjectClass) -> Any:
        found = self._objects(name, kind)
        if len(found) != 1:
            which = "private" if kind is ObjectClass.PRIVATE_KEY else "public"
            raise Undecided("signer.key_missing", f"the token has {len(found)} {which} keys of that label")
        return found[0]

    def _objects(self, name: str, kind: ObjectClass) -> list[Any]:
        wanted = {Attribute.CLASS: kind, Attribute.LABEL: name}
        return list(self._open().get_objects(wanted))

    def _make(self, name: str, kind: KeyKind) -> None:
        key_type, curve, mechanism = _MADE[kind]
        parameters = self._open().create_domain_parameters(key_type, {Attribute.EC_PARAMS: curve}, local=True)
        secret = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
        parameters.generate_keypair(store=True, label=name, mechanism=mechanism, private_template=secret)

    def _open(self) -> Any:
        """Return the session, logged in.

        Raises what the module raises, and ``Undecided`` without the token or where the PIN does not open it.
        """
        if self._session is None:
            token = self._token_there()
            if token.flags & (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED):
                detail = "the token is locked, or would be after one more wrong PIN"
                raise Undecided("signer.locked", detail, retryable=True)
            try:
                self._session = token.open(rw=self._writes, user_pin=self._pin.next())
            except _LOCKED as error:
                self._pin.was_refused()
                self._forget()
                raise _finding(error) from None
        return self._session

    def _token_there(self) -> Any:
        try:
            return self._initialised().get_token(token_label=self._token)
        except pkcs11.PKCS11Error as error:
            self._forget()
            detail = f"there is no token of that label ({type(error).__name__})"
            raise Undecided("signer.device_missing", detail, retryable=True) from None


def _loaded(path: str) -> Any:
    """Return the module, initialised; in one process one holder at a time can use it.

    Raises ``ConfigurationError`` for what cannot be loaded, and what the module raises when it is not ready.
    """
    try:
        return pkcs11._pkcs11.lib(path)
    except pkcs11.PKCS11Error as error:
        if type(error) is not pkcs11.PKCS11Error:
            raise  # said by the module itself
    raise ConfigurationError(f"{path} is not a PKCS#11 module that can be loaded")


def _public(key: Any) -> PublicKey:
    """Return a public key that the token has; its point is wrapped in DER, or by some tokens is not."""
    kind = _KINDS.get(bytes(key[Attribute.EC_PARAMS]))
    if kind is None:
        raise Undecided("signer.key_missing", "the key is not of a kind that is used here")
    size, point = _POINT_BYTES[kind], bytes(key[Attribute.EC_POINT])
    if len(point) == size + 2 and point[:2] == bytes((0x04, size)):
        point = point[2:]
    try:
        return keys.ed25519(point) if kind is KeyKind.ED25519 else keys.ec(kind, point)
    except ValueError as error:
        raise Undecided("signer.failed", f"the token's public key is none: {error}") from None


def _finding(error: pkcs11.PKCS11Error) -> Undecided:
    """Return what a failure of the module means; its own name, and nothing else of it, is told."""
    kind = type(error).__name__
    if isinstance(error, _LOCKED):
        return Undecided("signer.locked", f"the token refused the PIN ({kind})", retryable=True)
    if isinstance(error, _GONE):
        return Undecided("signer.device_missing", f"the token is not there ({kind})", retryable=True)
    return Undecided("signer.failed", f"the token could not do it ({kind})", retryable=True)
