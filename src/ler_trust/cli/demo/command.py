"""``ler-trust demo``: start, issue, revoke, verify, compare."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from ler_trust.cli.demo import play
from ler_trust.cli.demo.keepsake import BADGES, keep_evidence
from ler_trust.cli.demo.plan import LEAST, ROLES, Planned, make_plan
from ler_trust.cli.demo.stage import running_service
from ler_trust.cli.demo.tally import Finding, differences, print_differences, print_tally
from ler_trust.cli.endings import ExitStatus
from ler_trust.cli.table import console
from ler_trust.observe import log


@dataclass(frozen=True, slots=True)
class Performance:
    """What was found, how long verifying took in seconds, and by which engine."""

    found: Sequence[Finding]
    seconds: float
    engine: str


def demo(
    count: Annotated[int, typer.Option("--count", min=LEAST, max=100_000, help="How many badges.")] = 1_000,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="DIR", help="Keep the badges and the database there.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another number makes another mixture.")] = 1,
) -> int:
    """Start the service, issue badges, spoil some, verify them all and compare.

    Exit status: 0 everything was found to be what it is, 1 something was not.
    """
    log.configure("error", "console", sys.stderr)
    page = console()
    plan = make_plan(count, seed)
    began = perf_counter()
    with _folder(keep) as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        performance = runner.run(_perform(page, plan, folder, kept=keep is not None))
    wrong = differences(plan, performance.found)
    page.print()
    print_tally(page, plan, performance.found)
    print_differences(page, wrong)
    _print_times(page, performance, len(plan), perf_counter() - began)
    _print_onward(page, keep)
    return ExitStatus.NO if wrong else ExitStatus.YES


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="ler-trust-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and any(keep.iterdir()):
        raise typer.BadParameter(f"{keep} is not empty")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


async def _perform(page: Console, plan: Sequence[Planned], folder: Path, *, kept: bool) -> Performance:
    async with running_service(folder) as stage:
        page.print(f"The service runs at {stage.address}, with a database of its own.")
        clients = await play.admit(stage.session, stage.address, stage.admin_token)
        issuers = await play.found_issuers(clients.issuer, stage.service.issuers, plan)
        await play.register(clients.governor, issuers)
        for role in ROLES:
            known = "registered" if role.registered else "known to no registry"
            page.print(f"{role.title}, {known}: {issuers[role].signer.issuer}", soft_wrap=True)
        badges = await asyncio.to_thread(play.issue_all, plan, issuers, stage.service.clock.now())
        await play.change_status(plan, issuers)
        forms = len({planned.form for planned in plan})
        page.print(
            f"{len(badges):,} badges are issued, secured in {forms} ways, and their status is changed."
        )
        lines = play.request_lines(plan, badges)
        began = perf_counter()
        found = await play.verify(clients.verifier, lines)
        seconds = perf_counter() - began
        if kept:
            await keep_evidence(folder, stage, lines, issuers)
        return Performance(found, seconds, stage.service.engine.name)


def _print_times(page: Console, performance: Performance, count: int, whole: float) -> None:
    rate = count / performance.seconds
    page.print(
        f"\n{count:,} badges verified in {performance.seconds:.2f} s, {rate:,.0f} a second: one NDJSON "
        f"request over HTTP, the {performance.engine} engine, client and service in one process, nothing "
        f"looked up before.\nThe whole demonstration took {whole:.1f} s.",
        soft_wrap=True,
    )


def _print_onward(page: Console, keep: Path | None) -> None:
    if keep is not None:
        page.print(
            f"\nTo look at them again, without a network:\n  ler-trust verify --offline {keep} "
            f"--database sqlite:///{(keep / 'ler-trust.sqlite3').resolve()} {keep / BADGES}",
            soft_wrap=True,
        )
    page.print("\nTo go on: `make serve` runs the service for you; README.md says what to send it.")
