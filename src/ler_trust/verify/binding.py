"""Which key may speak for an issuer (law 3), decided in this one place.

A key counts when it is found in one of three ways, and in no other:

(1) in the document of the issuer's own DID, under the needed relationship;
(2) in the controlled identifier document at the issuer's own https URL, likewise;
(3) pinned to the issuer's https id in a trusted registry.

Headers of a token and fragments of a URL are names, never keys.
"""

from collections.abc import Callable, Mapping, Sequence

from ler_trust.codec.controlled_identifier import ending_methods, methods_for, retrieve_verification_method
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import DidDocument, PublicKey, VerificationMethod
from ler_trust.model.engine import KeyNeed
from ler_trust.model.instant import Instant

Documents = Mapping[str, DidDocument | Failure]
Keys = tuple[VerificationMethod, ...]
PinnedKeys = Callable[[str], Sequence[PublicKey]]


def no_pins(_issuer: str) -> Sequence[PublicKey]:
    """Return no pinned keys: for what is shared by all tenants and trusts no tenant's registry."""
    return ()


def controller_of(need: KeyNeed) -> str:
    """Return the identifier whose document should hold the key: the method's URL without query and fragment.

    A method that is not named is looked for in the issuer's own document.
    """
    return need.issuer if need.method is None else controller_of_method(need.method)


def controller_of_method(url: str) -> str:
    """Return the identifier whose document should hold the verification method at ``url``."""
    base = url.split("#", 1)[0]
    return base.split("?", 1)[0] if base.startswith("did:") else base


def identifiers(needs: Sequence[KeyNeed], *, bind: bool, pins: PinnedKeys = no_pins) -> list[str]:
    """Return the identifiers worth resolving for ``needs``, each once, in their order.

    When keys must be bound, nobody but the issuers themselves is ever asked: a document's author cannot
    send this service anywhere else. Those with pinned keys are asked whatever the method: they may have taken
    such a key back.
    """
    distinct = dict.fromkeys((need.issuer, controller_of(need)) for need in needs)
    wanted = (
        controller if not bind else issuer
        for issuer, controller in distinct
        if not bind or controller == issuer or pins(issuer)
    )
    return list(dict.fromkeys(wanted))


def find_keys(
    need: KeyNeed, documents: Documents, pinned: Sequence[PublicKey], now: Instant, *, bind: bool
) -> Keys | Failure:
    """Return the keys that satisfy ``need`` at ``now``, or why there is none.

    ``pinned`` are the registry's keys for the issuer. Without ``bind`` the issuer is not compared: whoever
    controls the verification method may have signed.
    """
    pins = _pinned_methods(need, _not_ended(pinned, documents.get(need.issuer), now))
    if bind and controller_of(need) != need.issuer:
        return pins or Failure(True, "proof.key_not_bound", "the verification method is not the issuer's own")
    try:
        found = _from_document(need, documents[controller_of(need)], now)
    except (Rejected, Undecided) as finding:
        return pins or Failure.of(finding)
    return found + pins


def _not_ended(
    pinned: Sequence[PublicKey], document: DidDocument | Failure | None, now: Instant
) -> Sequence[PublicKey]:
    """Return the ``pinned`` keys that the issuer's own document, where there is one, does not take back."""
    if not pinned or not isinstance(document, DidDocument):
        return pinned
    ended = {method.key.material for method in ending_methods(document) if _ended(method, now)}
    return [key for key in pinned if key.material not in ended]


def _pinned_methods(need: KeyNeed, pinned: Sequence[PublicKey]) -> Keys:
    if need.issuer.startswith("did:"):
        return ()  # a DID publishes its own keys and takes them back; a pin must not outlive that
    name = need.method or need.issuer
    return tuple(VerificationMethod(name, need.issuer, key) for key in pinned)


def _from_document(need: KeyNeed, document: DidDocument | Failure, now: Instant) -> Keys:
    if isinstance(document, Failure):
        raise document.raised()
    if need.method is None:
        return _usable(methods_for(document, need.purpose), now)
    method = retrieve_verification_method(document, need.method, need.purpose)
    _refuse_ended(method, now)
    return (method,)


def _usable(methods: Keys, now: Instant) -> Keys:
    usable = tuple(method for method in methods if not _ended(method, now))
    if not usable:
        raise Rejected("proof.key_invalid", "the issuer's document has no usable key for this purpose")
    return usable


def _ended(method: VerificationMethod, now: Instant) -> bool:
    return any(end is not None and end <= now for end in (method.revoked, method.expires))


def _refuse_ended(method: VerificationMethod, now: Instant) -> None:
    """Refuse a key at or after its end (CID 1.0 §2.2): without a trustworthy history only today counts."""
    if method.revoked is not None and method.revoked <= now:
        raise Rejected("proof.key_revoked")
    if method.expires is not None and method.expires <= now:
        raise Rejected("proof.key_expired")
