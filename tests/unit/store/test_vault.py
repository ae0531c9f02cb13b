"""Keys at rest: sealed so that only the same master key opens them."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ler_trust.errors import ConfigurationError
from ler_trust.store.vault import MasterKey, Vault


def test_sealed_key_opens_with_the_same_master_key() -> None:
    seed = bytes(range(32))
    sealed = Vault(MasterKey(b"m" * 32)).seal(seed)
    assert seed not in sealed
    assert Vault(MasterKey(b"m" * 32)).open(sealed) == seed


def test_sealing_twice_shows_no_likeness() -> None:
    vault = Vault(MasterKey(b"m" * 32))
    assert vault.seal(b"seed") != vault.seal(b"seed")


def test_another_master_key_is_said_plainly() -> None:
    sealed = Vault(MasterKey(b"m" * 32)).seal(b"seed")
    with pytest.raises(ConfigurationError, match="does not open with this master key"):
        Vault(MasterKey(b"n" * 32)).open(sealed)


@pytest.mark.parametrize("position", [0, 23, 24, 30, -1])
def test_changed_byte_is_noticed(position: int) -> None:
    vault = Vault(MasterKey(b"m" * 32))
    sealed = bytearray(vault.seal(b"seed"))
    sealed[position] ^= 1
    with pytest.raises(ConfigurationError):
        vault.open(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 39])
def test_what_was_never_sealed_is_noticed(sealed: bytes) -> None:
    with pytest.raises(ConfigurationError):
        Vault(MasterKey(b"m" * 32)).open(sealed)


def test_master_key_is_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "master.key"
    key = MasterKey.load_or_create(path).key
    assert len(key) == 32
    assert MasterKey.load_or_create(path).key == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]


def test_first_starts_at_once_make_one_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: MasterKey.load_or_create(path).key, range(32)))
    assert len(keys) == 1


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "ab" * 33, "é" * 64])
def test_damaged_master_key_stops_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match="master_key"):
        MasterKey.load_or_create(path)
    assert path.read_text("utf-8") == content


def test_unwritable_place_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot use /proc/nowhere/master\.key"):
        MasterKey.load_or_create(Path("/proc/nowhere/master.key"))


def test_previous_key_opens_until_everything_is_sealed_anew() -> None:
    old, new = MasterKey(b"o" * 32), MasterKey(b"n" * 32)
    sealed = Vault(old).seal(b"seed")
    both = Vault(new, old)
    assert both.open(sealed) == b"seed"
    anew = both.reseal(sealed)
    assert Vault(new).open(anew) == b"seed"
    with pytest.raises(ConfigurationError):
        Vault(old).open(anew)
    with pytest.raises(ConfigurationError):
        Vault(new).open(sealed)


def test_key_comes_from_a_command_that_is_run_without_a_shell() -> None:
    program = f"{sys.executable} -c 'print(\"ab\" * 32)'"
    assert MasterKey.from_command(program).key == b"\xab" * 32


@pytest.mark.parametrize(
    "command",
    [
        "/nonexistent/program",
        "",
        "'unclosed",
        f"{sys.executable} -c 'import sys; print(\"5ecret\"); sys.exit(3)'",
        f"{sys.executable} -c 'print(\"5ecret\")'",
    ],
)
def test_command_that_gives_no_key_is_said_plainly_without_its_output(command: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MasterKey.from_command(command)
    assert "5ecret" not in str(caught.value)
