"""Every code an answer can carry: stable names, a plain sentence each, the specification's own type URL.

A code never changes its meaning. The sentence is for a person who is not an engineer; the ``detail``
that accompanies a code in a result is for one who is. ``problem`` is the RFC 9457 ``type``: the
specification's URL where one is defined, else a page of this service, ``/problems/<name>``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

VCDM: Final = "https://www.w3.org/TR/vc-data-model#"
SECURITY: Final = "https://w3id.org/security#"
STATUS: Final = "https://www.w3.org/ns/credentials/status-list#"
DID: Final = "https://www.w3.org/ns/did#"

PARSING: Final = VCDM + "PARSING_ERROR"
MALFORMED: Final = VCDM + "MALFORMED_VALUE_ERROR"
RANGE: Final = VCDM + "RANGE_ERROR"
CRYPTOGRAPHIC: Final = VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR"
PROOF: Final = SECURITY + "PROOF_VERIFICATION_ERROR"
TRANSFORMATION: Final = SECURITY + "PROOF_TRANSFORMATION_ERROR"
DATA_LOSS: Final = SECURITY + "DATA_LOSS_DETECTION_ERROR"


@dataclass(frozen=True, slots=True)
class Code:
    """One stable code: its dotted ``name``, a plain ``summary``, its problem ``type`` URL or path."""

    name: str
    summary: str
    problem: str


def _code(name: str, summary: str, problem: str | None = None) -> Code:
    return Code(name, summary, problem or f"/problems/{name}")


def _table(codes: Iterable[Code]) -> Mapping[str, Code]:
    table: dict[str, Code] = {}
    for code in codes:
        if code.name in table:
            raise ValueError(f"the code {code.name} is listed twice")
        table[code.name] = code
    return MappingProxyType(table)


CODES: Final[Mapping[str, Code]] = _table(
    [
        # The submitted bytes.
        _code("format.json", "This is not a readable JSON document.", PARSING),
        _code("format.encoding", "The text is not valid UTF-8.", PARSING),
        _code(
            "format.duplicate_key",
            "The document gives one name two values, so it can be read in two ways.",
            PARSING,
        ),
        _code("format.too_deep", "The document is nested too deeply.", PARSING),
        _code("format.too_large", "The document is larger than this service accepts.", PARSING),
        _code("format.number", "The document has a number that cannot be represented exactly.", PARSING),
        _code("format.surrogate", "The document has text that is not valid Unicode.", PARSING),
        _code("format.token", "This is not a readable signed token.", PARSING),
        _code("format.unsupported", "This kind of record is not supported yet."),
        _code("format.engine_fault", "The service made a mistake on this record."),
        _code("format.unsecured", "The record carries no signature.", PROOF),
        _code(
            "format.credential", "The record does not have the form of a verifiable credential.", MALFORMED
        ),
        # JSON-LD.
        _code("context.unknown", "The record uses a vocabulary that this service does not know."),
        _code(
            "context.order",
            "The record does not begin with the vocabulary that every credential must begin with.",
            MALFORMED,
        ),
        _code("context.inline", "The record defines words of its own, so its meaning cannot be relied on."),
        _code(
            "context.nested",
            "A part of the record changes the vocabulary, so its meaning cannot be relied on.",
        ),
        _code("jsonld.invalid", "The record's vocabulary cannot be applied to it.", TRANSFORMATION),
        _code("jsonld.data_loss", "The record has parts that its signature does not cover.", DATA_LOSS),
        _code(
            "jsonld.not_compact",
            "The record is written in an unusual way, so parts of it could be overlooked.",
        ),
        _code("graph.too_complex", "The record is built so that checking it would take too long."),
        # Proof.
        _code("proof.malformed", "The record's signature is not in the form it must have.", PROOF),
        _code(
            "proof.signature",
            "The signature does not match: the record was changed or not signed by this issuer.",
            CRYPTOGRAPHIC,
        ),
        _code("proof.purpose", "The signature was made for another purpose.", PROOF),
        _code("proof.suite_unsupported", "The kind of signature is not supported."),
        _code("proof.algorithm_unsupported", "The signature algorithm is not supported."),
        _code("proof.algorithm", "The signature algorithm does not fit the issuer's key.", PROOF),
        _code(
            "proof.header",
            "The signed token has a header that must not be there or is not understood.",
            PROOF,
        ),
        _code("proof.claims", "The signed token contradicts the record inside it.", MALFORMED),
        _code(
            "proof.chain", "The record's signatures refer to each other in a way that does not hold.", PROOF
        ),
        _code("proof.too_many", "The record carries more signatures than this service checks."),
        _code("proof.expired", "The signature's own period of validity is over.", PROOF),
        _code("proof.not_yet_valid", "The signature is dated in the future.", PROOF),
        _code(
            "proof.key_not_bound", "The signing key does not belong to the issuer the record names.", PROOF
        ),
        _code("proof.key_not_named", "The record does not say which of the issuer's keys signed it."),
        _code(
            "proof.key_url",
            "The name of the signing key is not a valid address.",
            SECURITY + "INVALID_VERIFICATION_METHOD_URL",
        ),
        _code(
            "proof.key_document",
            "The document that should hold the signing key is not valid.",
            SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT",
        ),
        _code(
            "proof.key_document_id",
            "The document that should hold the signing key speaks for somebody else.",
            SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID",
        ),
        _code(
            "proof.key_invalid",
            "The signing key is missing from the issuer's document or not valid there.",
            SECURITY + "INVALID_VERIFICATION_METHOD",
        ),
        _code(
            "proof.key_relationship",
            "The issuer did not allow this key to sign credentials.",
            SECURITY + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
        ),
        _code("proof.key_revoked", "The issuer has revoked the signing key.", PROOF),
        _code("proof.key_expired", "The signing key has expired.", PROOF),
        _code("proof.key_unresolved", "The issuer's keys could not be looked up."),
        # Decentralised identifiers.
        _code("did.invalid", "The issuer's identifier is not valid.", DID + "INVALID_DID"),
        _code(
            "did.method_unsupported",
            "The issuer's kind of identifier is not supported.",
            DID + "METHOD_NOT_SUPPORTED",
        ),
        _code("did.not_found", "The issuer's identifier could not be found.", DID + "NOT_FOUND"),
        _code("did.deactivated", "The issuer has given up this identifier.", DID + "NOT_FOUND"),
        _code("did.document", "The issuer's published document is not valid.", DID + "INVALID_DID_DOCUMENT"),
        _code(
            "did.unreachable", "The issuer's published document could not be reached.", DID + "INTERNAL_ERROR"
        ),
        _code("did.url_invalid", "The address is not a valid DID URL.", DID + "INVALID_DID_URL"),
        _code(
            "did.representation",
            "The DID document is not available in the form asked for.",
            DID + "REPRESENTATION_NOT_SUPPORTED",
        ),
        _code(
            "did.option_unsupported",
            "This resolution option is not supported.",
            DID + "FEATURE_NOT_SUPPORTED",
        ),
        # Validity period.
        _code("validity.expired", "The record has expired."),
        _code("validity.not_yet_valid", "The record is not valid yet."),
        _code("validity.malformed", "The record's dates cannot be read.", MALFORMED),
        # Status.
        _code("status.revoked", "Revoked by the issuer."),
        _code("status.suspended", "Suspended by the issuer for now."),
        _code("status.refresh", "The issuer has a newer version of this record."),
        _code("status.message", "The issuer has attached a message to this record."),
        _code(
            "status.type_unsupported",
            "The record's status is kept in a way that is not supported, so revocation could not be checked.",
        ),
        _code(
            "status.entry_malformed",
            "The record's status entry cannot be read, so revocation could not be checked.",
            MALFORMED,
        ),
        _code("status.too_many", "The record has more status entries than this service checks."),
        _code(
            "status.list_self",
            "The record names itself as its own status list, so revocation could not be checked.",
            MALFORMED,
        ),
        _code(
            "status.list_unreachable",
            "The issuer's status list could not be reached, so revocation could not be checked.",
            STATUS + "STATUS_RETRIEVAL_ERROR",
        ),
        _code(
            "status.list_malformed",
            "The issuer's status list cannot be read, so revocation could not be checked.",
            MALFORMED,
        ),
        _code("status.list_too_large", "The issuer's status list is larger than this service accepts."),
        _code(
            "status.list_signature",
            "The issuer's status list is not properly signed, so revocation could not be checked.",
            STATUS + "STATUS_VERIFICATION_ERROR",
        ),
        _code(
            "status.list_issuer",
            "The status list comes from somebody other than the issuer.",
            STATUS + "STATUS_VERIFICATION_ERROR",
        ),
        _code(
            "status.list_purpose",
            "The status list is for another purpose.",
            STATUS + "STATUS_VERIFICATION_ERROR",
        ),
        _code(
            "status.list_expired",
            "The issuer's status list is out of date, so revocation could not be checked.",
            STATUS + "STATUS_VERIFICATION_ERROR",
        ),
        _code(
            "status.list_not_yet_valid",
            "The issuer's status list is not valid yet, so revocation could not be checked.",
            STATUS + "STATUS_VERIFICATION_ERROR",
        ),
        _code(
            "status.list_too_short",
            "The issuer's status list is shorter than allowed.",
            STATUS + "STATUS_LIST_LENGTH_ERROR",
        ),
        _code("status.list_stale", "The issuer's status list could not be renewed; an older copy was used."),
        _code(
            "status.value_unknown",
            "The record's status has a value whose meaning is not known, so it could not be checked.",
        ),
        _code(
            "status.list_unsigned",
            "The status list is not signed: only the connection to its host vouches for it.",
        ),
        _code(
            "status.list_tracking",
            "The status list serves this record alone, so asking for it tells its host which record is checked.",
        ),
        _code(
            "status.not_at_time",
            "The status at the time asked about could not be had; the present one was used.",
        ),
        _code(
            "status.set_since",
            "The issuer has revoked or suspended the record since the time asked about.",
        ),
        _code("status.index_out_of_range", "The record points outside the issuer's status list.", RANGE),
        # Issuer.
        _code("issuer.not_recognised", "No trusted registry knows this issuer."),
        _code("issuer.registry_unreachable", "A registry of trusted issuers could not be asked."),
        _code(
            "issuer.type_not_authorised", "The issuer is known but not authorised for this type of record."
        ),
        _code("issuer.place_not_authorised", "The issuer is known but not authorised for this place."),
        _code("issuer.time_not_authorised", "The issuer is known but was not authorised at that time."),
        _code("issuer.suspended", "The issuer's authorisation is suspended."),
        _code("issuer.withdrawn", "The issuer's authorisation has been withdrawn."),
        _code(
            "issuer.no_longer_authorised",
            "The issuer was authorised when the record was issued and is not any more.",
        ),
        # What is named and not done.
        _code("schema.not_checked", "The record's data schema was not checked."),
        _code(
            "holder.not_checked", "Whether the person presenting the record is its subject was not checked."
        ),
        _code("embedded.not_valid", "A record inside this one is not valid."),
        _code("embedded.undecided", "A record inside this one could not be checked."),
        _code("check.not_run", "Not checked, because the record could not be shown to be genuine."),
        _code("check.not_required", "Not required by the policy."),
        # Batches.
        _code("batch.line", "This line of the request could not be read."),
        _code("batch.deadline", "Time ran out before this record could be checked."),
        # Outbound requests.
        _code("fetch.forbidden", "The address is one that this service does not connect to."),
        _code("fetch.unreachable", "The address could not be reached."),
        _code("fetch.timeout", "The address did not answer in time."),
        _code("fetch.too_large", "The answer was larger than this service accepts."),
        _code("fetch.status", "The address answered with an error."),
        _code("fetch.redirect", "The address redirected to a place that this service does not follow."),
        _code("fetch.not_found", "There is nothing at the address."),
        _code("fetch.malformed", "The address answered with something that cannot be read."),
        _code("fetch.offline", "The address is not among the files given for offline checking."),
        _code("fetch.busy", "The address failed repeatedly and is being left alone for a while."),
        # Signers that hold keys for this service.
        _code("signer.unreachable", "The signer that holds the key could not be reached."),
        _code("signer.refused", "The signer that holds the key does not accept this service."),
        _code("signer.key_missing", "The signer does not have this key."),
        _code("signer.device_missing", "The hardware that holds the key is not connected."),
        _code("signer.locked", "The hardware that holds the key has not been unlocked."),
        _code("signer.failed", "The signer could not sign."),
        _code("signer.malformed", "The signer answered with something that is not what was asked for."),
        # Requests to this service.
        _code("request.malformed", "The request cannot be read."),
        _code("request.invalid", "The request has a part that is not valid."),
        _code("request.too_large", "The request is larger than this service accepts."),
        _code("request.media_type", "The request's media type is not supported."),
        _code("request.not_acceptable", "None of the media types asked for can be produced."),
        _code("request.unauthenticated", "The request carries no valid API key."),
        _code("request.forbidden", "The API key does not allow this."),
        _code("request.rate_limited", "Too many requests; try again later."),
        _code("request.not_found", "There is no such thing here."),
        _code("request.method", "This address does not support the request's method."),
        _code("request.conflict", "The change does not fit the present state."),
        _code("request.list_full", "The status list has no free entry left."),
        _code("request.not_allocated", "The status list entry was never allocated."),
        _code(
            "request.no_such_time",
            "The status list is not available as it was at that time.",
            STATUS + "STATUS_RETRIEVAL_ERROR",
        ),
        _code(
            "request.not_signed", "The list's issuer has not signed it in this form, or not lately enough."
        ),
        _code(
            "request.stale_version", "The status list is not, or no longer, at the version that was signed."
        ),
        _code("request.other_rendering", "What was signed is not what the status list says."),
        _code("request.signature", "The issuer's key for this list has not signed this."),
        _code("request.other_credential", "The status list entry was allocated for another credential."),
        _code("request.key_reused", "The idempotency key was used before, for another request."),
        _code("request.final", "A revocation is final and cannot be undone."),
        _code("request.unavailable", "The service cannot do this at the moment."),
        _code("request.configuration", "The service is not configured so that it can work."),
        _code("request.internal", "The service made a mistake."),
    ]
)


def code_named(name: str) -> Code:
    """Return the code called ``name``; a name that is not listed is a bug and raises ``KeyError``."""
    return CODES[name]
