"""From a list's state to the signed credential that says it: pure but for the signature.

What was made is read back and compared with the state before anybody sees it: a list that says something else
than the store is worse than none.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ler_trust.contracts import Engine, StatusFormat
from ler_trust.model.instant import DAY, Instant
from ler_trust.model.records import ListRecord, ListState, PublishedList
from ler_trust.status import credential_forms
from ler_trust.status.credential_forms import RDFC, CredentialForm
from ler_trust.status.version import ListSigner, ListVersion, bits_of

CRYPTOSUITES: Final = RDFC
MIN_VALIDITY: Final = 1 * DAY  # a verifier that cannot reach the list today can still use yesterday's


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
        bits = bits_of(record.length, state.values)
        version = ListVersion(record.url, record.purpose, bits, now, valid_until, record.ttl)
        body = self.form.make(version, signer)
        return PublishedList(
            record.id,
            state.sequence,
            body,
            entity_tag(body),
            now,
            valid_until,
            record.ttl,
            record.signing_key,
        )

    @property
    def form(self) -> CredentialForm:
        """Return the form in which lists are published."""
        return CredentialForm(
            self.status_format,
            self.engine,
            credential_forms.document,
            credential_forms.with_proof(CRYPTOSUITES),
        )


def entity_tag(body: bytes) -> str:
    """Return a strong entity tag (RFC 9110 §8.8.3), quotes included."""
    return f'"{sha256(body).hexdigest()}"'
