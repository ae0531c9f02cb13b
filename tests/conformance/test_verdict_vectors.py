"""The W3C signature vectors, judged as records.

Their issuer, an https URL, is not the did:key that signed them: the signature holds, and the record must not.
"""

from typing import Any

import pytest

from ler_trust.model.instant import parse_date_time_stamp
from ler_trust.model.policy import ANY_ISSUER, DEFAULT, PROOF_ONLY
from ler_trust.model.report import Outcome
from tests.kit.vectors import VECTORS, contexts, needs_vectors, rows
from tests.kit.world import World

SUPPORTED = ("rdfc", "jcs", "Ed25519Signature2020", "proof-set-chain")
DOCUMENTS: list[dict[str, Any]] = [
    row
    for source in ("w3c/vc-di-eddsa", "w3c/vc-di-ecdsa")
    for row in rows(source, "signed-document")
    if any(name in row["file"] for name in SUPPORTED)
]


@needs_vectors
def test_there_are_as_many_as_published() -> None:
    assert len(DOCUMENTS) == 14


@needs_vectors
@pytest.mark.parametrize("row", DOCUMENTS, ids=lambda row: row["file"].split("/TestVectors/")[1])
async def test_a_vector_holds_as_a_signature_and_not_as_a_record(row: dict[str, Any]) -> None:
    world = World(contexts=contexts())
    world.clock.instant = parse_date_time_stamp("2025-01-01T00:00:00Z")[0]
    item = (VECTORS / row["file"]).read_bytes()
    signature = await world.verify_one(item, PROOF_ONLY)
    assert (signature.outcome, signature.reason) == (Outcome.VALID, None)
    for policy in (DEFAULT, ANY_ISSUER):
        record = await world.verify_one(item, policy)
        assert (record.outcome, record.reason) == (Outcome.INVALID, "proof.key_not_bound")
    assert world.web.asked == []
