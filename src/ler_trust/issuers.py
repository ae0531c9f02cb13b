"""Issuers' signing keys: made here, kept encrypted, named by a DID that anyone can resolve.

A ``did:key`` issuer needs nothing else. A ``did:web`` issuer's document is served by this service at
``/issuers/<name>/did.json``, so its DID is ``did:web:<host>:issuers:<name>``.
"""

import re
import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ler_trust.codec.multikey import encode_multikey
from ler_trust.contracts import AccountStore, Clock
from ler_trust.errors import ConfigurationError, Conflict, Failure, Rejected
from ler_trust.issuer_keys_elsewhere import KeyElsewhere, RemoteSigner
from ler_trust.model.did import KeyKind
from ler_trust.model.engine import KeyNeed
from ler_trust.model.records import SigningKey
from ler_trust.net.signing_service import SigningService
from ler_trust.status.version import IssuersKey
from ler_trust.status.vouch import FindKeys, no_keys
from ler_trust.store.vault import Vault
from ler_trust.suites.signing import LocalSigner
from ler_trust.verify.binding import controller_of_method

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_CONTEXTS: Final = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
_KINDS: Final = (KeyKind.ED25519, KeyKind.P256, KeyKind.P384)
_SEED_BYTES: Final = 32


_WITH_ISSUER: Final = b"with its issuer"  # what is sealed where there is no seed


class IssuerKeys:
    """Makes, finds and uses the signing keys of a tenant's issuers.

    ``base_url`` is this service's public address, such as ``https://trust.example.org``. ``elsewhere`` are
    services that hold keys, by tenant and name. ``find_keys`` finds keys in issuers' own documents.
    """

    def __init__(
        self,
        store: AccountStore,
        vault: Vault,
        clock: Clock,
        base_url: str,
        elsewhere: Mapping[tuple[str, str], SigningService] | None = None,
        find_keys: FindKeys = no_keys,
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._base_url = base_url
        self._elsewhere = elsewhere or {}
        self._find_keys = find_keys
        self._signers: dict[str, LocalSigner | RemoteSigner | IssuersKey] = {}

    async def name(self, tenant: str, method: str) -> SigningKey:
        """Note a key that its issuer keeps and signs with itself; ``method`` is its verification method.

        Raises ``Rejected('request.invalid')`` for a key that is not in its controller's document for signing
        credentials, or of no kind that signs lists; ``Undecided`` when the document could not be had.
        """
        issuer = controller_of_method(method)
        need = KeyNeed(issuer, method, "assertionMethod")
        found = await self._find_keys(need, self._clock.now(), True)
        if isinstance(found, Failure):
            if not found.decided and found.retryable:
                raise found.raised()
            raise Rejected("request.invalid", f"{found.code}: {found.detail}", "/method")
        if found[0].key.kind not in _KINDS:
            raise Rejected("request.invalid", "keys are of kind " + ", ".join(_KINDS), "/method")
        return await self._keep(tenant, None, issuer, method, found[0].key.kind, _WITH_ISSUER)

    async def take(self, tenant: str, service: str, key: str, name: str | None = None) -> SigningKey:
        """Take a key that a signing service holds into use; its private half stays there.

        Raises as ``create`` does, and ``Undecided`` with a ``signer.*`` code when the service does not do it.
        """
        if (tenant, service) not in self._elsewhere:
            raise Rejected("request.invalid", "there is no such signer", "/signer")
        public = await self._elsewhere[tenant, service].public_key(key)
        if public.kind not in _KINDS:
            raise Rejected("request.invalid", "keys are of kind " + ", ".join(_KINDS), "/key")
        did = self._named(name)
        own = encode_multikey(public)
        issuer = did or f"did:key:{own}"
        method = f"{did}#key-1" if did else f"{issuer}#{own}"
        packed = KeyElsewhere(service, key, public).packed()
        return await self._keep(tenant, name, issuer, method, public.kind, packed)

    async def create(self, tenant: str, kind: KeyKind, name: str | None = None) -> SigningKey:
        """Make a key: of a ``did:web`` issuer when it has a ``name``, else of a ``did:key`` one.

        Raises ``Rejected('request.invalid')`` for a kind or name that cannot be, ``Conflict`` for a name
        that is taken (by any tenant: the address is one).
        """
        if kind not in _KINDS:
            raise Rejected("request.invalid", "keys are made of kind " + ", ".join(_KINDS), "/kind")
        did = self._named(name)
        seed = secrets.token_bytes(_SEED_BYTES)
        signer = LocalSigner.from_seed(kind, seed, method=did and f"{did}#key-1", issuer=did)
        return await self._keep(tenant, name, signer.issuer, signer.method, kind, seed)

    def _named(self, name: str | None) -> str | None:
        """Return the did:web of an issuer called ``name``, if it is called anything."""
        if name is None:
            return None
        if not _NAME.fullmatch(name):
            raise Rejected("request.invalid", "a name has a-z, 0-9 and hyphens, 63 at most", "/name")
        return self._resolvable(self.did_web(name))

    async def _keep(
        self, tenant: str, name: str | None, issuer: str, method: str, kind: KeyKind, content: bytes
    ) -> SigningKey:
        key = SigningKey(
            id=name or secrets.token_hex(8),
            tenant=tenant,
            issuer=issuer,
            method=method,
            kind=kind.value,
            sealed=self._vault.seal(content),
            created_at=self._clock.now(),
        )
        await self._store.put_signing_key(key)
        return key

    def _resolvable(self, did: str) -> str:
        """Return ``did`` if others can resolve it: a did:web needs TLS and a host that is no address."""
        parts = urlsplit(self._base_url)
        if parts.scheme != "https" or _is_address(parts.hostname or ""):
            raise Rejected(
                "request.invalid",
                "a did:web needs a public https address: set LER_TRUST_PUBLIC_BASE_URL, or give no name",
                "/name",
            )
        return did

    def did_web(self, name: str) -> str:
        """Return the DID of an issuer hosted here; a port is percent-encoded (did:web §3)."""
        return f"did:web:{quote(urlsplit(self._base_url).netloc, safe='')}:issuers:{name}"

    async def signer(self, key_id: str) -> LocalSigner | RemoteSigner:
        """Return the signer for a key of any tenant.

        Raises ``Rejected`` with ``request.not_found``, or ``request.invalid`` for one that its issuer keeps.
        """
        key = await self._key(key_id)
        if isinstance(key, IssuersKey):
            raise Rejected("request.invalid", "the key is its issuer's alone", "/signing_key")
        return key

    async def _key(self, key_id: str) -> LocalSigner | RemoteSigner | IssuersKey:
        known = self._signers.get(key_id)
        if known is not None:
            return known
        key = await self._require(key_id)
        signer = self._opened(key, self._vault.open(key.sealed))
        self._signers[key_id] = signer
        return signer

    def _opened(self, key: SigningKey, content: bytes) -> LocalSigner | RemoteSigner | IssuersKey:
        if content == _WITH_ISSUER:
            return IssuersKey(key.issuer, key.method, KeyKind(key.kind))
        held = KeyElsewhere.unpacked(content)
        if held is None:
            return LocalSigner.from_seed(KeyKind(key.kind), content, method=key.method, issuer=key.issuer)
        service = self._elsewhere.get((key.tenant, held.signer))
        if service is None:
            raise ConfigurationError(f"signers: {held.signer} holds a key in use and is not configured")
        return RemoteSigner(service, held, key.method, key.issuer)

    async def tenant_signer(self, tenant: str, key_id: str) -> LocalSigner | RemoteSigner | IssuersKey:
        """Return the signer for a tenant's own key, or the key that its issuer keeps.

        Raises ``Conflict('request.not_found')``.
        """
        key = await self._store.signing_key(key_id)
        if key is None or key.tenant != tenant:
            raise Conflict("request.not_found", "there is no such signing key")
        return await self._key(key_id)

    async def reseal(self) -> int:
        """Seal everything of all tenants with the present master key; return how many secrets it was.

        All are or none is. Raises ``ConfigurationError`` for one that opens with no key at hand.
        """
        return await self._store.reseal(self._vault.reseal)

    async def did_document(self, name: str) -> dict[str, Any] | None:
        """Return the document of the ``did:web`` issuer hosted here as ``name``, if there is one."""
        key = await self._store.signing_key(name)
        if key is None or key.issuer != self.did_web(name):
            return None
        signer = await self.signer(name)
        method = {
            "id": key.method,
            "type": "Multikey",
            "controller": key.issuer,
            "publicKeyMultibase": encode_multikey(signer.public_key),
        }
        return {
            "@context": _CONTEXTS,
            "id": key.issuer,
            "verificationMethod": [method],
            "assertionMethod": [key.method],
        }

    async def _require(self, key_id: str) -> SigningKey:
        key = await self._store.signing_key(key_id)
        if key is None:
            raise Rejected("request.not_found", "there is no such signing key", "/signing_key")
        return key


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
