import pytest

from ler_trust.codes import CODES, DID
from ler_trust.errors import Failure
from ler_trust.model.did import DidDocument
from ler_trust.resolve.resolution import not_resolved, resolved
from tests.kit.clock import MORNING


def test_document_and_its_media_type() -> None:
    document = DidDocument("did:web:a.example", {"id": "did:web:a.example"}, b"", MORNING, MORNING)
    result = resolved(document)
    assert result.status == 200
    assert result.body == {
        "didDocument": {"id": "did:web:a.example"},
        "didResolutionMetadata": {"contentType": "application/did"},
        "didDocumentMetadata": {},
    }


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("did.invalid", 400, "INVALID_DID"),
        ("did.url_invalid", 400, "INVALID_DID_URL"),
        ("did.not_found", 404, "NOT_FOUND"),
        ("did.representation", 406, "REPRESENTATION_NOT_SUPPORTED"),
        ("did.document", 500, "INVALID_DID_DOCUMENT"),
        ("did.unreachable", 500, "INTERNAL_ERROR"),
        ("did.method_unsupported", 501, "METHOD_NOT_SUPPORTED"),
        ("did.option_unsupported", 501, "FEATURE_NOT_SUPPORTED"),
        ("did.deactivated", 410, "NOT_FOUND"),
    ],
)
def test_error_is_a_problem_with_the_specifications_type_and_status(
    code: str, status: int, name: str
) -> None:
    result = not_resolved(Failure(True, code, "why"))
    assert result.status == status
    assert result.body["didDocument"] is None
    assert result.body["didResolutionMetadata"] == {
        "error": {"type": DID + name, "title": CODES[code].summary, "detail": "why"}
    }
    assert result.body["didDocumentMetadata"] == ({"deactivated": True} if code == "did.deactivated" else {})


def test_any_other_error_is_500() -> None:
    assert not_resolved(Failure(True, "proof.key_document_id", "why")).status == 500
