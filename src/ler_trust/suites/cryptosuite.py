"""What a Data Integrity cryptosuite is, and how what it signs is put together (Data Integrity 1.0 §4)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256, sha384
from typing import Any, Final, Literal

from ler_trust.codec import jcs, jsonld, rdfc
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.did import KeyKind
from ler_trust.model.limits import Limits
from ler_trust.suites.signatures import Algorithm

Document = Mapping[str, Any]
Digest = Literal["sha256", "sha384"]

DATA_INTEGRITY_PROOF: Final = "DataIntegrityProof"


@dataclass(frozen=True, slots=True)
class Transform:
    """How documents become bytes.

    ``arrange`` takes the document without its proof and the proof without its value, and returns both with
    the ``@context`` they are hashed with. ``linked_data`` says that bytes are canonical N-Quads, else
    canonical JSON.
    """

    arrange: Callable[[Document, Document], tuple[Document, Document]]
    linked_data: bool


@dataclass(frozen=True, slots=True)
class Cryptosuite:
    """A row of the table: what proofs name, how documents become bytes, which algorithm goes with a key."""

    name: str
    transform: Transform
    algorithms: Mapping[KeyKind, Algorithm]
    proof_type: str = DATA_INTEGRITY_PROOF
    created_required: bool = False


class Workspace:
    """The canonical forms needed for one item: each made once, all of them within one time limit.

    ``contexts`` are all JSON-LD contexts allowed, by URL.
    """

    def __init__(self, contexts: Mapping[str, bytes], limits: Limits) -> None:
        self._contexts = contexts
        self._limits = limits
        self._seconds_left = limits.rdf_seconds
        self._made: dict[tuple[bytes, Digest], bytes | Failure] = {}

    def canonical(self, transform: Transform, value: Document, digest: Digest) -> bytes:
        """Return the canonical form of ``value``.

        Raises what the codec raises, and ``Undecided('graph.too_complex')`` when the time is used up.
        """
        if self._seconds_left <= 0:
            raise Undecided("graph.too_complex", "the time for this record was used up")
        started = time.perf_counter()
        try:
            plain = canonical_json(value)
            return self._n_quads(plain, value, digest) if transform.linked_data else plain
        finally:
            self._seconds_left -= time.perf_counter() - started

    def _n_quads(self, plain: bytes, value: Document, digest: Digest) -> bytes:
        key = (plain, digest)
        if key not in self._made:
            self._made[key] = self._attempt(value, digest)
        made = self._made[key]
        if isinstance(made, Failure):
            raise made.raised()
        return made

    def _attempt(self, value: Document, digest: Digest) -> bytes | Failure:
        limits = replace(self._limits, rdf_seconds=self._seconds_left)
        try:
            return rdfc.canonicalize(jsonld.to_dataset(value, self._contexts, limits), digest, limits)
        except (Rejected, Undecided) as finding:
            return Failure.of(finding)


def canonical_json(value: Document) -> bytes:
    """Return the RFC 8785 form of ``value``; raises ``Rejected('format.json')`` where there is none."""
    try:
        return jcs.canonicalize(value)
    except ValueError as error:
        raise Rejected("format.json", f"no canonical form: {error}") from None


def digest_of(kind: KeyKind) -> Digest:
    """Return the hash that goes with a kind of key: SHA-384 with P-384, else SHA-256 (DI ECDSA §3.2)."""
    return "sha384" if kind is KeyKind.P384 else "sha256"


def hash_data(
    suite: Cryptosuite, kind: KeyKind, document: Document, proof: Document, space: Workspace
) -> bytes:
    """Return what is signed: the hash of the proof configuration, then the hash of the document.

    ``document`` has no ``proof`` but the previous ones; ``proof`` may still hold its ``proofValue``.
    Raises what :meth:`Workspace.canonical` raises, and ``Rejected('proof.signature')`` when the proof
    was made for another ``@context``.
    """
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    hashed_document, hashed_config = suite.transform.arrange(document, config)
    digest = digest_of(kind)
    hasher = sha384 if digest == "sha384" else sha256
    config_form = space.canonical(suite.transform, hashed_config, digest)
    document_form = space.canonical(suite.transform, hashed_document, digest)
    return hasher(config_form).digest() + hasher(document_form).digest()
