"""What the native engine remembers is what it finds anew: for the same caller, bytes, keys and contexts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ler_trust.codec.contexts import with_added
from ler_trust.errors import Failure
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed
from ler_trust.model.limits import Limits
from tests.differential.comparison import LIMITS, native_engine
from tests.differential.mutations import mutated_bytes
from tests.differential.samples import added_contexts, generated, material_for, vectors

Keys = Mapping[KeyNeed, tuple[VerificationMethod, ...] | Failure]

MOST: Final = 100_000
_LATER: Final = Failure(False, "proof.key_unresolved", "nobody there", retryable=True)


class Remembering:
    """An engine with a memory, and how often it was of use."""

    def __init__(self, limits: Limits = LIMITS, most: int = MOST) -> None:
        native_engine()  # fails or skips where there is none
        from ler_trust import _native

        self._engine = _native.Engine(limits, 2, most)
        self._contexts = _native.Contexts

    def ask(
        self,
        items: Sequence[bytes],
        keys: Keys,
        scope: str | None = "a",
        contexts: Mapping[str, bytes] = MappingProxyType({}),
    ) -> tuple[list[Authentication], int]:
        """Return the outcomes, and how many of them were remembered."""
        known = self._contexts(dict(with_added({**added_contexts(), **contexts})))
        before = self._engine.remembered_hits
        found = list(self._engine.authenticate(items, keys, known, True, None, scope))
        return found, self._engine.remembered_hits - before


@pytest.fixture(scope="module")
def items() -> list[bytes]:
    random = Random("remembered")  # noqa: S311 - the same changes every time are the point
    whole = [sample.content for sample in generated() + vectors()]
    return list(dict.fromkeys(whole + [mutated_bytes(random, item) for item in whole[:200]]))


@pytest.fixture(scope="module")
def keys(items: list[bytes]) -> Keys:
    return material_for(native_engine().survey(items)).keys


def judged(outcomes: Sequence[Authentication]) -> int:
    """Return how many have an outcome that another time is the same."""
    return sum(any(proof.failure is None for proof in outcome.proofs) for outcome in outcomes)


def failed(outcomes: Sequence[Authentication], how: Callable[[Failure], bool]) -> int:
    """Return how many have a proof that failed in this way."""
    return sum(
        any(proof.failure is not None and how(proof.failure) for proof in outcome.proofs)
        for outcome in outcomes
    )


def test_remembered_outcomes_are_those_found_anew(items: list[bytes], keys: Keys) -> None:
    engine = Remembering()
    anew, hits = engine.ask(items, keys)
    assert hits == 0
    again, hits = engine.ask(items, keys)
    assert again == anew == engine.ask(items, keys, scope=None)[0]
    codes = {proof.failure.code for outcome in anew for proof in outcome.proofs if proof.failure is not None}
    assert {"proof.signature", "proof.chain", "proof.claims", "proof.key_not_bound"} <= codes
    assert hits >= judged(anew) > 50


def test_nothing_is_remembered_for_another_caller(items: list[bytes], keys: Keys) -> None:
    engine = Remembering()
    found, _ = engine.ask(items, keys)
    assert engine.ask(items, keys, scope="b") == (found, 0)
    assert engine.ask(items, keys, scope="") == (found, 0)
    assert engine.ask(items, keys, scope=None) == (found, 0)


def test_other_keys_are_asked_anew(items: list[bytes], keys: Keys) -> None:
    other = {need: _exchanged(found) for need, found in keys.items()}
    engine = Remembering()
    engine.ask(items, keys)
    found, hits = engine.ask(items, other)
    assert found == Remembering().ask(items, other, scope=None)[0]
    # Only records that need no key, or none that was found, are the same with these.
    assert hits < len(items) // 2
    assert not any(proof.failure is None for outcome in found for proof in outcome.proofs)


@pytest.mark.parametrize(
    "change",
    [
        lambda method: replace(method, id=method.id + "-2"),
        lambda method: replace(method, key=PublicKey(method.key.kind, method.key.material, "ES512")),
        lambda method: replace(method, key=PublicKey(method.key.kind, method.key.material, "")),
    ],
)
def test_every_part_of_a_key_counts(change: Any) -> None:
    items = [sample.content for sample in generated()[:3]]
    keys = material_for(native_engine().survey(items)).keys
    other = {
        need: found if isinstance(found, Failure) else tuple(map(change, found))
        for need, found in keys.items()
    }
    engine = Remembering()
    engine.ask(items, keys)
    assert engine.ask(items, other)[1] == 0
    assert engine.ask(items, keys)[1] == len(items)


def test_other_bytes_are_asked_anew(items: list[bytes], keys: Keys) -> None:
    engine = Remembering()
    engine.ask(items, keys)
    assert engine.ask([item + b" " for item in items], keys)[1] == 0


def test_other_contexts_are_asked_anew(items: list[bytes], keys: Keys) -> None:
    engine = Remembering()
    found, _ = engine.ask(items, keys)
    assert engine.ask(items, keys, contexts={"https://example.org/one": b'{"@context":{}}'}) == (found, 0)


def test_circumstances_are_not_remembered() -> None:
    items = [sample.content for sample in generated()]
    found = material_for(native_engine().survey(items)).keys
    later: Keys = dict.fromkeys(found, _LATER)
    engine = Remembering()
    engine.ask(items, later)
    outcomes, hits = engine.ask(items, later)
    waiting = failed(outcomes, lambda failure: failure.retryable)
    assert waiting > 40
    assert hits <= len(items) - waiting
    hasty = Remembering(replace(LIMITS, rdf_seconds=0.0))
    documents = [item for item in items if item.startswith(b"{") and b"-rdfc-" in item]
    hasty.ask(documents, found)
    outcomes, hits = hasty.ask(documents, found)
    given_up = failed(outcomes, lambda failure: failure.code == "graph.too_complex")
    assert given_up > 5
    assert hits <= len(documents) - given_up


def test_an_engine_without_a_memory_remembers_nothing(items: list[bytes], keys: Keys) -> None:
    engine = Remembering(most=0)
    engine.ask(items[:5], keys)
    assert engine.ask(items[:5], keys)[1] == 0


def test_a_full_memory_forgets(items: list[bytes], keys: Keys) -> None:
    engine = Remembering(most=16)
    found, _ = engine.ask(items, keys)
    again, hits = engine.ask(items, keys)
    assert again == found
    assert hits <= 32  # two threads at different ends of the batch


def _exchanged(found: tuple[VerificationMethod, ...] | Failure) -> tuple[VerificationMethod, ...] | Failure:
    """Return the same methods with keys that nobody has signed with."""
    if isinstance(found, Failure):
        return found
    return tuple(replace(method, key=_other(method.key)) for method in found)


def _other(key: PublicKey) -> PublicKey:
    material = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw()
    return PublicKey(KeyKind.ED25519, material, key.algorithm)
