"""The outside test vectors: a folder beside this project's, or wherever ``LER_VECTORS`` says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ler_trust.codec.contexts import PINNED

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors")).resolve()

needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"NOT RUN: the outside test vectors are not at {VECTORS} (set LER_VECTORS)"
)


def rows(source: str, kind: str) -> list[dict[str, Any]]:
    """Return the manifest's rows of a source and kind, none when the folder is not there."""
    if not VECTORS.is_dir():
        return []
    lines = (VECTORS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    found = (json.loads(line) for line in lines)
    return [row for row in found if (row["source"], row["kind"]) == (source, kind)]


def contexts() -> dict[str, bytes]:
    """Return the JSON-LD contexts of the vectors that are not pinned here, by URL."""
    if not VECTORS.is_dir():
        return {}
    index = json.loads((VECTORS / "contexts/index.json").read_text(encoding="utf-8"))
    return {url: (VECTORS / row["file"]).read_bytes() for url, row in index.items() if url not in PINNED}
