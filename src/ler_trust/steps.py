"""The steps of work that a crash must not damage, by name, and a hook at each for tests of just that.

Nothing sets the hook but a test; without one, passing a step is one comparison.
"""

from collections.abc import Callable
from typing import Final

STEPS: Final = (
    "allocate.asked",  # nothing was done
    "allocate.written",  # done, in a transaction that is not committed
    "allocate.durable",  # committed, and nobody was told
    "change.asked",
    "change.written",
    "change.durable",
    "due.written",  # scheduled changes made, not committed
    "publish.read",  # the state is known
    "publish.rendered",  # signed and found to say the state
    "publish.written",  # in the database, not committed
    "publish.durable",  # committed, and shown to nobody
)

_hooks: list[Callable[[str], None]] = []


def passing(step: str) -> None:
    """Tell the hook, if there is one, that ``step`` is reached; whatever it raises happens there."""
    for hook in _hooks:
        hook(step)


def watch(hook: Callable[[str], None] | None) -> None:
    """Have ``hook`` called at every step of this process, instead of any before it; ``None`` for none.

    It may be called from any thread.
    """
    _hooks[:] = [] if hook is None else [hook]
