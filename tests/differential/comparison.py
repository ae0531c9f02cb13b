"""Runs both engines on the same records and names what they do not agree on."""

import importlib.util
import json
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest

from ler_trust.codec import json_safe
from ler_trust.codec.contexts import with_added
from ler_trust.contracts import Engine
from ler_trust.errors import Failure, Rejected, Undecided
from ler_trust.model.engine import Authentication, Material, ProofOutcome, SecuredCredential, Survey
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites.cryptosuite import Workspace
from ler_trust.suites.engine import ReferenceEngine
from ler_trust.suites.transforms import RDFC
from tests.differential.samples import material_for

# What an engine gives up for want of time depends on the machine, not on the record.
LIMITS = replace(DEFAULT_LIMITS, rdf_seconds=600.0)
REFERENCE = ReferenceEngine(LIMITS)


def native_engine(threads: int = 2) -> Any:
    """Return the native engine; fails the test when it was not built though it could have been."""
    if importlib.util.find_spec("ler_trust._native") is None:
        if shutil.which("cargo") is not None:
            pytest.fail("the native engine was not built although cargo is here (make native)")
        pytest.skip("NOT RUN: the native engine was not built, and there is no Rust toolchain here")
    from ler_trust.suites.native import NativeEngine

    return NativeEngine(LIMITS, threads)


def disagreements(
    native: Engine, items: Sequence[bytes], *, documents: bool = False, material: Material | None = None
) -> list[str]:
    """Return a line for each item that the engines see differently, with the samples' keys or those given."""
    theirs, ours = REFERENCE.survey(items), native.survey(items)
    material = material or material_for(theirs)
    expected = REFERENCE.authenticate(items, material, documents=documents)
    found = native.authenticate(items, material, documents=documents)
    assert len(ours) == len(found) == len(items)
    lines = []
    for item, wanted, given in zip(items, map(_survey, theirs), map(_survey, ours), strict=True):
        if wanted != given:
            lines.append(_told("survey", item, wanted, given))
    for item, wanted, given in zip(
        items, map(_authentication, expected), map(_authentication, found), strict=True
    ):
        if wanted != given:
            lines.append(_told("authentication", item, wanted, given))
    return lines


def canonical_disagreement(native: Any, document: dict[str, Any]) -> str | None:
    """Return a line when the canonical form of ``document`` is another, or fails in another way."""
    item = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    contexts = with_added(material_for([]).contexts)
    try:
        expected: Any = Workspace(contexts, LIMITS).canonical(RDFC, json_safe.loads(item), "sha256")
    except (Rejected, Undecided) as finding:
        expected = _failure(Failure.of(finding))
    found = native.canonical(item, material_for([]).contexts)
    shown = _failure(found) if isinstance(found, Failure) else found
    return None if shown == expected else _told("canonical form", item, expected, shown)


def _told(what: str, item: bytes, expected: object, found: object) -> str:
    return f"{what}\n  of {item!r}\n  reference: {expected}\n  native:    {found}"


def _survey(survey: Survey) -> object:
    return survey.form, survey.issuer, survey.keys, _failure(survey.failure)


def _authentication(outcome: Authentication) -> object:
    proofs = [_proof(proof) for proof in outcome.proofs]
    secured = None if outcome.secured is None else _secured(outcome.secured)
    return outcome.form, _failure(outcome.failure), proofs, secured


def _proof(proof: ProofOutcome) -> object:
    return proof.pointer, proof.suite, proof.method, _failure(proof.failure), proof.created, proof.expires


def _secured(secured: SecuredCredential) -> object:
    values = {field.name: getattr(secured, field.name) for field in fields(secured)}
    values["malformed"] = _failure(secured.malformed)
    values["warnings"] = [_failure(one) for one in secured.warnings]
    return values


def _failure(failure: Failure | None) -> object:
    """Return what must be equal.

    The sentence for engineers may say more in one engine than in the other; and of several parts of a
    document that would be lost, each engine names the one that it meets first.
    """
    if failure is None:
        return None
    pointer = "" if failure.code == "jsonld.data_loss" else failure.pointer
    return failure.decided, failure.code, pointer, failure.retryable
