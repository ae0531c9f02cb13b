from ler_trust.errors import Failure
from ler_trust.resolve.document_cache import DocumentCache, Entry

NOTHING = Failure(False, "did.not_found", "")


def entry(size: int = 1, fresh_until: int = 100) -> Entry:
    return Entry(NOTHING, fresh_until, 0, size)


def kept(cache: DocumentCache, keys: str) -> str:
    return "".join(key for key in keys if cache.get(key, 0) is not None)


def test_least_recently_used_goes_first() -> None:
    cache = DocumentCache(2, 100)
    cache.put("a", entry())
    cache.put("b", entry())
    cache.get("a", 0)
    cache.put("c", entry())
    assert (kept(cache, "abc"), len(cache)) == ("ac", 2)


def test_bytes_are_bounded_too_and_counted_once_a_key() -> None:
    cache = DocumentCache(100, 10)
    for _ in range(5):
        cache.put("a", entry(6))
    cache.put("b", entry(4))
    assert kept(cache, "ab") == "ab"
    cache.put("c", entry(1))
    assert kept(cache, "abc") == "bc"
    cache.put("d", entry(11))
    assert len(cache) == 0


def test_entry_counts_until_it_is_stale() -> None:
    cache = DocumentCache(2, 100)
    cache.put("a", entry(fresh_until=10))
    assert cache.get("a", 9) is not None
    assert cache.get("a", 10) is None
