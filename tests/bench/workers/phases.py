"""Where the time of one linked-data credential goes in the reference engine, by the engine's own functions.

Each credential is verified twice: by the engine as a whole, and step by step with a clock around every step.
Contexts have been processed before, as they have after the first credential of any batch.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final

from ler_trust.codec import multibase, rdfc
from ler_trust.codec.contexts import PINNED
from ler_trust.codec.deserialization import dataset_of
from ler_trust.codec.expansion import expand
from ler_trust.model.engine import KeyNeed, Material
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites import record, signatures, transforms
from ler_trust.suites.cryptosuite import canonical_json
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.signatures import Algorithm
from tests.bench.workers.keys import methods, public_key
from tests.bench.workers.protocol import share, tell

_WARM_UP: Final = 20
_MICROSECONDS: Final = 1e6


class _Clocks:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.seconds[name] += perf_counter() - started


def _material(items: list[dict[str, str]], engine: ReferenceEngine) -> Material:
    found = {}
    for item, survey in zip(items, engine.survey([item["content"].encode() for item in items]), strict=True):
        (need,) = survey.keys
        found[need] = methods(item, need)
    return Material(dict[KeyNeed, Any](found))


def _walk(item: dict[str, str], clocks: _Clocks) -> None:
    with clocks.phase("parse"):
        document = record.parse(item["content"].encode(), DEFAULT_LIMITS)
    assert isinstance(document, Mapping)
    proof = document["proof"]
    bare = {name: value for name, value in document.items() if name != "proof"}
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    digests = b"".join(_digest(part, clocks) for part in reversed(transforms.RDFC.arrange(bare, config)))
    key = public_key(item)
    with clocks.phase("verify"):
        signature = multibase.decode_base58btc(proof["proofValue"])
        holds = signatures.verify(key, Algorithm.EDDSA, digests, signature)
    assert holds


def _digest(part: Mapping[str, Any], clocks: _Clocks) -> bytes:
    with clocks.phase("expand"):
        canonical_json(part)  # the engine's key for forms it has made already
        expanded = expand(part, PINNED, DEFAULT_LIMITS)
    with clocks.phase("to-rdf"):
        dataset = dataset_of(expanded, DEFAULT_LIMITS.rdf_quads)
    with clocks.phase("canonicalise"):
        canonical = rdfc.canonicalize(dataset)
    with clocks.phase("hash"):
        return hashlib.sha256(canonical).digest()


def main() -> None:
    """Measure, and tell the mean microseconds a credential."""
    items = share()["items"]
    engine, clocks = ReferenceEngine(), _Clocks()
    material = _material(items, engine)
    for item in items[:_WARM_UP]:
        _walk(item, _Clocks())
    measured = items[_WARM_UP:]
    for item in measured:
        _walk(item, clocks)
    started = perf_counter()
    outcomes = engine.authenticate([item["content"].encode() for item in measured], material)
    clocks.seconds["whole"] = perf_counter() - started
    assert all(outcome.secured is not None for outcome in outcomes)
    phases = {name: _MICROSECONDS * seconds / len(measured) for name, seconds in clocks.seconds.items()}
    tell({"microseconds": phases})


if __name__ == "__main__":
    main()
