"""``ler-trust verify`` in one process: exit status, table, JSON, time, policies, broken input."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from ler_trust.cli.main import run
from tests.kit.issuing import jose_badge, signed_badge

ANY_ISSUER = ("--policy", "any-issuer")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LER_TRUST_DATA_FOLDER", str(tmp_path / "no-data"))


@pytest.fixture
def valid(tmp_path: Path) -> str:
    return _write(tmp_path / "valid.json", orjson.dumps(signed_badge()))


@pytest.fixture
def tampered(tmp_path: Path) -> str:
    return _write(tmp_path / "tampered.json", orjson.dumps(signed_badge() | {"name": "Neurosurgery"}))


@pytest.fixture
def expired(tmp_path: Path) -> str:
    badge = signed_badge(validUntil="2025-07-01T00:00:00Z")
    return _write(tmp_path / "expired.json", orjson.dumps(badge))


def _write(path: Path, content: bytes) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return str(path)


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    status = run(["verify", "--json", *arguments])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _reasons(answers: Sequence[dict[str, Any]]) -> list[str | None]:
    return [answer["reason"] for answer in answers]


def test_all_valid_is_0(capsys: pytest.CaptureFixture[str], valid: str) -> None:
    status, answers = _json(capsys, *ANY_ISSUER, valid)
    assert (status, _reasons(answers)) == (0, [None])
    assert answers[0]["item"] == valid
    assert next(iter(answers[0])) == "item"


def test_one_invalid_is_1_whatever_the_others_are(
    capsys: pytest.CaptureFixture[str], valid: str, tampered: str
) -> None:
    status, answers = _json(capsys, *ANY_ISSUER, valid, tampered)
    assert (status, _reasons(answers)) == (1, [None, "proof.signature"])


def test_an_issuer_that_no_registry_knows_is_2_and_said_on_standard_error(
    capsys: pytest.CaptureFixture[str], valid: str
) -> None:
    assert run(["verify", "--json", valid]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["reason"] == "issuer.not_recognised"
    assert "no registry is loaded" in captured.err


def test_nothing_is_said_of_registries_when_the_policy_needs_none(
    capsys: pytest.CaptureFixture[str], valid: str
) -> None:
    assert run(["verify", *ANY_ISSUER, valid]) == 0
    assert capsys.readouterr().err == ""


def test_the_time_of_interest_can_be_chosen(capsys: pytest.CaptureFixture[str], expired: str) -> None:
    assert _json(capsys, *ANY_ISSUER, expired)[0] == 1
    assert _json(capsys, *ANY_ISSUER, "--as-of", "2025-06-15T00:00:00Z", expired)[0] == 0


def test_the_table_says_it_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, valid: str, tampered: str
) -> None:
    monkeypatch.chdir(Path(valid).parent)  # a long path is folded, wherever that happens to be
    assert run(["verify", *ANY_ISSUER, Path(valid).name, Path(tampered).name]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "valid.json" in shown
    assert "not valid The signature does not match" in shown
    assert "[proof.signature]" in shown
    assert "2 records: 1 valid, 1 not valid, 0 undecided. Policy any-issuer, version 1." in shown


def test_an_identifier_is_shown_as_it_is(capsys: pytest.CaptureFixture[str], valid: str) -> None:
    run(["verify", *ANY_ISSUER, valid])
    assert "did:key:z6Mk" in capsys.readouterr().out


def test_a_file_name_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = _write(tmp_path / "a\x1b[2J[red]b.json", orjson.dumps(signed_badge()))
    assert run(["verify", *ANY_ISSUER, path]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[red]" in shown


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "format.json"),
        (b"{", "format.json"),
        (b"\xff\xfe", "format.encoding"),
        (b"[" * 100_000, "format.too_deep"),
        (b'{"a":1,"a":2}', "format.duplicate_key"),
        (b'{"a":"' + b"x" * 2_000_000 + b'"}', "format.too_large"),
        (b"not.a.token", "format.token"),
        (b"\x89PNG\r\n\x1a\n", "format.unsupported"),
    ],
    ids=range(8),
)
def test_a_broken_file_is_answered_and_the_next_one_judged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, valid: str, content: bytes, reason: str
) -> None:
    status, answers = _json(capsys, *ANY_ISSUER, _write(tmp_path / "broken.json", content), valid)
    assert _reasons(answers) == [reason, None]
    assert status in (1, 2)


def test_a_folder_with_files_and_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "all"
    _write(folder / "a.json", orjson.dumps(signed_badge()))
    _write(folder / "b.jwt", jose_badge().encode() + b"\n")
    _write(folder / "c.ndjson", b"broken\n" + orjson.dumps({"id": "x", "credential": jose_badge()}) + b"\n")
    _write(folder / "readme.md", b"not a record")
    status, answers = _json(capsys, *ANY_ISSUER, str(folder))
    assert [answer["item"].removeprefix(f"{folder}/") for answer in answers] == [
        "a.json",
        "b.jwt",
        "c.ndjson#1",
        "c.ndjson#2",
    ]
    assert [answer["outcome"] for answer in answers] == ["valid", "valid", "invalid", "valid"]
    assert status == 1


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = orjson.dumps(signed_badge()) + b"\n" + jose_badge().encode() + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    status, answers = _json(capsys, *ANY_ISSUER, "-")
    assert (status, [answer["item"] for answer in answers]) == (0, ["-#1", "-#2"])


def test_more_than_a_window_keeps_its_order(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good, bad = jose_badge().encode(), b"broken"
    path = _write(tmp_path / "many.ndjson", b"\n".join([good, bad] * 300))
    status, answers = _json(capsys, *ANY_ISSUER, path)
    assert status == 1
    assert [answer["item"] for answer in answers] == [f"{path}#{number}" for number in range(1, 601)]
    assert [answer["outcome"] for answer in answers] == ["valid", "invalid"] * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "--colour", "VALID"],
        ["verify", "absent.json"],
        ["verify", "--as-of", "yesterday", "VALID"],
        ["verify", "--as-of", "2025-06-15T00:00:00", "VALID"],
        ["verify", "--policy", "nobody-has-this", "VALID"],
        ["verify", "--database", "sqlite:///absent.sqlite3", "VALID"],
        ["verify", "--database", "oracle://absent", "VALID"],
        ["verify", "--offline", "absent", "VALID"],
        ["verify", "EMPTY"],
        ["verify", "-"],
        ["nothing-like-this"],
    ],
    ids=" ".join,
)
def test_what_was_asked_wrongly_is_64_and_one_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    valid: str,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    empty = _write(tmp_path / "empty.ndjson", b"\n\n")
    places = {"VALID": valid, "EMPTY": empty}
    assert run([places.get(argument, argument) for argument in arguments]) == 64
    captured = capsys.readouterr()
    (sentence,) = [line for line in captured.err.splitlines() if "no registry is loaded" not in line]
    assert sentence.startswith("ler-trust: ")
    assert sentence.endswith("]")
    assert captured.out == ""


def test_an_index_that_cannot_be_read_is_64(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, valid: str
) -> None:
    (tmp_path / "index.json").write_text("[]")
    assert run(["verify", "--offline", str(tmp_path), valid]) == 64
    assert "index.json" in capsys.readouterr().err


def test_an_unexpected_error_is_70_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, valid: str
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a detail")

    monkeypatch.setattr("ler_trust.cli.verify.windows", fail)
    assert run(["verify", *ANY_ISSUER, valid]) == 70
    assert "Traceback" not in capsys.readouterr().err
    assert run(["--debug", "verify", *ANY_ISSUER, valid]) == 70
    assert "a detail" in capsys.readouterr().err


def test_an_interrupt_is_130_and_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, valid: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ler_trust.cli.verify.windows", interrupted)
    assert run(["verify", *ANY_ISSUER, valid]) == 130
    assert capsys.readouterr().err == ""


def test_looking_leaves_nothing_behind(tmp_path: Path, valid: str) -> None:
    before = set(tmp_path.rglob("*"))
    run(["verify", "--json", valid])
    run(["policies", "list"])
    assert set(tmp_path.rglob("*")) == before


def test_a_progress_bar_is_for_long_input_and_somebody_who_watches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, valid: str
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    many = _write(tmp_path / "many.ndjson", b"broken\n" * 1000)
    for path, shown in ((valid, False), (many, True)):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        run(["verify", "--json", *ANY_ISSUER, path])
        assert ("records" in terminal.getvalue()) is shown
