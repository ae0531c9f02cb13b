"""Keys in a hardware token: a real PKCS#11 module (SoftHSM), pulled out, wiped and put in again."""

import asyncio
import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from ler_trust.errors import ConfigurationError, Undecided
from ler_trust.model.did import KeyKind
from ler_trust.signing_server.app import build_app
from ler_trust.signing_server.hardware import HardwareKeys
from ler_trust.signing_server.pin import Pin
from ler_trust.suites.signatures import verify
from ler_trust.suites.signing import ALGORITHMS
from tests.kit.softhsm import LABEL, PIN, SoftToken, soft_token
from tests.unit.test_keys_elsewhere import TOKEN, asking, serving, sign

KINDS = (KeyKind.ED25519, KeyKind.P256, KeyKind.P384)
NAMES = [kind.value for kind in KINDS]


@pytest.fixture
def token(tmp_path: Path) -> Iterator[SoftToken]:
    with soft_token(tmp_path) as token:
        yield token


@contextmanager
def held(token: SoftToken, *names: str, pin: Callable[[], str] = lambda: PIN) -> Iterator[HardwareKeys]:
    keys = HardwareKeys(token.module, LABEL, Pin(pin), names or NAMES)
    try:
        yield keys
    finally:
        keys.close()
        del keys
        gc.collect()  # a module that is dropped is finalised, and the next test has the same one


def filled(keys: HardwareKeys) -> HardwareKeys:
    for kind in KINDS:
        keys.make(kind.value, kind)
    return keys


@contextmanager
def writing(keys: HardwareKeys) -> Iterator[Any]:
    """Give a session in which keys can be made by hand."""
    keys._forget()
    keys._writes = True
    try:
        yield keys._open()
    finally:
        keys._forget()
        keys._writes = False


def refusal(work: Callable[[], Any]) -> str:
    with pytest.raises(Undecided) as caught:
        work()
    assert PIN not in f"{caught.value!r} {caught.value.__cause__!r}"
    return caught.value.code.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", [b"", b"data", b"x" * 2_000_000], ids=len)
def test_signature_is_in_the_form_that_verifiers_take(token: SoftToken, kind: KeyKind, data: bytes) -> None:
    with held(token) as keys:
        filled(keys)
        public = keys.public_key(kind.value)
        signature = keys.sign(kind.value, data)
        assert public.kind is kind
        assert len(signature) == (96 if kind is KeyKind.P384 else 64)
        assert verify(public, ALGORITHMS[kind], data, signature)
        assert not verify(public, ALGORITHMS[kind], data + b".", signature)


def test_key_is_made_once_and_cannot_be_taken_out(token: SoftToken) -> None:
    with held(token) as keys:
        first = filled(keys).public_key("P-256")
        assert filled(keys).public_key("P-256") == first
        [private] = keys._objects("P-256", pkcs11.ObjectClass.PRIVATE_KEY)
        assert private[pkcs11.Attribute.SENSITIVE]
        assert not private[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.PKCS11Error):
            private[pkcs11.Attribute.VALUE]
    with held(token) as again:
        assert again.public_key("P-256") == first


def test_token_is_not_written_to_but_to_make_a_key(token: SoftToken) -> None:
    with held(token) as keys:
        assert filled(keys).sign("P-256", b"data")
        with pytest.raises(pkcs11.SessionReadOnly):
            keys._make("another", KeyKind.P256)


def test_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "ler_trust.signing_server.hardware")
    with pytest.raises(ConfigurationError, match=r"ler-trust\[pkcs11\]"):
        importlib.import_module("ler_trust.signing_server.hardware")


def test_key_that_is_missing_ambiguous_or_not_to_be_used(token: SoftToken) -> None:
    with held(token, "P-256", "absent", "twice") as keys:
        filled(keys)
        with writing(keys):
            for _ in range(2):
                keys._make("twice", KeyKind.P256)
        for name in ("absent", "twice", "Ed25519", "", "../P-256", "P-256\x00", "é" * 1_000):
            assert refusal(lambda name=name: keys.sign(name, b"data")) == "signer.key_missing"  # type: ignore[misc]
        assert keys.sign("P-256", b"data")


def test_key_of_a_kind_that_is_not_used_here(token: SoftToken) -> None:
    with held(token, "RSA", "curve") as keys:
        with writing(keys) as session:
            session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="RSA")
            curve = {pkcs11.Attribute.EC_PARAMS: bytes.fromhex("06052b8104000a")}  # secp256k1
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
            parameters.generate_keypair(store=True, label="curve")
        assert refusal(lambda: keys.public_key("curve")) == "signer.key_missing"
        assert refusal(lambda: keys.public_key("RSA")) in ("signer.key_missing", "signer.failed")


def test_token_that_is_not_there_from_the_start(token: SoftToken) -> None:
    token.take_away()
    with held(token) as keys:
        assert refusal(lambda: keys.sign("P-256", b"data")) == "signer.device_missing"
        token.bring_back()
        filled(keys)
        assert keys.sign("P-256", b"data")


def test_token_pulled_out_half_way_and_put_in_again(token: SoftToken) -> None:
    with held(token) as keys:
        public = filled(keys).public_key("P-256")
        token.take_away()
        for _ in range(3):
            assert refusal(lambda: keys.sign("P-256", b"data")) == "signer.device_missing"
        token.bring_back()
        assert verify(public, ALGORITHMS[KeyKind.P256], b"data", keys.sign("P-256", b"data"))


def test_other_token_in_its_place_has_not_the_key(token: SoftToken) -> None:
    with held(token) as keys:
        filled(keys)
        token.wipe()
        assert refusal(lambda: keys.sign("P-256", b"data")) == "signer.key_missing"
        filled(keys)
        assert keys.sign("P-256", b"data")


@pytest.mark.parametrize("lost", ["closed", "logged out", "finalised"])
def test_session_that_was_lost_is_opened_again(token: SoftToken, lost: str) -> None:
    with held(token) as keys:
        filled(keys).sign("P-256", b"data")
        if lost == "finalised":
            keys._module.finalize()
        elif lost == "closed":
            keys._session.close()  # logs out too
        else:
            other = next(iter(keys._module.get_tokens(token_label=LABEL))).open()
            other.close()
            keys._session.close()
        assert keys.sign("P-256", b"data")


@pytest.mark.parametrize("pin", ["wrong-pin", "1", "x" * 300, ""])
def test_wrong_pin_is_tried_once_and_a_corrected_one_is_taken(
    token: SoftToken, pin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [pin]
    tried: list[str] = []

    class Counted(Pin):
        def next(self) -> str:
            tried.append(found := super().next())
            return found

    keys = HardwareKeys(token.module, LABEL, Counted(lambda: given[0]), ["P-256"])
    try:
        for _ in range(20):
            assert refusal(lambda: keys.sign("P-256", b"data")) == "signer.locked"
        assert len(tried) == (1 if pin else 0)
        given[0] = PIN
        keys.make("P-256", KeyKind.P256)
        assert keys.sign("P-256", b"data")
    finally:
        keys.close()


def test_last_try_of_a_pin_is_left_to_people(token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(token) as keys:
        tried = []

        class NearlyLocked:
            flags = pkcs11.TokenFlag.USER_PIN_FINAL_TRY

            def open(self, **_: object) -> None:
                tried.append(1)

        monkeypatch.setattr(keys, "_token_there", NearlyLocked)
        assert refusal(lambda: keys.sign("P-256", b"data")) == "signer.locked"
        assert tried == []


@pytest.mark.parametrize("module", ["/nowhere/lib.so", __file__, "libc.so.6", ""])
def test_module_that_is_none_is_refused(module: str) -> None:
    with pytest.raises(ConfigurationError, match="PKCS#11 module"):
        HardwareKeys(module, LABEL, Pin(lambda: PIN), ["P-256"])


async def test_many_who_ask_at_once_get_each_their_own(token: SoftToken) -> None:
    with held(token) as keys:
        filled(keys)
        async with serving(build_app(keys, TOKEN)) as url, asking(url) as service:
            for kind in KINDS:
                public = await service.public_key(kind.value)
                data = [b"%d" % number for number in range(24)]
                made = await asyncio.gather(*[sign(service, kind.value, each) for each in data])
                assert all(verify(public, ALGORITHMS[kind], *each) for each in zip(data, made, strict=True))
