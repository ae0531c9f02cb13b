"""What may be said of an exception nobody foresaw: its kind and its place, not its message.

The message is left out because it may quote what was sent, or a secret.
"""

import traceback


def innermost(error: BaseException) -> BaseException:
    """Return the exception itself, or of a group the first that is none."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def places(error: BaseException) -> list[str]:
    """Return where ``error`` came from, a frame each, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
