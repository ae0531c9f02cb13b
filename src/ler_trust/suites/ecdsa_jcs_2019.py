"""``ecdsa-jcs-2019``: ECDSA over canonical JSON, curve and hash by the key (DI ECDSA 1.0 §3.3)."""

from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.suites.cryptosuite import Cryptosuite
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.transforms import JCS

SUITE: Final = Cryptosuite(
    "ecdsa-jcs-2019", JCS, {KeyKind.P256: Algorithm.ES256, KeyKind.P384: Algorithm.ES384}
)
