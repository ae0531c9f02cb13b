"""``eddsa-jcs-2022``: EdDSA over canonical JSON (DI EdDSA 1.0 §3.3)."""

from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.suites.cryptosuite import Cryptosuite
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.transforms import JCS

SUITE: Final = Cryptosuite("eddsa-jcs-2022", JCS, {KeyKind.ED25519: Algorithm.EDDSA})
