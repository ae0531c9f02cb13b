"""Where a PIN comes from; that it is nowhere else, and never tried twice when it was refused."""

import os
from pathlib import Path

import pytest

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.signing_server.pin import Pin, pin_from

SECRET = "2468-secret"


def written(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_pin_in_a_file_by_a_command_and_in_the_environment(tmp_path: Path) -> None:
    file = written(tmp_path, f"{SECRET}\n".encode())
    for pin in (pin_from(file, "", ""), pin_from(None, f"cat {file}", ""), pin_from(None, "", SECRET)):
        assert pin.next() == SECRET
        assert SECRET not in repr(vars(pin)) + repr(pin)


@pytest.mark.parametrize(
    "given", [(False, "", ""), (True, "true", ""), (True, "", "1"), (False, "true", "1")]
)
def test_pin_comes_from_one_place(given: tuple[bool, str, str], tmp_path: Path) -> None:
    file = written(tmp_path, b"1") if given[0] else None
    with pytest.raises(ConfigurationError, match="one of them"):
        pin_from(file, given[1], given[2])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="chmod 600"):
        pin_from(written(tmp_path, SECRET.encode(), mode), "", "")
    with pytest.raises(ConfigurationError, match="cannot use"):
        pin_from(tmp_path / "absent", "", "")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 2_000])
def test_content_that_is_no_pin_is_not_tried_and_not_quoted(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Undecided, match=r"signer\.locked") as caught:
        pin_from(written(tmp_path, content), "", "").next()
    assert "xxx" not in repr(caught.value)


@pytest.mark.parametrize(
    "command", ["false", "/nowhere/program", "echo 'open", f"sh -c 'echo {SECRET}; exit 1'"]
)
def test_command_that_fails_says_nothing_of_what_it_wrote(command: str) -> None:
    with pytest.raises(Undecided, match=r"signer\.locked") as caught:
        pin_from(None, command, "").next()
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_pin_that_was_refused_is_not_given_again_until_it_is_another() -> None:
    given = ["wrong"]
    pin = Pin(lambda: given[0])
    assert pin.next() == "wrong"
    assert pin.next() == "wrong"
    pin.was_refused()
    for _ in range(3):
        with pytest.raises(Undecided, match="not tried again"):
            pin.next()
    given[0] = "right"
    assert pin.next() == "right"
    given[0] = "wrong"
    with pytest.raises(Undecided, match="not tried again"):
        pin.next()


def test_file_that_is_gone_when_it_is_needed(tmp_path: Path) -> None:
    file = written(tmp_path, SECRET.encode())
    pin = pin_from(file, "", "")
    os.unlink(file)
    with pytest.raises(Undecided, match="cannot be read"):
        pin.next()
