"""The credentials measured: distinct, really signed, the same for the same parameters, kept under ``build/``.

Each set has forty issuers (eight with RSA keys), the n-th with a share in proportion to 1/n, as intakes have
a few large issuers and many small ones. Each issuer keeps one status list of 131,072 entries, one in fifty of
them set; no credential measured is among those. Issuers are did:key (did:jwk for RSA),
so nothing needs a network.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import orjson

from ler_trust.codec.base64url import encode
from ler_trust.codec.contexts import PINNED
from ler_trust.codec.jsonld import to_dataset
from ler_trust.codec.jwk import jwk_of
from ler_trust.model.did import KeyKind, PublicKey
from ler_trust.model.instant import Instant, parse_date_time_stamp
from ler_trust.model.status import StatusList
from ler_trust.suites.data_integrity import signed_with
from ler_trust.suites.signing import LocalSigner, add_proof, sign_vc_jose, sign_vc_jwt
from status_lists.bitstring import ENTRY, BitstringStatusList
from tests.bench import badges
from tests.bench.badges import StatusSlot
from tests.bench.rsa_keys import rsa_key

GENERATOR: Final = 1  # raised when the same parameters give other documents
WARM_UP: Final = 100  # credentials of each set that are never measured
LIST_ENTRIES: Final = 131_072
_SET_IN: Final = 50  # one entry in so many is revoked
_COUNTED: Final = 101  # credentials looked at to say how large they are
_ISSUED: Final = "2024-03-01T09:30:00Z"

Build = Callable[[Random, str, StatusSlot], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Work:
    """A set of credentials: its name in the figures, the issuers' kind of key, and how it is secured."""

    name: str
    kind: KeyKind
    cryptosuite: str | None  # None: a token
    issuers: int = 40
    fewer: int = 1  # measured on so many times fewer credentials, where each costs much

    @property
    def is_token(self) -> bool:
        """Return whether the credentials are tokens, which the peer does not read."""
        return self.cryptosuite is None


WORKS: Final = (
    Work("eddsa-rdfc-2022", KeyKind.ED25519, "eddsa-rdfc-2022"),
    Work("eddsa-jcs-2022", KeyKind.ED25519, "eddsa-jcs-2022"),
    Work("ecdsa-rdfc-2019-p256", KeyKind.P256, "ecdsa-rdfc-2019", fewer=4),
    Work("ecdsa-rdfc-2019-p384", KeyKind.P384, "ecdsa-rdfc-2019", fewer=4),
    Work("jwt-eddsa", KeyKind.ED25519, None),
    Work("jwt-es256", KeyKind.P256, None),
    Work("jwt-rs256", KeyKind.RSA, None, issuers=8),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One credential as text, and what its signature is over: for checking the bare signature alone."""

    content: str
    kind: str
    key: str  # hexadecimal, like the two below
    signed: str
    signature: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """A set as kept in ``directory``, where ``index.json`` maps the status lists' URLs to files."""

    name: str
    directory: Path
    issuers: tuple[str, ...]
    warm_up: tuple[Item, ...]
    measured: tuple[Item, ...]

    def lists(self) -> dict[str, str]:
        """Return the status lists by URL, each a signed credential as text."""
        index: dict[str, str] = json.loads((self.directory / "index.json").read_bytes())
        return {url: (self.directory / file).read_text("utf-8") for url, file in index.items()}

    def statements(self) -> int:
        """Return the median number of RDF statements in what is signed (of linked-data credentials)."""
        some = [json.loads(item.content) for item in self.measured[:_COUNTED]]
        return int(median(len(to_dataset(signed_with(document, ()), PINNED)) for document in some))

    def size(self) -> int:
        """Return the median number of bytes of a credential."""
        return int(median(len(item.content.encode()) for item in self.measured))


class _Recorder:
    """A signer that remembers what it signed last."""

    def __init__(self, signer: LocalSigner) -> None:
        self._signer = signer
        self.last = (b"", b"")

    @property
    def method(self) -> str:
        return self._signer.method

    @property
    def issuer(self) -> str:
        return self._signer.issuer

    @property
    def kind(self) -> KeyKind:
        return self._signer.kind

    @property
    def public_key(self) -> PublicKey:
        return self._signer.public_key

    def sign(self, data: bytes) -> bytes:
        signature = self._signer.sign(data)
        self.last = (data, signature)
        return signature


def corpus(work: Work, count: int, root: Path) -> Corpus:
    """Return ``count`` credentials of ``work`` and those to warm up with, made now unless kept."""
    return _kept(work, badges.badge, count, root, name=work.name, warm_up=WARM_UP)


def corpus_of_size(work: Work, alignments: int, count: int, root: Path) -> Corpus:
    """Return ``count`` credentials that all have so many ``alignments``; -1 for the smallest credential."""
    build = badges.smallest if alignments < 0 else partial(badges.badge_of_size, alignments=alignments)
    return _kept(work, build, count, root, name=f"{work.name}-size-{alignments}", warm_up=0)


def _kept(work: Work, build: Build, count: int, root: Path, *, name: str, warm_up: int) -> Corpus:
    parameters = f"{GENERATOR} {name} {count} {warm_up}"
    directory = root / f"{name}-{count}-{hashlib.sha256(parameters.encode()).hexdigest()[:12]}"
    kept = directory / "credentials.json"
    if not kept.exists():  # written last
        directory.mkdir(parents=True, exist_ok=True)
        _make(work, build, count + warm_up, directory, kept, parameters)
    content = orjson.loads(kept.read_bytes())
    items = tuple(Item(**item) for item in content["items"])
    return Corpus(work.name, directory, tuple(content["issuers"]), items[:warm_up], items[warm_up:])


def _make(work: Work, build: Build, count: int, directory: Path, kept: Path, seed: str) -> None:
    random = Random(seed)  # noqa: S311 - the same documents every time are the point
    signers = [_Recorder(_signer(work, number)) for number in range(work.issuers)]
    free = {
        signer.issuer: _write_list(work, signer, number, directory, count)
        for number, signer in enumerate(signers)
    }
    shares = [1 / (number + 1) for number in range(work.issuers)]
    items = []
    for number, signer in enumerate(random.choices(signers, shares, k=count)):
        url, indexes = free[signer.issuer]
        document = build(random, signer.issuer, StatusSlot(url, indexes.pop()))
        items.append(asdict(_issue(work, document, signer, number)))
    issuers = [signer.issuer for signer in signers]
    kept.write_bytes(orjson.dumps({"issuers": issuers, "items": items}))


def _signer(work: Work, number: int) -> LocalSigner:
    seed = f"ler-trust bench {work.name} issuer {number}"
    if work.kind is not KeyKind.RSA:
        return LocalSigner.from_seed(work.kind, hashlib.sha256(seed.encode()).digest())
    key = rsa_key(seed)
    jwk = jwk_of(LocalSigner(key, method="did:example:0#0").public_key)
    did = "did:jwk:" + encode(orjson.dumps(jwk))
    return LocalSigner(key, method=f"{did}#0", issuer=did)


def _issue(work: Work, document: Mapping[str, Any], signer: _Recorder, number: int) -> Item:
    """Secure a credential; of the tokens, every other is VC-JOSE-COSE, the rest Open Badges' own form."""
    content = _secured(work, document, signer, number)
    signed, signature = signer.last
    key = signer.public_key
    return Item(content, key.kind.value, key.material.hex(), signed.hex(), signature.hex())


def _secured(work: Work, document: Mapping[str, Any], signer: _Recorder, number: int) -> str:
    issued = _instant(_ISSUED)
    if work.cryptosuite is not None:
        return _text(add_proof(document, signer, work.cryptosuite, created=issued))
    return (sign_vc_jose if number % 2 else sign_vc_jwt)(document, signer, issued=issued)


def _write_list(
    work: Work, signer: _Recorder, number: int, directory: Path, count: int
) -> tuple[str, list[int]]:
    """Publish the issuer's list into ``directory``; return its URL and ``count`` entries that are not set."""
    random = Random(f"{work.name} list {number}")  # noqa: S311 - see above
    url = f"https://status.example.org/{work.name}/{number}"
    revoked = LIST_ENTRIES // _SET_IN
    indexes = random.sample(range(LIST_ENTRIES), revoked + count)
    document = {
        "@context": badges.CONTEXTS[:1],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signer.issuer,
        "validFrom": badges.VALID_FROM,
        "validUntil": badges.VALID_UNTIL,
        "credentialSubject": {"id": f"{url}#list", **_encoded_list(indexes[:revoked])},
    }
    content = _secured(work, document, signer, 1)
    file = f"list-{number}.json"
    (directory / file).write_text(content, encoding="utf-8")
    _add_to_index(directory / "index.json", url, file)
    return url, indexes[revoked:]


def _encoded_list(indexes: Iterable[int]) -> Mapping[str, Any]:
    bits = bytearray(LIST_ENTRIES // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return BitstringStatusList().encode(StatusList(ENTRY, ("revocation",), bytes(bits)))


def _add_to_index(path: Path, url: str, file: str) -> None:
    index = json.loads(path.read_bytes()) if path.exists() else {}
    path.write_text(json.dumps(index | {url: file}), encoding="utf-8")


def _instant(stamp: str) -> Instant:
    return parse_date_time_stamp(stamp)[0]


def _text(document: Mapping[str, Any]) -> str:
    return orjson.dumps(document).decode()
