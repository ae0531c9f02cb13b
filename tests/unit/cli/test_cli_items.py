"""Reading what a command line names: files, folders, lines, standard input."""

import io
import os
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.cli.items import WINDOW_ITEMS, Item, read_items, require_readable, windows
from ler_trust.errors import Failure

LIMIT = 100


def _stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[Item]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return list(read_items(["-"], LIMIT))


def _labels(found: list[Item]) -> list[str]:
    return [item.label for item in found]


def test_a_json_file_is_one_record_whatever_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a":1}\n{"b":2}\n')
    assert list(read_items([str(path)], LIMIT)) == [Item(str(path), b'{"a":1}\n{"b":2}\n')]


def test_an_empty_json_file_is_a_record_to_be_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.touch()
    assert list(read_items([str(path)], LIMIT)) == [Item(str(path), b"")]


@pytest.mark.parametrize("suffix", [".ndjson", ".jsonl", ".NDJSON"])
def test_lines_are_numbered_as_an_editor_does(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b'{"a":1}\r\n\n  \nbroken\n{"b":2}')
    assert list(read_items([str(path)], LIMIT)) == [
        Item(f"{path}#1", b'{"a":1}'),
        Item(f"{path}#4", b"broken"),
        Item(f"{path}#5", b'{"b":2}'),
    ]


def test_a_line_may_be_a_line_of_a_request(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(
        b'{"id":"x","credential":{"a": 1}}\n{"credential":"eyJ.a.b"}\n{"credential":1,"other":2}\n'
    )
    contents = [item.content for item in read_items([str(path)], LIMIT)]
    assert contents == [b'{"a": 1}', b'"eyJ.a.b"', b'{"credential":1,"other":2}']


def test_of_a_long_line_only_what_shows_that_it_is_too_long_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"x" * 10 * LIMIT + b"\n" + b"y" * LIMIT + b"\n")
    first, second = read_items([str(path)], LIMIT)
    assert first == Item(f"{path}#1", b"x" * (LIMIT + 1))
    assert second == Item(f"{path}#2", b"y" * LIMIT)


def test_of_a_long_file_only_what_shows_that_it_is_too_long_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 10 * LIMIT)
    assert list(read_items([str(path)], LIMIT)) == [Item(str(path), b"x" * (LIMIT + 1))]


def test_a_folder_is_read_recursively_in_order_by_the_names_of_records(tmp_path: Path) -> None:
    for name in ("b/2.jwt", "b/1.json", "a.jsonld", "c.jws", "d.txt", "b/readme.md", "e.ndjson"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    labels = _labels(list(read_items([str(tmp_path)], LIMIT)))
    assert [label.removeprefix(f"{tmp_path}/") for label in labels] == [
        "a.jsonld",
        "c.jws",
        "e.ndjson#1",
        "b/1.json",
        "b/2.jwt",
    ]


def test_a_file_of_any_name_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "badge.txt"
    path.write_bytes(b'{"a":1}\n')
    assert _labels(list(read_items([str(path)], LIMIT))) == [str(path)]


def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_judged(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "nowhere")
    good = tmp_path / "b.json"
    good.write_bytes(b"{}")
    broken, read = read_items([str(tmp_path / "a.json"), str(good)], LIMIT)
    assert isinstance(broken.content, Failure)
    assert broken.content.code == "fetch.unreachable"
    assert read.content == b"{}"


def test_a_baked_picture_is_named_as_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "badge.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\nxxxx")
    (item,) = read_items([str(path)], LIMIT)
    assert isinstance(item.content, Failure)
    assert item.content.code == "format.unsupported"


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        (b'{"a":1}', ["-"]),
        (b'{\n  "a": 1\n}\n', ["-"]),
        (b'{\n"a": 1\n}\n', ["-"]),
        (b'{"a":1}\n{"b":2}\n', ["-#1", "-#2"]),
        (b'\n{"a":1}\n\n{"b":2}\n', ["-#2", "-#4"]),
        (b'{"broken\n{"b":2}\n', ["-#1", "-#2"]),
        (b"eyJ.eyJ.sig\neyJ.eyJ.sig\n", ["-#1", "-#2"]),
        (b'"eyJ.eyJ.sig"\n"eyJ.eyJ.sig"\n', ["-#1", "-#2"]),
        (b"eyJ.eyJ.sig\n", ["-"]),
        (b"nothing\nuseful\n", ["-"]),
        (b"", []),
        (b"\n \n", []),
    ],
)
def test_standard_input_is_a_document_or_lines(
    monkeypatch: pytest.MonkeyPatch, content: bytes, labels: list[str]
) -> None:
    assert _labels(_stdin(monkeypatch, content)) == labels


def test_an_indented_document_comes_through_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{\r\n  "a": "\xc3\xa9",\n\n "b" : 2\n}'
    assert _stdin(monkeypatch, content) == [Item("-", content)]


@given(st.binary(max_size=2 * LIMIT))
def test_whatever_comes_in_no_line_grows_past_the_limit(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found = _stdin(patch, content)
    assert all(isinstance(item.content, Failure) or len(item.content) <= LIMIT + 1 for item in found)


def test_windows_are_cut_by_number_and_by_size() -> None:
    many = [Item(str(number), b"x") for number in range(WINDOW_ITEMS + 1)]
    assert [len(window) for window in windows(many)] == [WINDOW_ITEMS, 1]
    large = [Item(str(number), bytes(3 * 1024 * 1024)) for number in range(4)]
    assert [len(window) for window in windows(large)] == [3, 1]


def test_windows_do_not_read_ahead() -> None:
    def endless() -> object:
        while True:
            yield Item("a", b"x")

    assert len(next(windows(endless()))) == WINDOW_ITEMS  # type: ignore[arg-type]


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    require_readable(["-", str(tmp_path)])
    with pytest.raises(typer.BadParameter, match="no file or folder"):
        require_readable([str(tmp_path / "absent.json")])


def test_a_file_name_that_is_not_unicode_is_shown_and_read(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff.json")
    with open(path, "wb") as file:
        file.write(b"{}")
    (item,) = read_items([os.fsdecode(path)], LIMIT)
    assert item.label.endswith("�.json")
    assert item.content == b"{}"
