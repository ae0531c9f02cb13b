"""Runs both engines on the inputs that fuzzing has kept: ``python -m native.fuzz.compare`` from the root.

A fuzzer keeps what reaches new code of one engine; here the other one has to say the same of it.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ler_trust.codec import json_safe
from ler_trust.errors import Rejected, Undecided
from tests.differential.comparison import canonical_disagreement, disagreements, native_engine

CORPUS: Final = Path(__file__).parent / "corpus"
BATCH: Final = 64
MOST_SHOWN: Final = 20


def main() -> int:
    """Print what the engines see differently; return 1 if there is anything."""
    native = native_engine()
    found: list[str] = []
    for folder in sorted(CORPUS.iterdir()):
        items = [path.read_bytes() for path in sorted(folder.iterdir())]
        lines = [*of_records(native, items)]
        if folder.name == "canonical":
            lines += of_forms(native, items)
        sys.stdout.write(f"{folder.name}: {len(items)} inputs, {len(lines)} differences\n")
        found += lines
    sys.stdout.write("".join(f"{line}\n" for line in found[:MOST_SHOWN]))
    return 1 if found else 0


def of_records(native: Any, items: Sequence[bytes]) -> Iterator[str]:
    """Yield what is different of ``items`` as records."""
    for start in range(0, len(items), BATCH):
        yield from disagreements(native, items[start : start + BATCH])


def of_forms(native: Any, items: Sequence[bytes]) -> Iterator[str]:
    """Yield what is different of the canonical forms of those ``items`` that have one."""
    lines = (canonical_disagreement(native, document) for document in documents(items))
    yield from (line for line in lines if line is not None)


def documents(items: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects among ``items``."""
    for item in items:
        try:
            value = json_safe.loads(item)
        except (Rejected, Undecided):
            continue
        if isinstance(value, dict):
            yield value


if __name__ == "__main__":
    sys.exit(main())
