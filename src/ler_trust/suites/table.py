"""The closed table of kinds of proof: what is checked, and what is known by name and not checked."""

from collections.abc import Mapping
from typing import Any, Final

from ler_trust.errors import Rejected, Undecided
from ler_trust.suites import (
    ecdsa_jcs_2019,
    ecdsa_rdfc_2019,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
)
from ler_trust.suites.cryptosuite import DATA_INTEGRITY_PROOF, Cryptosuite

_MOST_SHOWN: Final = 64  # characters of a stranger's suite name that go into a message

CRYPTOSUITES: Final[Mapping[str, Cryptosuite | None]] = {
    "eddsa-rdfc-2022": eddsa_rdfc_2022.SUITE,
    "eddsa-jcs-2022": eddsa_jcs_2022.SUITE,
    "ecdsa-rdfc-2019": ecdsa_rdfc_2019.SUITE,
    "ecdsa-jcs-2019": ecdsa_jcs_2019.SUITE,
    # Known, not supported.
    "ecdsa-sd-2023": None,
    "bbs-2023": None,
    "eddsa-2022": None,
    "json-eddsa-2022": None,
    "ecdsa-2019": None,
    "mldsa44-rdfc-2024": None,
    "mldsa44-jcs-2024": None,
}

PROOF_TYPES: Final[Mapping[str, Cryptosuite | None]] = {
    "Ed25519Signature2020": ed25519_signature_2020.SUITE,
    # Known, not supported.
    "Ed25519Signature2018": None,
    "JsonWebSignature2020": None,
    "RsaSignature2018": None,
    "EcdsaSecp256k1Signature2019": None,
    "EcdsaSecp256r1Signature2019": None,
    "BbsBlsSignature2020": None,
    "BbsBlsSignatureProof2020": None,
}


def suite_named(name: str) -> Cryptosuite:
    """Return the supported suite called ``name`` (a cryptosuite or proof type); ``KeyError`` if none is."""
    suite = CRYPTOSUITES.get(name) or PROOF_TYPES.get(name)
    if suite is None:
        raise KeyError(name)
    return suite


def name_of(proof: Mapping[str, Any]) -> str:
    """Return how the proof names its suite, shortened; empty where it does not."""
    kind = proof.get("type")
    name = proof.get("cryptosuite") if kind == DATA_INTEGRITY_PROOF else kind
    return name[:_MOST_SHOWN] if isinstance(name, str) else ""


def suite_of(proof: Mapping[str, Any]) -> Cryptosuite:
    """Return the suite of ``proof``.

    Raises ``Rejected('proof.malformed')`` when the proof names none, ``Undecided('proof.suite_unsupported')``
    when it names one that is not in the table or known there as not supported.
    """
    kind = proof.get("type")
    if not isinstance(kind, str):
        raise Rejected("proof.malformed", "the proof has no type")
    is_data_integrity = kind == DATA_INTEGRITY_PROOF
    rows, name = (CRYPTOSUITES, proof.get("cryptosuite")) if is_data_integrity else (PROOF_TYPES, kind)
    if not isinstance(name, str):
        raise Rejected("proof.malformed", "the proof has no cryptosuite")
    suite = rows.get(name)
    if suite is None:
        known = "known and not supported" if name in rows else "not known"
        raise Undecided("proof.suite_unsupported", f"{name[:_MOST_SHOWN]} is {known}")
    return suite
