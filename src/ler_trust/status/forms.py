"""The forms that a published list can be had in, how a client asks for each, and what makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ler_trust.contracts import Engine, StatusFormat
from ler_trust.model.did import KeyKind
from ler_trust.model.status import StatusReference
from ler_trust.status import credential_forms, token_forms, unsigned
from ler_trust.status.credential_forms import JCS, RDFC, CredentialForm
from ler_trust.status.unsigned import Unsigned
from ler_trust.status.version import IssuersKey, ListSigner, ListVersion

CREDENTIAL: Final = "application/vc"
DEFAULT_FORM: Final = "credential"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its ``name``, the media type it is served as, the media types it is asked for by.

    ``unsigned`` gives it to an issuer that signs for itself. ``entry`` says how a record refers to a list in
    this form. ``suites`` names the cryptosuite for each kind of key, where there is one.
    """

    name: str
    media_type: str
    accepted: tuple[str, ...]
    make: Callable[[ListVersion, ListSigner], bytes]
    unsigned: Callable[[ListVersion, IssuersKey], Unsigned]
    entry: Callable[[str, int, str], Mapping[str, Any]]
    suites: Mapping[KeyKind, str] | None = None


def forms(bitstring: StatusFormat, list_2021: StatusFormat | None, engine: Engine) -> Sequence[Form]:
    """Return every form; the first is what a client gets that does not mind."""

    def credential(
        status_format: StatusFormat, shape: str, secure: credential_forms.Secure
    ) -> CredentialForm:
        documents = {"2.0": credential_forms.document, "2021": credential_forms.document_2021}
        return CredentialForm(status_format, engine, documents[shape], secure)

    by_rdfc, by_jcs = credential_forms.with_proof(RDFC), credential_forms.with_proof(JCS)
    of_2021 = [] if list_2021 is None else [(list_2021, credential(list_2021, "2021", by_rdfc))]
    rdfc, jcs = credential(bitstring, "2.0", by_rdfc), credential(bitstring, "2.0", by_jcs)
    jwt = credential(bitstring, "2.0", credential_forms.as_jwt)
    plain = partial(_credential_status, bitstring)
    return (
        Form(
            DEFAULT_FORM,
            CREDENTIAL,
            (CREDENTIAL, "application/vc+ld+json", "application/ld+json", "application/json"),
            rdfc.make,
            partial(_with_proof, rdfc, (RDFC, JCS)),  # whichever of the two the issuer's software has
            plain,
            RDFC,
        ),
        Form("jcs", CREDENTIAL, (), jcs.make, partial(_with_proof, jcs, (JCS,)), plain, JCS),
        Form(
            "vc-jwt",
            "application/vc+jwt",
            ("application/vc+jwt",),
            jwt.make,
            partial(_as_jwt, jwt),
            plain,
        ),
        *(
            Form(
                "status-list-2021",
                CREDENTIAL,
                (f"{CREDENTIAL};type=StatusList2021Credential",),
                made.make,
                partial(_with_proof, made, (RDFC, JCS)),
                partial(_credential_status, status_format),
            )
            for status_format, made in of_2021
        ),
        _token("token-jwt", "application/statuslist+jwt", token_forms.as_jwt, unsigned.as_token_jwt),
        _token("token-cwt", "application/statuslist+cwt", token_forms.as_cwt, unsigned.as_token_cwt),
    )


def _token(
    name: str,
    media_type: str,
    make: Callable[[ListVersion, ListSigner], bytes],
    to_sign: Callable[[ListVersion, IssuersKey], Unsigned],
) -> Form:
    return Form(name, media_type, (media_type,), make, to_sign, _status_claim)


def _with_proof(
    form: CredentialForm, suites: Sequence[Mapping[KeyKind, str]], version: ListVersion, key: IssuersKey
) -> Unsigned:
    document = form.unsigned(version, key.issuer)
    return unsigned.as_document(document, version, key, [each[key.kind] for each in suites])


def _as_jwt(form: CredentialForm, version: ListVersion, key: IssuersKey) -> Unsigned:
    return unsigned.as_credential_jwt(form.unsigned(version, key.issuer), version, key)


def _credential_status(
    status_format: StatusFormat, address: str, index: int, purpose: str
) -> Mapping[str, Any]:
    """Return the ``credentialStatus`` of a record whose status is on the list at ``address``."""
    return status_format.entry(StatusReference(status_format.entry_type, address, index, purpose))


def _status_claim(address: str, index: int, _purpose: str) -> Mapping[str, Any]:
    """Return the ``status`` of a token whose status is on the list at ``address`` (Token Status List §6)."""
    return {"status_list": {"idx": index, "uri": address}}


def ways(form: Form, kind: KeyKind) -> Sequence[str]:
    """Return the media types by which ``form`` can be asked for on a list signed by that kind of key."""
    suites = form.suites or {}
    return (*form.accepted, *([f"{CREDENTIAL};cryptosuite={suites[kind]}"] if kind in suites else []))
