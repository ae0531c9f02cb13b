"""``ler-trust doctor``: is everything here that the service needs? Without a network, changing nothing."""

from collections.abc import Callable
from functools import partial

from ler_trust.cli import options
from ler_trust.cli.endings import ExitStatus
from ler_trust.cli.examinations import OF_THE_MACHINE, OF_THE_SETTINGS
from ler_trust.cli.opening import configured
from ler_trust.cli.table import console, print_plain
from ler_trust.errors import ConfigurationError, Undecided

Row = tuple[str, str, str]


def doctor(database: options.Database = None) -> int:
    """Look at everything the service needs and say in plain words what is wrong.

    Exit status: 0 nothing is wrong, 1 something is.
    """
    rows = [_examined(name, examine) for name, examine in OF_THE_MACHINE.items()]
    try:
        settings = configured(database)
    except ConfigurationError as error:
        rows.append(("configuration", "wrong", str(error)))
    else:
        rows.append(("configuration", "ok", f"data in {settings.data_folder}, served as {settings.base_url}"))
        rows += [_examined(name, partial(examine, settings)) for name, examine in OF_THE_SETTINGS.items()]
    print_plain(console(), ("What", "", "Found"), rows)
    return ExitStatus.NO if any(verdict == "wrong" for _, verdict, _ in rows) else ExitStatus.YES


def _examined(name: str, examine: Callable[[], str]) -> Row:
    try:
        return name, "ok", examine()
    except (ConfigurationError, OSError) as error:
        return name, "wrong", str(error)
    except Undecided as finding:
        return name, "wrong", finding.detail
