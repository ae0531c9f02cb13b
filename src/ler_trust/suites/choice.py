"""Which engine checks the proofs: the native one where it was built, else the reference; never in silence."""

from typing import Literal

from ler_trust.contracts import Engine
from ler_trust.errors import ConfigurationError
from ler_trust.model.limits import Limits
from ler_trust.suites.engine import ReferenceEngine

EngineName = Literal["auto", "native", "reference"]


def choose_engine(wanted: EngineName, limits: Limits, threads: int = 0, *, remembered: int = 0) -> Engine:
    """Return the engine ``wanted``; ``auto`` is the native one if this installation has it.

    The engine's name is shown by ``/readyz``, the log and ``ler-trust doctor``. ``threads`` is how many the
    native engine uses, 0 for one a core, ``remembered`` of how many records it keeps the proofs' outcomes.
    Raises ``ConfigurationError`` when ``native`` is wanted and was not built.
    """
    if wanted == "reference":
        return ReferenceEngine(limits)
    try:
        from ler_trust.suites.native import NativeEngine  # only where it was built
    except ImportError as error:
        if wanted == "native":
            raise ConfigurationError(
                "engine: the native engine was not built with this installation; install a Rust toolchain "
                "and install again, or use the reference engine"
            ) from error
        return ReferenceEngine(limits)
    return NativeEngine(limits, threads, remembered)
