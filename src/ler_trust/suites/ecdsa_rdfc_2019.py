"""``ecdsa-rdfc-2019``: ECDSA over canonical N-Quads, curve and hash by the key (DI ECDSA 1.0 §3.2)."""

from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.suites.cryptosuite import Cryptosuite
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.transforms import RDFC

SUITE: Final = Cryptosuite(
    "ecdsa-rdfc-2019", RDFC, {KeyKind.P256: Algorithm.ES256, KeyKind.P384: Algorithm.ES384}
)
