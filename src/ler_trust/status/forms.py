"""The forms that a published list can be had in, how a client asks for each, and what makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ler_trust.contracts import Engine, StatusFormat
from ler_trust.model.did import KeyKind
from ler_trust.status import credential_forms, token_forms
from ler_trust.status.credential_forms import JCS, RDFC, CredentialForm
from ler_trust.status.version import ListSigner, ListVersion

CREDENTIAL: Final = "application/vc"
DEFAULT_FORM: Final = "credential"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its ``name``, the media type it is served as, the media types it is asked for by.

    ``suites`` names the cryptosuite for each kind of key, where there is one.
    """

    name: str
    media_type: str
    accepted: tuple[str, ...]
    make: Callable[[ListVersion, ListSigner], bytes]
    suites: Mapping[KeyKind, str] | None = None


def forms(bitstring: StatusFormat, list_2021: StatusFormat | None, engine: Engine) -> Sequence[Form]:
    """Return every form; the first is what a client gets that does not mind."""

    def credential(
        status_format: StatusFormat, shape: str, secure: credential_forms.Secure
    ) -> CredentialForm:
        documents = {"2.0": credential_forms.document, "2021": credential_forms.document_2021}
        return CredentialForm(status_format, engine, documents[shape], secure)

    by_rdfc, by_jcs = credential_forms.with_proof(RDFC), credential_forms.with_proof(JCS)
    of_2021 = [] if list_2021 is None else [credential(list_2021, "2021", by_rdfc)]
    return (
        Form(
            DEFAULT_FORM,
            CREDENTIAL,
            (CREDENTIAL, "application/vc+ld+json", "application/ld+json", "application/json"),
            credential(bitstring, "2.0", by_rdfc).make,
            RDFC,
        ),
        Form("jcs", CREDENTIAL, (), credential(bitstring, "2.0", by_jcs).make, JCS),
        Form(
            "vc-jwt",
            "application/vc+jwt",
            ("application/vc+jwt",),
            credential(bitstring, "2.0", credential_forms.as_jwt).make,
        ),
        *(
            Form("status-list-2021", CREDENTIAL, (f"{CREDENTIAL};type=StatusList2021Credential",), each.make)
            for each in of_2021
        ),
        Form("token-jwt", "application/statuslist+jwt", ("application/statuslist+jwt",), token_forms.as_jwt),
        Form("token-cwt", "application/statuslist+cwt", ("application/statuslist+cwt",), token_forms.as_cwt),
    )


def ways(form: Form, kind: KeyKind) -> Sequence[str]:
    """Return the media types by which ``form`` can be asked for on a list signed by that kind of key."""
    suites = form.suites or {}
    return (*form.accepted, *([f"{CREDENTIAL};cryptosuite={suites[kind]}"] if kind in suites else []))
