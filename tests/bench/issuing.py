"""One issuer's part of a set of credentials: its key, its status list, and what it has signed.

Issuers are did:key (did:jwk for RSA), so nothing needs a network. The same order gives the same bytes, so
that issuers can be at work in several processes.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random
from typing import Any, Final

import orjson

from ler_trust.codec.base64url import encode
from ler_trust.codec.jwk import jwk_of
from ler_trust.model.did import KeyKind
from ler_trust.model.instant import Instant, parse_date_time_stamp
from ler_trust.model.status import StatusList
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose, sign_vc_jwt
from status_lists.bitstring import ENTRY, BitstringStatusList
from tests.bench import badges, machine
from tests.bench.badges import StatusSlot
from tests.bench.rsa_keys import rsa_key
from tests.bench.works import Fate, Item, Work

LIST_ENTRIES: Final = 131_072
_SET_IN: Final = 50  # one entry in so many is revoked
_ISSUED: Final = "2024-03-01T09:30:00Z"
_SOMETHING_ELSE: Final = b"another credential "

Build = Callable[[Random, str, StatusSlot], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """What an issuer is to issue: the places of its credentials in the set, and what becomes of each."""

    work: Work
    build: Build
    seed: str  # the set's
    number: int  # the issuer's
    wanted: Sequence[tuple[int, Fate]]


@dataclass(frozen=True, slots=True)
class Issued:
    """An order carried out: the issuer, its list under ``url``, its credentials by their places."""

    issuer: str
    url: str
    status_list: str
    items: Mapping[int, Item]


class _Recorder(LocalSigner):
    """Remembers what it signed last; while ``forging``, its signature is over something else."""

    forging = False
    last = (b"", b"")

    def sign(self, data: bytes) -> bytes:
        signature = super().sign(_SOMETHING_ELSE + data if self.forging else data)
        self.last = (data, signature)
        return signature


def issue(orders: Iterable[Order]) -> list[Issued]:
    """Carry out ``orders``, in as many processes as there are cores."""
    with ProcessPoolExecutor(len(machine.cores()), get_context("spawn")) as pool:
        return list(pool.map(_carry_out, orders))


def _carry_out(order: Order) -> Issued:
    work = order.work
    signer = _signer(work, order.number)
    url = f"https://status.example.org/{work.name}/{order.number}"
    indexes = Random(f"{order.seed} list {order.number}").sample(  # noqa: S311 - the same every time
        range(LIST_ENTRIES), LIST_ENTRIES // _SET_IN + len(order.wanted)
    )
    revoked, free = indexes[: LIST_ENTRIES // _SET_IN], indexes[LIST_ENTRIES // _SET_IN :]
    items: dict[int, Item] = {}
    for place, fate in order.wanted:
        slot = StatusSlot(url, (revoked if fate is Fate.REVOKED else free)[len(items)])
        random = Random(f"{order.seed} {place}")  # noqa: S311 - see above
        document = order.build(random, signer.issuer, slot)
        if fate is Fate.EXPIRED:
            document["validUntil"] = badges.EXPIRED
        items[place] = _signed(work, document, signer, place, fate)
    return Issued(signer.issuer, url, _list(work, signer, url, revoked), items)


def _signer(work: Work, number: int) -> _Recorder:
    seed = f"ler-trust bench {work.name} issuer {number}"
    if work.kind is not KeyKind.RSA:
        signer = _Recorder.from_seed(work.kind, hashlib.sha256(seed.encode()).digest())
        assert isinstance(signer, _Recorder)
        return signer
    key = rsa_key(seed)
    jwk = jwk_of(LocalSigner(key, method="did:example:0#0").public_key)
    did = "did:jwk:" + encode(orjson.dumps(jwk))
    return _Recorder(key, method=f"{did}#0", issuer=did)


def _signed(work: Work, document: Mapping[str, Any], signer: _Recorder, place: int, fate: Fate) -> Item:
    signer.forging = not fate.is_signed
    content = _secured(work, document, signer, place)
    signer.forging = False
    signed, signature = signer.last
    key = signer.public_key
    return Item(content, fate, key.kind.value, key.material.hex(), signed.hex(), signature.hex())


def _secured(work: Work, document: Mapping[str, Any], signer: _Recorder, place: int) -> str:
    """Secure a credential; of the tokens, every other is VC-JOSE-COSE, the rest Open Badges' own form."""
    issued = _instant(_ISSUED)
    if work.cryptosuite is not None:
        return _text(add_proof(document, signer, work.cryptosuite, created=issued))
    return (sign_vc_jose if place % 2 else sign_vc_jwt)(document, signer, issued=issued)


def _list(work: Work, signer: _Recorder, url: str, revoked: Iterable[int]) -> str:
    document = {
        "@context": badges.CONTEXTS[:1],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signer.issuer,
        "validFrom": badges.VALID_FROM,
        "validUntil": badges.VALID_UNTIL,
        "credentialSubject": {"id": f"{url}#list", **_encoded_list(revoked)},
    }
    return _secured(work, document, signer, 1)


def _encoded_list(indexes: Iterable[int]) -> Mapping[str, Any]:
    bits = bytearray(LIST_ENTRIES // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return BitstringStatusList().encode(StatusList(ENTRY, ("revocation",), bytes(bits)))


def _instant(stamp: str) -> Instant:
    return parse_date_time_stamp(stamp)[0]


def _text(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()
