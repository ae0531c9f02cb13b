"""Proof sets and proof chains on a document (Data Integrity 1.0 §4.4, §4.5).

Every proof is judged by itself. One that names earlier proofs (``previousProof``) signs the document
together with them, and counts only when they hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ler_trust.codec import jsonld
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import KeyNeed, Material, ProofOutcome
from ler_trust.model.limits import Limits
from ler_trust.suites import signatures, table
from ler_trust.suites.compact_form import require_compact, require_plain_proof, require_plain_words
from ler_trust.suites.cryptosuite import Cryptosuite, Document, Workspace, hash_data
from ler_trust.suites.proof import PURPOSE, Proof, read
from ler_trust.suites.signatures import KIND_OF


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a document's proofs; ``covered`` is what the first that holds has signed, or ``None``.

    ``covered`` has no ``proof``.
    """

    outcomes: tuple[ProofOutcome, ...]
    covered: Document | None


def key_needs(document: Document, issuer: str, limits: Limits) -> tuple[KeyNeed, ...]:
    """Return the keys that the proofs of ``document`` need, each once; raises as :func:`verify` does."""
    proofs = (_read(value) for _, value in _members(document, limits))
    needs = [_need(proof, issuer) for proof in proofs if isinstance(proof, Proof)]
    return tuple(dict.fromkeys(needs))


def verify(document: Document, issuer: str, material: Material, space: Workspace, limits: Limits) -> Verified:
    """Judge every proof of ``document``.

    Raises ``Rejected('format.unsecured')`` when there is none and ``Undecided('proof.too_many')`` when there
    are more than ``limits.proofs``; ``KeyError`` when ``material`` lacks what :func:`key_needs` asked for.
    """
    proofs = _ProofSet(document, issuer, material, space, limits)
    outcomes = tuple(proofs.outcome(index) for index in range(len(proofs)))
    return Verified(outcomes, proofs.covered())


def matching(document_proofs: Sequence[Any], ids: Sequence[str]) -> list[int]:
    """Return which proofs the ``ids`` name, in the document's order.

    Raises ``Rejected('proof.chain')`` unless each id names exactly one.
    """
    present = [proof.get("id") if isinstance(proof, dict) else None for proof in document_proofs]
    for one in ids:
        if present.count(one) != 1:
            raise Rejected("proof.chain", f"previousProof names {present.count(one)} proofs, not one")
    return [index for index, one in enumerate(present) if one in ids]


def signed_with(document: Document, previous: Sequence[Any]) -> Document:
    """Return ``document`` with no proof but the ``previous`` ones, as a chained proof signs it."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    return {**bare, "proof": list(previous)} if previous else bare


class _ProofSet:
    """The proofs of one document, judged on demand so that a chain is walked from its beginning."""

    def __init__(
        self, document: Document, issuer: str, material: Material, space: Workspace, limits: Limits
    ) -> None:
        self._document = document
        self._issuer = issuer
        self._keys = material.keys
        self._space = space
        members = _members(document, limits)
        self._pointers = [pointer for pointer, _ in members]
        self._values = [value for _, value in members]
        self._proofs = [_read(value) for value in self._values]
        self._failures: dict[int, Failure | None] = {}
        self._open: set[int] = set()

    def __len__(self) -> int:
        return len(self._proofs)

    def outcome(self, index: int) -> ProofOutcome:
        proof, pointer, failure = self._proofs[index], self._pointers[index], self._failure(index)
        located = None if failure is None else failure.at(failure.pointer or pointer)
        if isinstance(proof, Failure):
            value = self._values[index]
            suite = table.name_of(value) if isinstance(value, dict) else ""
            return ProofOutcome(pointer, suite, None, located)
        return ProofOutcome(pointer, proof.suite.name, proof.method, located, proof.created, proof.expires)

    def covered(self) -> Document | None:
        """Return the document as the first proof that holds has signed it, without any proof."""
        for index, proof in enumerate(self._proofs):
            if isinstance(proof, Proof) and self._failure(index) is None:
                return proof.suite.transform.arrange(signed_with(self._document, ()), proof.members)[0]
        return None

    def _failure(self, index: int) -> Failure | None:
        if index not in self._failures:
            self._failures[index] = self._judged(index)
        return self._failures[index]

    def _judged(self, index: int) -> Failure | None:
        proof = self._proofs[index]
        if isinstance(proof, Failure):
            return proof
        self._open.add(index)
        try:
            self._check(proof)
        except (Rejected, Undecided) as finding:
            return Failure.of(finding)
        finally:
            self._open.discard(index)
        return None

    def _check(self, proof: Proof) -> None:
        self._require_distinct_id(proof)
        previous = matching(self._values, proof.previous)
        self._require_to_hold(previous)
        method = self._key(proof)
        document = signed_with(self._document, [self._values[index] for index in previous])
        _require_signature(proof, method, document, self._space)

    def _require_distinct_id(self, proof: Proof) -> None:
        if "id" in proof.members:
            matching(self._values, [proof.members["id"]])

    def _require_to_hold(self, previous: Sequence[int]) -> None:
        for index in previous:
            if index in self._open:
                raise Rejected("proof.chain", "the proofs refer to each other in a circle")
            failure = self._failure(index)
            if failure is not None:
                raise _chained(failure)

    def _key(self, proof: Proof) -> VerificationMethod:
        found = self._keys[_need(proof, self._issuer)]
        if isinstance(found, Failure):
            raise found.at("").raised()  # its own pointer is into another document
        return found[0]


def _chained(failure: Failure) -> Rejected | Undecided:
    detail = f"the previous proof does not hold: {failure.code}"
    return Failure(failure.decided, "proof.chain", detail, retryable=failure.retryable).raised()


def _require_signature(
    proof: Proof, method: VerificationMethod, document: Document, space: Workspace
) -> None:
    algorithm = _algorithm(proof.suite, method)
    expected = signatures.LENGTHS[KIND_OF[algorithm]]
    if len(proof.signature) != expected:
        raise Rejected("proof.malformed", f"the signature has {len(proof.signature)} bytes, not {expected}")
    data = hash_data(proof.suite, method.key.kind, document, proof.members, space)
    if not signatures.verify(method.key, algorithm, data, proof.signature):
        raise Rejected("proof.signature")
    if proof.suite.transform.linked_data:
        # Only now: a context that a stranger put in changes what was signed and has failed above.
        for finding in jsonld.context_findings(document):
            raise finding.raised()
        require_compact(document)
        require_plain_proof(proof.members)
    else:
        require_plain_words(document)


def _algorithm(suite: Cryptosuite, method: VerificationMethod) -> signatures.Algorithm:
    algorithm = suite.algorithms.get(method.key.kind)
    if algorithm is None or not signatures.fits(method.key, algorithm):
        raise Rejected("proof.algorithm", f"{suite.name} does not sign with a key of kind {method.key.kind}")
    return algorithm


def _need(proof: Proof, issuer: str) -> KeyNeed:
    return KeyNeed(issuer, proof.method, PURPOSE)


def _read(value: Any) -> Proof | Failure:
    try:
        return read(value)
    except (Rejected, Undecided) as finding:
        return Failure.of(finding)


def _members(document: Mapping[str, Any], limits: Limits) -> list[tuple[str, Any]]:
    """Return the proofs of ``document`` with their pointers."""
    proof = document.get("proof")
    if proof is None or proof == []:
        raise Rejected("format.unsecured", pointer="/proof" if "proof" in document else "")
    if not isinstance(proof, list):
        return [("/proof", proof)]
    if len(proof) > limits.proofs:
        raise Undecided("proof.too_many", f"{len(proof)} proofs, more than {limits.proofs}", "/proof")
    return [(f"/proof/{index}", value) for index, value in enumerate(proof)]
