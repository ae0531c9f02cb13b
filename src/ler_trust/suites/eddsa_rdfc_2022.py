"""``eddsa-rdfc-2022``: EdDSA over canonical N-Quads (DI EdDSA 1.0 §3.2)."""

from typing import Final

from ler_trust.model.did import KeyKind
from ler_trust.suites.cryptosuite import Cryptosuite
from ler_trust.suites.signatures import Algorithm
from ler_trust.suites.transforms import RDFC

SUITE: Final = Cryptosuite("eddsa-rdfc-2022", RDFC, {KeyKind.ED25519: Algorithm.EDDSA})
