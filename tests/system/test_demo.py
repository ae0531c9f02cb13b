"""``ler-trust demo``: what was done is found, and what is not found is said."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from ler_trust.cli.demo import play
from ler_trust.cli.demo.client import Client
from ler_trust.cli.demo.tally import Finding
from ler_trust.cli.main import run
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.report import Outcome
from ler_trust.suites.choice import choose_engine
from tests.kit.command_line import ler_trust, started

_ROW = re.compile(r"^(\S.*?) {2,}(\d+) +(\d+) +\S", re.MULTILINE)


def test_a_thousand_badges_are_found_to_be_what_they_are(tmp_path: Path) -> None:
    ran = ler_trust("demo", TMPDIR=str(tmp_path))
    assert ran.status == 0, ran.output + ran.errors
    rows = _ROW.findall(ran.output)
    assert len(rows) == 7
    assert all(done == found != "0" for _, done, found in rows)
    assert sum(int(done) for _, done, _ in rows) == 1000
    assert f"the {choose_engine('auto', DEFAULT_LIMITS).name} engine" in ran.output
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_is_judged_the_same_without_a_network(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ran = ler_trust("demo", "--count", "60", "--seed", "7", "--keep", str(kept))
    assert ran.status == 0, ran.errors
    (again,) = [line.split()[2:] for line in ran.output.splitlines() if line.startswith("  ler-trust verify")]
    ran = ler_trust("verify", *again)
    assert ran.status == 1
    assert "60 records: " in ran.output
    assert ler_trust("demo", "--keep", str(kept)).status == 64


def test_a_wrong_answer_is_named_and_ends_in_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    honest = play.verify

    async def lenient(verifier: Client, lines: Sequence[bytes]) -> list[Finding]:
        found = await honest(verifier, lines)
        return [
            Finding(each.id, Outcome.VALID, None) if each.reason == "status.revoked" else each
            for each in found
        ]

    monkeypatch.setattr(play, "verify", lenient)
    assert run(["demo", "--count", "20"]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"wrong: badge-\d+ \(.*, revoked\) was found valid", shown)


def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with started("demo", "--count", "50000", TMPDIR=str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == b""
    assert list(tmp_path.iterdir()) == []
