import json
from importlib.resources import files

import pytest

from ler_trust.codec import contexts
from ler_trust.errors import ConfigurationError

ADDED = {"https://example.org/c/v1": b'{"@context":{"term":"https://example.org/term"}}'}


@pytest.fixture
def manifest() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(files(contexts).joinpath("manifest.json").read_bytes())
    return rows


def test_every_pinned_context_is_a_context_of_absolute_terms() -> None:
    assert len(contexts.PINNED) == 26
    for url, content in contexts.PINNED.items():
        document = json.loads(content)
        assert "@context" in document, url
        assert not contexts.uses_import(document), url
        # A default vocabulary would give every unknown term a meaning: nothing would be found missing.
        assert not any(isinstance(part, dict) and "@vocab" in part for part in _definitions(document)), url


def _definitions(document: dict[str, object]) -> list[object]:
    found: list[object] = []
    waiting: list[object] = [document]
    while waiting:
        part = waiting.pop()
        found.append(part)
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def test_the_manifest_says_where_each_context_comes_from(manifest: list[dict[str, str]]) -> None:
    assert [row["url"] for row in manifest] == list(contexts.PINNED)
    for row in manifest:
        assert set(row) == {"url", "file", "package", "version", "licence", "form", "sha256"}
        assert all(row.values())
    shipped = {row["file"] for row in manifest} | {"manifest.json", "README.md"}
    assert {entry.name for entry in files(contexts).iterdir()} - {"__init__.py", "__pycache__"} == shipped


def test_a_changed_context_is_not_served() -> None:
    with pytest.raises(ConfigurationError, match="credentials-v2"):
        contexts._verified("credentials-v2.jsonld", "0" * 64)


def test_nothing_can_change_the_pinned_set() -> None:
    for each in (contexts.PINNED, contexts.with_added(ADDED)):
        with pytest.raises(TypeError):
            each["https://example.org/"] = b""  # type: ignore[index]


def test_operators_contexts_are_added() -> None:
    assert contexts.with_added({}) is contexts.PINNED
    merged = contexts.with_added(ADDED)
    assert len(merged) == len(contexts.PINNED) + 1
    assert contexts.with_added(dict(contexts.PINNED)) == contexts.PINNED


@pytest.mark.parametrize(
    "added",
    [
        {"https://www.w3.org/ns/credentials/v2": b'{"@context":{}}'},
        {"https://example.org/c": b"not JSON"},
        {"https://example.org/c": b"[]"},
        {"https://example.org/c": b'{"term":"urn:example:x"}'},
        {"https://example.org/c": b'{"@context":{"\\u0040import":"https://www.w3.org/ns/credentials/v2"}}'},
        {"https://example.org/c": b'{"@context":[{"a":{"@id":"urn:a","@context":{"@import":"urn:b"}}}]}'},
    ],
)
def test_operators_contexts_that_cannot_be_used_are_named(added: dict[str, bytes]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(added))):
        contexts.with_added(added)
