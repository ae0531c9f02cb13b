"""The sets of credentials: distinct, really signed, the same for the same parameters, kept under ``build/``.

Credentials are spread over their issuers as in an intake: the n-th issuer has a share in proportion to 1/n,
there are a few large ones and many small. Each keeps one status list of 131,072 entries, one in fifty of
them set. ``works.PER_THOUSAND`` says how many are revoked, expired, wrongly signed, or by someone whom the
registry does not know.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

import orjson

from ler_trust.codec.contexts import PINNED
from ler_trust.codec.jsonld import to_dataset
from ler_trust.suites.data_integrity import signed_with
from tests.bench import badges
from tests.bench.issuing import Build, Issued, Order, issue
from tests.bench.works import Fate, Item, Work, fates

GENERATOR: Final = 2  # raised when the same parameters give other documents
WARM_UP: Final = 100  # credentials of each set that are never measured, all of them valid
STRANGERS: Final = 5  # issuers whom the registry does not know
_COUNTED: Final = 101  # credentials looked at to say how large they are


@dataclass(frozen=True, slots=True)
class Corpus:
    """A set as kept in ``directory``, where ``index.json`` maps the status lists' URLs to files.

    ``issuers`` are those to be recognised.
    """

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


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Everything that determines a set."""

    work: Work
    name: str
    build: Build
    count: int
    warm_up: int
    mixed: bool  # whether some of them are not valid

    @property
    def seed(self) -> str:
        return f"{GENERATOR} {self.name} {self.count} {self.warm_up}"


def corpus(work: Work, count: int, root: Path) -> Corpus:
    """Return ``count`` credentials of ``work`` and those to warm up with, made now unless kept."""
    return _kept(_Recipe(work, work.name, badges.badge, count, WARM_UP, mixed=True), root)


def plainer_corpus(work: Work, count: int, root: Path) -> Corpus:
    """Return the like of ``corpus``, of badges that ``ssi`` can read too."""
    return _kept(
        _Recipe(work, f"{work.name}-plainer", badges.plainer_badge, count, WARM_UP, mixed=True), root
    )


def corpus_of_size(work: Work, alignments: int, count: int, root: Path) -> Corpus:
    """Return ``count`` valid credentials that all have so many ``alignments``; -1 for the smallest one.

    As many again are there to warm up with.
    """
    build = badges.smallest if alignments < 0 else partial(badges.badge_of_size, alignments=alignments)
    name = f"{work.name}-size-{alignments}"
    return _kept(_Recipe(work, name, build, count, count, mixed=False), root)


def _kept(recipe: _Recipe, root: Path) -> Corpus:
    directory = root / f"{recipe.name}-{recipe.count}-{hashlib.sha256(recipe.seed.encode()).hexdigest()[:12]}"
    kept = directory / "credentials.json"
    if not kept.exists():  # written last
        directory.mkdir(parents=True, exist_ok=True)
        _make(recipe, directory, kept)
    content = orjson.loads(kept.read_bytes())
    items = tuple(Item(**item | {"fate": Fate(item["fate"])}) for item in content["items"])
    warm_up, measured = items[: recipe.warm_up], items[recipe.warm_up :]
    return Corpus(recipe.work.name, directory, tuple(content["issuers"]), warm_up, measured)


def _make(recipe: _Recipe, directory: Path, kept: Path) -> None:
    known = recipe.work.issuers(recipe.count)
    issued = issue(_orders(recipe, known))
    index = {}
    for number, part in enumerate(issued):
        index[part.url] = f"list-{number}.json"
        (directory / index[part.url]).write_text(part.status_list, encoding="utf-8")
    (directory / "index.json").write_text(json.dumps(index), encoding="utf-8")
    issuers = [part.issuer for part in issued[:known]]
    kept.write_bytes(orjson.dumps({"issuers": issuers, "items": _in_order(issued)}))


def _orders(recipe: _Recipe, known: int) -> list[Order]:
    """Draw who issues which credential and what becomes of it; the strangers come after the known."""
    random = Random(recipe.seed)  # noqa: S311 - the same credentials every time are the point
    drawn = [Fate.VALID] * recipe.warm_up
    drawn += fates(random, recipe.count) if recipe.mixed else [Fate.VALID] * recipe.count
    shares = [1 / (number + 1) for number in range(known)]
    wanted: dict[int, list[tuple[int, Fate]]] = defaultdict(list)
    for place, fate in enumerate(drawn):
        (usual,) = random.choices(range(known), shares)
        stranger = known + random.randrange(STRANGERS)
        wanted[stranger if fate is Fate.STRANGE else usual].append((place, fate))
    last = known + STRANGERS if recipe.mixed else known
    return [Order(recipe.work, recipe.build, recipe.seed, number, wanted[number]) for number in range(last)]


def _in_order(issued: Sequence[Issued]) -> list[dict[str, object]]:
    items = {place: item for part in issued for place, item in part.items.items()}
    return [asdict(items[place]) for place in sorted(items)]
