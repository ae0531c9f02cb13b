"""Writes what the fuzz targets start from; run it from the root with ``python -m native.fuzz.seeds``.

``kit`` gets contexts, keys, words and records that hold; ``corpus`` gets a folder of inputs for each target.
The records are made by the tests' own builders; the outside vectors are added where there are any
(``LER_VECTORS``).
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from ler_trust.codec import base64url
from ler_trust.codec.contexts import PINNED
from tests.differential.mutations import NAMES, VALUES, decoded_payload
from tests.differential.samples import SIGNERS, Sample, added_contexts, generated, vectors
from tests.kit.issuing import signer

FOLDER: Final = Path(__file__).parent
KIT: Final = FOLDER / "kit"
LARGEST: Final = 8_192  # bytes: larger inputs make every target slow
PREDICATE: Final = "https://example.org/p"


def main() -> None:
    """Write the kit and the corpora."""
    own = generated()
    every = [sample for sample in own + vectors() if len(sample.content) <= LARGEST]
    write_kit(own)
    documents = [content for sample in every if (content := document_of(sample)) is not None]
    tokens = [sample.content for sample in every if sample.content.count(b".") == 2]
    write_all("corpus/json", [*documents, *map(dumped, VALUES)])
    write_all("corpus/jcs", [*documents, *map(dumped, VALUES)])
    write_all("corpus/canonical", [*documents, *map(dumped, graphs())])
    write_all("corpus/jws", tokens)
    write_all("corpus/credential", [sample.content for sample in every])
    write_all("corpus/rewording", [sha256(bytes([number])).digest() for number in range(256)])


def write_kit(own: Sequence[Sample]) -> None:
    """Write what the targets know beforehand, in place of an earlier kit: RSA keys are others each time."""
    rmtree(KIT, ignore_errors=True)
    write_all("kit/genuine", [sample.content for sample in own])
    contexts = {**PINNED, **added_contexts()}
    write("contexts.json", {url: content.decode() for url, content in contexts.items()})
    write("words.json", {"names": NAMES, "values": VALUES})
    write("keys.json", [key_row(by.issuer, by.method, by.public_key) for by in SIGNERS])
    by = signer()
    # As the tests' builder derives it.
    seed = sha256(f"issuer {by.kind}".encode()).hexdigest()
    write("signer.json", {"issuer": by.issuer, "method": by.method, "seed": seed})
    words = (json.dumps(word) for word in [*NAMES, *filter(is_text, VALUES)])
    lines = ["".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")) for word in words]
    (KIT / "words.dict").write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


def key_row(issuer: str, method: str, key: Any) -> dict[str, str]:
    """Return a key as the targets read it."""
    return {"issuer": issuer, "method": method, "kind": str(key.kind), "material": key.material.hex()}


def document_of(sample: Sample) -> bytes | None:
    """Return the JSON document that a sample is or carries."""
    if sample.content.startswith(b"{"):
        return sample.content
    document = decoded_payload(sample.content.decode("utf-8", "replace"))
    return None if document is None else dumped(document)


def graphs() -> Iterable[dict[str, Any]]:
    """Return documents whose blank nodes are hard to tell apart, and the kinds of containers there are."""
    for size in (2, 3, 4, 5):
        edges = [[(a, b) for b in range(size) if a != b] for a in range(size)]
        yield graph(edges)
        yield graph([[(n, (n + 1) % size)] for n in range(size)])
    containers: dict[str, dict[str, Any]] = {
        "list": {"@container": "@list"},
        "map": {"@container": "@language"},
        "index": {"@container": ["@index", "@set"]},
        "named": {"@container": ["@graph", "@id"]},
        "typed": {"@container": "@type", "@type": "@id"},
        "data": {"@type": "@json"},
        "back": {"@reverse": PREDICATE},
        "inside": {"@id": "@nest"},
        "local": {"@context": {"list": None}},
    }
    terms = {name: {"@id": f"https://example.org/{name}", **term} for name, term in containers.items()}
    terms["back"], terms["inside"] = containers["back"], containers["inside"]
    yield {
        "@context": {"@version": 1.1, "@vocab": "https://example.org/#", **terms},
        "list": [1, [2.5, "x"], {"@list": []}],
        "map": {"en": ["a", "b"], "@none": "c"},
        "index": {"one": {"@id": "urn:x:1"}},
        "named": {"urn:x:2": {"name": "n"}, "@none": {"name": "m"}},
        "typed": {"https://example.org/T": {"name": "t"}},
        "data": {"b": [1e21, None], "a": {}},
        "back": {"@id": "_:b", "name": "d"},
        "inside": {"name": "i"},
        "local": {"@id": "_:b"},
    }


def graph(edges: Iterable[Iterable[tuple[int, int]]]) -> dict[str, Any]:
    """Return a document of blank nodes with ``edges`` by the node they start from."""
    nodes = [
        {"@id": f"_:n{number}", PREDICATE: [{"@id": f"_:n{to}"} for _, to in row]}
        for number, row in enumerate(edges)
    ]
    return {"@graph": nodes}


def is_text(value: object) -> bool:
    """Return whether ``value`` is worth a word of the dictionary."""
    return isinstance(value, str) and value != ""


def dumped(value: object) -> bytes:
    """Return ``value`` as JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def write(name: str, value: object) -> None:
    """Write a JSON file of the kit."""
    (KIT / name).write_bytes(dumped(value))


def write_all(name: str, contents: Iterable[bytes]) -> None:
    """Write each of ``contents`` into the folder ``name``, named after its bytes."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for content in contents:
        (folder / base64url.encode(sha256(content).digest()[:12])).write_bytes(content)


if __name__ == "__main__":
    main()
