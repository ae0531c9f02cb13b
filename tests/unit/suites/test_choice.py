"""The engine in use is the one asked for, or a clear error."""

import sys

import pytest

from ler_trust.errors import ConfigurationError
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites.choice import choose_engine


@pytest.fixture
def not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ler_trust._native", None)
    monkeypatch.delitem(sys.modules, "ler_trust.suites.native", raising=False)


def test_the_reference_engine_can_always_be_had() -> None:
    assert choose_engine("reference", DEFAULT_LIMITS).name == "reference"


@pytest.mark.usefixtures("not_built")
def test_without_the_extension_auto_is_the_reference_by_name() -> None:
    assert choose_engine("auto", DEFAULT_LIMITS).name == "reference"


@pytest.mark.usefixtures("not_built")
def test_native_engine_that_was_not_built_is_an_error_and_not_another_engine() -> None:
    with pytest.raises(ConfigurationError, match="was not built"):
        choose_engine("native", DEFAULT_LIMITS)
