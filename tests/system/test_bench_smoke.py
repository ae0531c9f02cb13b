"""The bench runs through and writes its figures in the agreed form; its figures are not judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.suites.choice import choose_engine
from tests.bench import rust
from tests.bench.corpus import corpus
from tests.bench.million import Memory
from tests.bench.plan import parts
from tests.bench.processes import BenchError, Worker, take_turns
from tests.bench.workers.assembly import require_verdicts
from tests.bench.works import MAIN_WORK, PER_THOUSAND, Fate

IN_USE = choose_engine("auto", DEFAULT_LIMITS).name
REPOSITORY = Path(__file__).parents[2]
MEMBERS = {
    "name": str,
    "value": float,
    "unit": str,
    "against": str,
    "ratio": float,
    "cores": int,
    "cold": bool,
}
WORKS = (
    "eddsa-rdfc-2022",
    "eddsa-jcs-2022",
    "ecdsa-rdfc-2019-p256",
    "ecdsa-rdfc-2019-p384",
    "jwt-eddsa",
    "jwt-es256",
    "jwt-rs256",
)
COMPARED = {
    *((work, "signature") for work in WORKS),
    ("http-json", "in-process"),
    ("http-ndjson", "in-process"),
    ("revocation", "hand-commit"),
    ("list-get", "empty-route"),
    ("list-get/whole", "empty-route"),
    ("list-rendering/credential", None),
    ("revocation/1000-at-once", None),
}


def bench(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, "-m", "tests.bench", "--quick", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.mark.slow
def test_bench_writes_figures_in_the_agreed_form(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    done = bench("--without-peers", "--output", str(output))
    assert done.returncode == 0, done.stderr
    rows = json.loads(output.read_bytes())
    for row in rows:
        assert set(row) == set(MEMBERS)
        for name, kind in MEMBERS.items():
            assert isinstance(row[name], kind) or (row[name] is None and name in ("against", "ratio")), row
        assert (row["against"] is None) == (row["ratio"] is None)
        assert row["value"] > 0
    assert {(row["name"], row["against"]) for row in rows} >= COMPARED
    assert not any(row["against"] == "digitalbazaar" for row in rows)
    assert "eddsa-rdfc-2022" in done.stdout
    assert json.loads((tmp_path / "bench-conditions.json").read_bytes())["engine"] == IN_USE


def test_bench_without_node_says_what_is_missing(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    done = bench("--output", str(output), path="")
    assert done.returncode == 1
    assert "--without-peers" in done.stderr
    assert not output.exists()


def test_a_verdict_other_than_expected_ends_the_measurement() -> None:
    valid, revoked = ("valid", None), ("invalid", "status.revoked")
    require_verdicts([valid, revoked], [valid, revoked])
    with pytest.raises(ValueError, match="1 of 2"):
        require_verdicts([valid, valid], [valid, revoked])
    with pytest.raises(ValueError, match="1 of 2"):
        require_verdicts([valid, ("invalid", "proof.signature")], [valid, revoked])
    with pytest.raises(ValueError, match="of 2"):
        require_verdicts([valid], [valid, revoked])


def test_a_worker_that_fails_ends_the_bench_with_what_it_said() -> None:
    script = "print('{\"ready\": true}', flush=True); input(); raise SystemExit('no such thing')"
    core = min(os.sched_getaffinity(0))
    with (
        Worker([sys.executable, "-c", script], {core}) as worker,
        pytest.raises(BenchError, match="no such thing"),
    ):
        take_turns({"service": [worker]}, 1)


def test_shares_hold_each_item_once() -> None:
    shares = parts(range(23), rounds=2, workers=3)
    handed_out = [item for worker in shares for items in worker for item in items]
    assert handed_out == list(range(18))
    assert [len(worker) for worker in shares] == [2, 2, 2]


def test_a_team_that_does_fewer_rounds_is_counted_for_those_alone() -> None:
    script = (
        "print('{\"ready\": true}', flush=True)\n"
        'while input(): print(\'{"seconds": 2.0, "verified": 3}\', flush=True)'
    )
    command, cores = [sys.executable, "-c", script], os.sched_getaffinity(0)
    with Worker(command, cores) as one, Worker(command, cores) as other:
        tallies = take_turns({"one": [one], "other": [other]}, 4, fewer={"other": 1})
        again = take_turns({"one": [one]}, 2)
    assert (tallies["one"].done, tallies["one"].seconds) == (12, 8.0)
    assert (tallies["other"].done, tallies["other"].rate) == (3, 1.5)
    assert again["one"].done == 6  # a worker is met once, and can go on afterwards


def test_the_corpus_is_the_same_every_time_and_has_its_share_of_each_fate(tmp_path: Path) -> None:
    found, again = (corpus(MAIN_WORK, 100, tmp_path / name) for name in ("one", "other"))
    assert found.measured == again.measured
    assert found.lists() == again.lists()
    assert len({item.content for item in found.warm_up + found.measured}) == 200
    fates = [item.fate for item in found.measured]
    assert {fate: fates.count(fate) for fate in PER_THOUSAND} == dict.fromkeys(PER_THOUSAND, 1)
    assert {item.fate for item in found.warm_up} == {Fate.VALID}


def test_the_memory_of_a_process_is_told_by_progress() -> None:
    memory = Memory(os.getpid(), [(0.0, 10), (0.1, 30), (0.5, 1_000), (0.9, 50)])
    assert memory.mean_within(0.0, 0.1) == 20
    assert memory.mean_within(0.9, 1.0) == 50
    with pytest.raises(BenchError, match="between 20% and 30%"):
        memory.mean_within(0.2, 0.3)
    memory.look(1.0)
    assert 2**20 < memory.samples[-1][1] <= memory.peak()


def test_without_cargo_there_are_no_workers_in_rust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BenchError, match="no cargo"):
        rust.build(tmp_path)
