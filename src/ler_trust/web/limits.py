"""What one HTTP client can make this service hold or do: value, unit, reason."""

from dataclasses import dataclass, fields

from ler_trust.config_sections import HttpSettings
from ler_trust.model.limits import KIB, MIB


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Bounds on requests; those on the records inside them are in :class:`ler_trust.model.limits.Limits`.

    Those that are settings as well have the same names there (``HttpSettings``).
    """

    batch_items: int = 1_000  # records in one JSON request: answered as one value held in memory
    batch_bytes: int = 32 * MIB  # a JSON batch: a thousand records of 32 kB
    line_bytes: int = 1 * MIB + 8 * KIB  # one NDJSON line: one record of the largest size, and its id
    body_bytes: int = 4 * MIB  # every other request body: an imported registry is the largest
    window_lines: int = 1_000  # NDJSON lines verified together: to say once what many have in common
    window_bytes: int = 4 * MIB  # the same in bytes; a single longer line makes a window of its own
    windows: int = 2  # NDJSON windows held at a time: one is verified while the other is sent
    input_pause: float = 0.02  # seconds without input after which what has arrived is verified
    stall: float = 120.0  # seconds a client may leave a request or an answer untouched
    body_seconds: float = 60.0  # seconds for a whole body that is not streamed
    items_per_minute: int = 1_000_000  # records verified for one API key; also how many at once
    failures_per_minute: int = 30  # requests without a valid API key from one address


def web_limits(settings: HttpSettings) -> WebLimits:
    """Return the bounds as configured."""
    given = settings.model_dump()
    return WebLimits(**{field.name: given[field.name] for field in fields(WebLimits) if field.name in given})
