"""Writes docs/settings.md from the settings themselves: ``python -m tests.kit.settings_reference``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ler_trust.config import PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
HEAD = """# Settings

Every setting, its name in the environment, its default, its unit and the reason for it. In the TOML file
that `LER_TRUST_CONFIG` names, a setting of a section stands under the section's name:
`LER_TRUST_HTTP__PORT` is `port` under `[http]`. A name that is not a setting stops the start, so that none
is misspelt unnoticed; what container platforms set for a service called `ler-trust`
(`LER_TRUST_SERVICE_HOST` and the like) is passed over.

| environment | default | what it is |
|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join(_rows(Settings, PREFIX)) + "\n"


def _rows(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        default: Any = field.default
        if isinstance(default, BaseModel):
            yield from _rows(type(default), f"{prefix}{name.upper()}__")
        else:
            yield f"| `{prefix}{name.upper()}` | {_shown(default)} | {field.description} |"


def _shown(default: Any) -> str:
    if default is PydanticUndefined or default is None or default in ("", ()):
        return ""
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
