"""The pinned contexts against published copies, read from outside the repository."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from ler_trust.codec import contexts

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
INDEX = VECTORS / "contexts" / "index.json"

pytestmark = pytest.mark.skipif(
    not INDEX.is_file(), reason=f"published contexts NOT RUN: there is no {INDEX} (set LER_VECTORS)"
)

# In no published copy here: taken from the package of those who sign with it.
WITHOUT_A_COPY = {"https://w3id.org/security/suites/x25519-2020/v1"}
# The copy there is a draft without `expires`, `controller` and `proof`; signers use the package's.
OLDER_COPY = {"https://w3id.org/security/suites/ed25519-2020/v1"}


def test_every_pinned_context_is_the_published_one() -> None:
    published = json.loads(INDEX.read_bytes())
    pinned = {url: hashlib.sha256(content).hexdigest() for url, content in contexts.PINNED.items()}
    compared = set(pinned) - WITHOUT_A_COPY - OLDER_COPY
    assert len(compared) == 24
    assert {url: pinned[url] for url in compared} == {url: published[url]["sha256"] for url in compared}


def test_digests_that_specifications_state() -> None:
    # VCDM 2.0 Appendix B.1 and Data Integrity 1.0 §2.4.1
    stated = {
        "ns/credentials/v2": "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        "2018/credentials/v1": "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        "security/data-integrity/v2": "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
    }
    for path, digest in stated.items():
        (content,) = (content for url, content in contexts.PINNED.items() if url.endswith("/" + path))
        assert hashlib.sha256(content).hexdigest() == digest
