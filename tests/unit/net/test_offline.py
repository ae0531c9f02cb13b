import json
from pathlib import Path

import pytest

from ler_trust.contracts import FetchRequest
from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.net.offline import OfflineFetcher
from tests.kit.clock import MORNING, SteppedClock
from tests.kit.web_stub import request_for

URL = "https://college.example/did.json"


def folder(path: Path, index: object, **files: bytes) -> Path:
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        (path / f"{name}.json").write_bytes(content)
    (path / "index.json").write_text(json.dumps(index))
    return path


async def code_of(fetcher: OfflineFetcher, request: FetchRequest) -> str:
    with pytest.raises(Undecided) as caught:
        await fetcher.fetch(request)
    return caught.value.code.name


async def test_listed_address_gives_its_file(tmp_path: Path) -> None:
    fetcher = OfflineFetcher(folder(tmp_path, {URL: "did.json"}, did=b"{}"), SteppedClock())
    answer = await fetcher.fetch(request_for(URL + "#key-1"))
    assert (answer.body, answer.media_type, answer.fetched_at) == (b"{}", "application/json", MORNING)
    assert fetcher.fetches == 1


async def test_unlisted_address_is_undecided(tmp_path: Path) -> None:
    fetcher = OfflineFetcher(folder(tmp_path, {URL: "did.json"}, did=b"{}"), SteppedClock())
    assert await code_of(fetcher, request_for("https://college.example/other")) == "fetch.offline"


async def test_file_over_the_limit_is_too_large(tmp_path: Path) -> None:
    fetcher = OfflineFetcher(folder(tmp_path, {URL: "did.json"}, did=b"x" * 11), SteppedClock())
    assert await code_of(fetcher, request_for(URL, 10)) == "fetch.too_large"
    assert (await fetcher.fetch(request_for(URL, 11))).body == b"x" * 11


async def test_file_that_went_away_is_undecided(tmp_path: Path) -> None:
    fetcher = OfflineFetcher(folder(tmp_path, {URL: "did.json"}, did=b"{}"), SteppedClock())
    (tmp_path / "did.json").unlink()
    assert await code_of(fetcher, request_for(URL)) == "fetch.offline"


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../secret", "a/../../secret", "..\\secret", "none.json", ".", "a\0"]
)
def test_index_that_names_no_file_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(ConfigurationError, match="index"):
        OfflineFetcher(folder(tmp_path / "offline", {URL: name}), SteppedClock())


@pytest.mark.parametrize("index", [[], "x", {URL: 1}, {URL: None}])
def test_index_of_another_form(tmp_path: Path, index: object) -> None:
    with pytest.raises(ConfigurationError, match="index"):
        OfflineFetcher(folder(tmp_path, index), SteppedClock())


@pytest.mark.parametrize("text", ["", "{", '{"a":"b","a":"c"}'])
def test_index_that_is_not_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(ConfigurationError, match="not readable JSON"):
        OfflineFetcher(tmp_path, SteppedClock())


def test_folder_without_index(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        OfflineFetcher(tmp_path, SteppedClock())


async def test_link_out_of_the_folder_is_refused_at_the_start_and_later(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    inside = folder(tmp_path / "offline", {URL: "did.json"}, did=b"{}")
    fetcher = OfflineFetcher(inside, SteppedClock())
    (inside / "did.json").unlink()
    (inside / "did.json").symlink_to(tmp_path / "secret")
    assert await code_of(fetcher, request_for(URL)) == "fetch.offline"
    with pytest.raises(ConfigurationError, match="leads out"):
        OfflineFetcher(inside, SteppedClock())
