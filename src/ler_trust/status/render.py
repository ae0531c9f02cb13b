"""From a list's state to the signed credential that says it: pure but for the signature.

What was made is read back and compared with the state, entry by entry, before anybody sees it: a list that
says something else than the store is worse than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, Protocol

import orjson

from ler_trust.contracts import Engine, Signer, StatusFormat
from ler_trust.errors import Undecided
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import Material, SecuredCredential
from ler_trust.model.instant import DAY, Instant, format_instant
from ler_trust.model.records import ListRecord, ListState, PublishedList
from ler_trust.model.status import StatusList, StatusReference
from ler_trust.suites.signing import add_proof

CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
CRYPTOSUITES: Final[Mapping[KeyKind, str]] = MappingProxyType(
    {
        KeyKind.ED25519: "eddsa-rdfc-2022",
        KeyKind.P256: "ecdsa-rdfc-2019",
        KeyKind.P384: "ecdsa-rdfc-2019",
    }
)
MIN_VALIDITY: Final = 1 * DAY  # a verifier that cannot reach the list today can still use yesterday's


class ListSigner(Signer, Protocol):
    """A signer that also tells its public key, with which what it signed is checked."""

    @property
    def public_key(self) -> PublicKey:
        """Return the key that verifiers will find at ``method``."""
        ...


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes lists of ``status_format``, whose terms the VCDM 2.0 context has; checks them by ``engine``."""

    status_format: StatusFormat
    engine: Engine

    def render(self, record: ListRecord, state: ListState, signer: ListSigner, now: Instant) -> PublishedList:
        """Return the list as it is to be published at ``now``; takes CPU time, and no other.

        Raises ``Undecided('request.unavailable')`` when what was signed does not read back as the state.
        """
        valid_until = now + max(MIN_VALIDITY, 2 * record.ttl)  # whoever keeps it for ttl has a valid one
        document = self._document(record, state, signer.issuer, now, valid_until)
        signed = add_proof(document, signer, CRYPTOSUITES[signer.kind], created=now)
        body = orjson.dumps(signed)
        self._check(body, record, state, signer)
        etag = f'"{sha256(body).hexdigest()}"'
        return PublishedList(record.id, state.sequence, body, etag, now, valid_until, record.ttl)

    def _document(
        self, record: ListRecord, state: ListState, issuer: str, now: Instant, valid_until: Instant
    ) -> Mapping[str, Any]:
        status_list = StatusList(
            self.status_format.entry_type, (record.purpose,), _bits(record.length, state.values), record.ttl
        )
        return {
            "@context": [CONTEXT],
            "id": record.url,
            "type": ["VerifiableCredential", self.status_format.list_credential_type],
            "issuer": issuer,
            "validFrom": format_instant(now),
            "validUntil": format_instant(valid_until),
            "credentialSubject": {"id": f"{record.url}#list", **self.status_format.encode(status_list)},
        }

    def _check(self, body: bytes, record: ListRecord, state: ListState, signer: ListSigner) -> None:
        """Read ``body`` as a verifier would; raise ``Undecided`` unless it says exactly the state."""
        secured = self._authenticated(body, signer)
        if secured is None or (secured.id, secured.issuer) != (record.url, signer.issuer):
            raise _not_published("the signed list does not verify")
        try:
            decoded = self.status_format.decode(secured.document or {}, max_bytes=record.length // 8)
            faithful = self._is_state(decoded, record, state)
        except Undecided as finding:
            raise _not_published(finding.detail) from finding
        if not faithful:
            raise _not_published("the signed list does not say what the state does")

    def _is_state(self, decoded: StatusList, record: ListRecord, state: ListState) -> bool:
        """Return whether every entry of the state is in the list, and as many as these are set."""
        count = int.from_bytes(decoded.bits, "big").bit_count()
        return count == len(state.values) and all(
            self.status_format.look_up(
                decoded,
                StatusReference(self.status_format.entry_type, record.url, index, record.purpose),
                min_entries=record.length,
            ).value
            == value
            for index, value in state.values.items()
        )

    def _authenticated(self, body: bytes, signer: ListSigner) -> SecuredCredential | None:
        method = VerificationMethod(signer.method, signer.issuer, signer.public_key)
        [survey] = self.engine.survey([body])
        needs = {need: (method,) for need in survey.keys if need.method == method.id}
        [outcome] = self.engine.authenticate([body], Material(needs), documents=True)
        held = outcome.failure is None and all(proof.failure is None for proof in outcome.proofs)
        return outcome.secured if held else None


def _bits(length: int, values: Mapping[int, int]) -> bytes:
    bits = bytearray(length // 8)
    for index, value in values.items():
        if value:
            bits[index // 8] |= 0x80 >> index % 8
    return bytes(bits)


def _not_published(detail: str) -> Undecided:
    return Undecided("request.unavailable", f"{detail}; it was not published")
