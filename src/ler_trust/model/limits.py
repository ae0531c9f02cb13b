"""Every bound on what outsiders can make this service do: value, unit, reason. All can be configured."""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the records themselves, obeyed by every engine."""

    item_bytes: int = 1 * MIB  # one record: a badge is 2 kB, one with a picture inside some hundred
    json_depth: int = 64  # nesting: real credentials stay below 20, the parser's stack far above
    proofs: int = 16  # proofs on one credential: each costs a canonicalisation and a signature
    status_entries: int = 16  # status entries on one credential: each can cost a fetch
    embedded: int = 64  # credentials inside a credential
    rdf_quads: int = 50_000  # statements in one graph
    rdf_work: int = 20_000  # calls of Hash N-Degree Quads and permutations tried (RDFC-1.0 §7.1)
    rdf_seconds: float = 2.0  # wall clock for one canonicalisation
    list_bytes: int = 16 * MIB  # a decoded status list: 134 million single bits; absolute, not a ratio
    status_list_bits: int = 131_072  # the fewest entries a list may have (Bitstring Status List §2.2)


DEFAULT_LIMITS: Final = Limits()
