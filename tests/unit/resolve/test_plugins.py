from importlib.metadata import EntryPoint, EntryPoints

import pytest

from did_methods.key import DidKey
from ler_trust.errors import ConfigurationError
from ler_trust.resolve import plugins
from ler_trust.resolve.plugins import DID_METHODS, load_did_methods


class NotAMethod:
    name = "strange"


class Breaks:
    def __init__(self) -> None:
        raise RuntimeError("broken")


class Misnamed(DidKey):
    @property
    def name(self) -> str:
        return "other"


def offer(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    points = [EntryPoint(name.rstrip("_"), value, DID_METHODS) for name, value in values.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints(points).select(group=group))


def test_installed_methods_are_found_by_name() -> None:
    methods = load_did_methods(["web", "key"])
    assert list(methods) == ["web", "key"]
    assert isinstance(methods["key"], DidKey)


def test_table_is_frozen() -> None:
    with pytest.raises(TypeError):
        load_did_methods(["key"])["web"] = DidKey()  # type: ignore[index]


def test_plugin_not_enabled_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, key="did_methods.key:DidKey", bad="no.such.module:X")
    assert list(load_did_methods(["key"])) == ["key"]


def test_enabled_plugin_that_is_missing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, key="did_methods.key:DidKey")
    with pytest.raises(ConfigurationError, match="'webvh'; installed: key"):
        load_did_methods(["key", "webvh"])


def test_name_offered_twice_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, key="did_methods.key:DidKey", key_="elsewhere:DidKey", web="did_methods.web:DidWeb")
    with pytest.raises(ConfigurationError, match="more than one"):
        load_did_methods(["web"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no.such.module:X", "cannot be loaded"),
        ("did_methods.key:NoSuchClass", "cannot be loaded"),
        (f"{__name__}:Breaks", "cannot be loaded: broken"),
        (f"{__name__}:NotAMethod", "does not keep the contract"),
        (f"{__name__}:Misnamed", "calls itself 'other'"),
    ],
)
def test_plugin_that_does_not_fit_stops_the_start(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, strange=value)
    with pytest.raises(ConfigurationError, match=said):
        load_did_methods(["strange"])
