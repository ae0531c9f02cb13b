"""A bound on the work one record may cause, in steps and in time."""

import time

from ler_trust.errors import Undecided


class Budget:
    """Steps and seconds that may still be spent on one record."""

    def __init__(self, steps: int, seconds: float, detail: str) -> None:
        """Allow ``steps`` within ``seconds``; ``detail`` says what could not be done when they run out."""
        self._steps = steps
        self._deadline = time.monotonic() + seconds
        self._detail = detail

    def spend(self) -> None:
        """Count one step; raises ``Undecided('graph.too_complex')`` when there is none left."""
        self._steps -= 1
        if self._steps < 0 or time.monotonic() > self._deadline:
            raise Undecided("graph.too_complex", self._detail)
