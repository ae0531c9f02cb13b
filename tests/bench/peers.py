"""The sides that the service is measured beside, as teams of workers: peers, and bare signature checks."""

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from tests.bench import rust
from tests.bench.badges import CONTEXTS
from tests.bench.corpus import Corpus
from tests.bench.plan import Hall, Plan, parts
from tests.bench.processes import Worker

_OPEN_BADGES: Final = "open-badges-3.0.3.jsonld"
LISTS_KEPT: Final = "lists-kept"
AS_IT_COMES: Final = "default"


def service(
    workers: Hall, plan: Plan, found: Corpus, cores: int, share: dict[str, Any] | None = None
) -> Sequence[Worker]:
    """Return services that verify ``found`` in process, one on each of ``cores`` cores."""
    items = [item.for_service() for item in found.measured]
    shares = parts(items, plan.batches(len(items), cores), cores)
    return [
        workers.service("verify", {"rounds": rounds} | (share or {}), found, core)
        for core, rounds in zip(plan.cores, shares, strict=False)
    ]


def signatures(workers: Hall, plan: Plan, found: Corpus, cores: int) -> Sequence[Worker]:
    """Return checkers of the bare signatures by the fastest library that Python has."""
    return [
        workers.python("signatures", share, core)
        for core, share in zip(plan.cores, _bare(plan, found, cores), strict=False)
    ]


def native_signatures(workers: Hall, plan: Plan, found: Corpus, cores: int) -> Sequence[Worker]:
    """Return checkers of the bare signatures by the fastest native library, without Python."""
    assert plan.rust
    command = [str(plan.rust / rust.SIGNATURES)]
    return [
        workers.start(command, share, [core])
        for core, share in zip(plan.cores, _bare(plan, found, cores), strict=False)
    ]


def digitalbazaar(workers: Hall, plan: Plan, found: Corpus, cores: int, mode: str) -> Sequence[Worker]:
    """Return drivers of Digital Bazaar's ``vc`` that keep lists, or use it ``AS_IT_COMES``."""
    return [
        workers.start(["node", str(plan.peer)], share, [core], mode)
        for core, share in zip(plan.cores, _whole(plan, found, cores), strict=False)
    ]


def ssi(workers: Hall, plan: Plan, found: Corpus, cores: int) -> Sequence[Worker]:
    """Return drivers of ``ssi``."""
    assert plan.rust
    command = [str(plan.rust / rust.SSI)]
    context = resources.files("ler_trust.codec.contexts").joinpath(_OPEN_BADGES).read_text("utf-8")
    contexts = {"contexts": {CONTEXTS[1]: context}}
    return [
        workers.start(command, share | contexts, [core])
        for core, share in zip(plan.cores, _whole(plan, found, cores), strict=False)
    ]


def _bare(plan: Plan, found: Corpus, cores: int) -> list[dict[str, Any]]:
    warm_up = [item.bare() for item in found.warm_up]
    items = [item.bare() for item in found.measured]
    shares = parts(items, plan.batches(len(items), cores), cores)
    return [{"warm_up": warm_up, "rounds": rounds} for rounds in shares]


def _whole(plan: Plan, found: Corpus, cores: int) -> list[dict[str, Any]]:
    known = {"warm_up": [item.for_peers() for item in found.warm_up], "lists": found.lists()}
    items = [item.for_peers() for item in found.measured]
    shares = parts(items, plan.batches(len(items), cores), cores)
    return [known | {"rounds": rounds} for rounds in shares]
