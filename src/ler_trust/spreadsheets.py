"""What outsiders wrote, on its way into somebody's spreadsheet."""

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # how spreadsheets know one


def as_cell(value: object) -> object:
    """Return ``value`` so that a spreadsheet takes it for text, whatever an issuer wrote as a reason."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
