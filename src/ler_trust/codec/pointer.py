"""JSON pointers (RFC 6901), which say where in a record a finding was made."""


def child(pointer: str, step: str | int) -> str:
    """Return the pointer to the member or element ``step`` of the value at ``pointer``."""
    return f"{pointer}/{step}" if isinstance(step, int) else f"{pointer}/{_escaped(step)}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
