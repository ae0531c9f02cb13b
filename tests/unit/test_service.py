"""The whole service put together from its settings, and what stops it from starting."""

from pathlib import Path
from typing import Any

import pytest

from ler_trust.config import load_settings
from ler_trust.config_sections import CacheSettings
from ler_trust.errors import ConfigurationError
from ler_trust.model.instant import DAY, SECOND
from ler_trust.model.status import StatusListEvidence
from ler_trust.service import open_service
from tests.kit.issuing import signer
from tests.kit.world import NOW, World

LIST = "https://lists.example.org/1"


async def opened(folder: Path, **settings: Any) -> str:
    async with open_service(load_settings(data_folder=folder, **settings)) as service:
        await service.store.ping()
        return service.engine.name


async def test_it_opens_closes_and_opens_again(tmp_path: Path) -> None:
    assert await opened(tmp_path, engine="reference") == "reference"
    assert await opened(tmp_path, engine="auto") in ("native", "reference")


async def test_lists_are_published_also_where_that_format_is_not_checked(tmp_path: Path) -> None:
    assert await opened(tmp_path, status_formats=("StatusList2021Entry",))


@pytest.mark.parametrize(
    "settings",
    [
        {"did_methods": ("key", "nonesuch")},
        {"status_formats": ("NoSuchEntry",)},
        {"master_key": "00"},
        {"database_url": "mysql://localhost/x"},
    ],
)
async def test_what_cannot_be_meant_stops_the_start(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        await opened(tmp_path, **settings)


async def test_a_context_whose_file_was_changed_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "context.json"
    file.write_text('{"@context": {}}', encoding="utf-8")
    extra = {"url": "https://example.org/v1", "sha256": "0" * 64, "file": file}
    with pytest.raises(ConfigurationError, match="SHA-256"):
        await opened(tmp_path / "data", contexts=(extra,))


@pytest.mark.parametrize(("seconds", "fetches"), [(60.0, 2), (600.0, 1)])
async def test_revocation_is_seen_after_so_many_seconds(tmp_path: Path, seconds: float, fetches: int) -> None:
    world = World()
    school = signer()
    world.publish_list(LIST, school, until=NOW + DAY)
    key = (LIST, "BitstringStatusListEntry")
    settings = load_settings(data_folder=tmp_path, cache=CacheSettings(list_seconds=seconds))
    async with open_service(settings, fetcher=world.web, clock=world.clock) as service:
        for _ in range(2):
            found = (await service.lists.find([key], world.clock.now()))[key]
            assert isinstance(found, StatusListEvidence)
            world.clock.instant += 61 * SECOND
    assert world.web.asked.count(LIST) == fetches
