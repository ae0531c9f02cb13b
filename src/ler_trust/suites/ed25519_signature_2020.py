"""``Ed25519Signature2020``: the elder form of eddsa-rdfc-2022 (DI EdDSA 1.0 §A.2).

The suite is named by the proof's ``type``, and ``created`` must be there.
"""

from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.suites.cryptosuite import Cryptosuite
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.transforms import RDFC

SUITE: Final = Cryptosuite(
    "Ed25519Signature2020",
    RDFC,
    {KeyKind.ED25519: Algorithm.EDDSA},
    proof_type="Ed25519Signature2020",
    created_required=True,
)
