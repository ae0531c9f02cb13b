"""Signatures that no honest signer makes, judged by one rule: in both engines, alone and in company."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

import pytest

from ler_trust.codec import base64url, keys, multibase
from ler_trust.contracts import Engine
from ler_trust.model.did import KeyKind, PublicKey, VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed, Material
from tests.differential import crafted_ecdsa, crafted_ed25519, crafted_rsa
from tests.differential.comparison import REFERENCE, disagreements, native_engine
from tests.differential.crafted import Crafted, Record, material, records
from tests.kit.issuing import (
    code_of,
    encoded,
    failure_of,
    jose_badge,
    signed_badge,
    signer,
    verification_method,
)

EDDSA = ("eddsa-jcs-2022", "eddsa-rdfc-2022")
ECDSA = ("ecdsa-jcs-2019", "ecdsa-rdfc-2019")
FAMILIES: dict[str, tuple[Sequence[str], Callable[[], Iterator[Crafted]]]] = {
    "Ed25519": (EDDSA, crafted_ed25519.crafted),
    "P-256": (ECDSA, lambda: crafted_ecdsa.crafted(crafted_ecdsa.GROUPS[0])),
    "P-384": (ECDSA, lambda: crafted_ecdsa.crafted(crafted_ecdsa.GROUPS[1])),
    "RSA": ((), crafted_rsa.crafted),
}


@pytest.fixture(scope="module")
def native() -> Any:
    return native_engine()


@pytest.fixture(scope="module", params=["reference", "native"])
def engine(request: pytest.FixtureRequest) -> Any:
    return REFERENCE if request.param == "reference" else native_engine()


@cache
def made(family: str) -> tuple[Record, ...]:
    """Return the records of a family, each crafted signature in each form."""
    suites, ways = FAMILIES[family]
    return tuple(chain.from_iterable(records(crafted, suites) for crafted in ways()))


def rightly(record: Record) -> str | None:
    """Return the code that the rules ask for."""
    if record.crafted.holds:
        return None
    is_token = not record.content.startswith(b"{")
    return "proof.signature" if is_token or _has_usual_length(record) else "proof.malformed"


def _has_usual_length(record: Record) -> bool:
    name = record.crafted.name
    return not name.endswith(("DER", "byte less", "byte more", "wider numbers", "empty", "no leading zeros"))


def contents(found: Sequence[Record]) -> list[bytes]:
    return [record.content for record in found]


@pytest.mark.parametrize("family", FAMILIES)
def test_crafted_signature_is_judged_by_the_rule(engine: Engine, family: str) -> None:
    found = made(family)
    outcomes = engine.authenticate(contents(found), material(found))
    wrong = [
        (record.crafted.name, record.content[:1], code_of(outcome), rightly(record))
        for record, outcome in zip(found, outcomes, strict=True)
        if code_of(outcome) != rightly(record)
    ]
    assert not wrong


@pytest.mark.parametrize("family", FAMILIES)
def test_engines_agree_on_crafted_signatures(native: Engine, family: str) -> None:
    found = made(family)
    assert not disagreements(native, contents(found), material=material(found))


@pytest.mark.parametrize("family", FAMILIES)
def test_both_answers_occur(family: str) -> None:
    """A family that only ever fails, or only ever holds, would test nothing."""
    assert {record.crafted.holds for record in made(family)} == {True, False}


@pytest.mark.parametrize("family", FAMILIES)
def test_crafted_signature_between_good_neighbours(engine: Engine, family: str) -> None:
    """An equation for a whole batch would come out by the neighbours; here each record stands alone."""
    found = made(family)
    company = [encoded(signed_badge(suite, number=90 + place)) for place, suite in enumerate(EDDSA)]
    company.append(encoded(jose_badge(number=99)))
    batch = list(chain.from_iterable((record.content, *company) for record in found))
    known = with_honest_keys(material(found))
    alone = {item: _alone(engine, item, known) for item in dict.fromkeys(batch)}
    together = engine.authenticate(batch, known)
    assert all(code_of(alone[item]) is None for item in company)
    assert [code_of(outcome) for outcome in together] == [code_of(alone[item]) for item in batch]
    # Other neighbours, and each beside itself.
    backwards = engine.authenticate([*batch, *batch][::-1], known)
    assert [code_of(outcome) for outcome in backwards] == [
        code_of(alone[item]) for item in [*batch, *batch][::-1]
    ]


def test_batch_of_which_every_second_signature_is_bad(engine: Engine) -> None:
    """Nothing is checked in batches, so a bad signature costs what a good one costs (decision 0009)."""
    good = [signed_badge("eddsa-jcs-2022", number=number) for number in range(40)]
    for document in good[1::2]:
        raw = multibase.decode_base58btc(document["proof"]["proofValue"])
        document["proof"]["proofValue"] = multibase.encode_base58btc(bytes([raw[0] ^ 1]) + raw[1:])
    batch, known = [encoded(document) for document in good], with_honest_keys(Material({}))
    outcomes = engine.authenticate(batch, known)
    assert [code_of(outcome) for outcome in outcomes] == [None, "proof.signature"] * 20
    assert list(outcomes) == [_alone(engine, item, known) for item in batch]


def with_honest_keys(known: Material) -> Material:
    own = signer()
    need = KeyNeed(own.issuer, own.method, "assertionMethod")
    return Material({**known.keys, need: (verification_method(own),)})


def _alone(engine: Engine, item: bytes, known: Material) -> Authentication:
    return engine.authenticate([item], known)[0]


# ── Keys that are none ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("crafted", list(crafted_ed25519.with_bad_keys()), ids=lambda crafted: crafted.name)
def test_small_order_or_non_canonical_key_signs_nothing(engine: Engine, crafted: Crafted) -> None:
    """Such a key is refused where keys enter; handed to an engine all the same, nothing holds under it."""
    found = records(crafted, ("eddsa-jcs-2022",))
    for record, outcome in zip(found, engine.authenticate(contents(found), material(found)), strict=True):
        with pytest.raises(ValueError, match=r"small order|canonical"):
            keys.ed25519(record.method.key.material)
        assert failure_of(outcome) is not None
        assert outcome.secured is None


def test_secp256k1_key_for_another_curve(engine: Engine, native: Engine) -> None:
    found = records(crafted_ecdsa.koblitz(KeyKind.P256), ECDSA)
    outcomes = engine.authenticate(contents(found), material(found))
    assert [code_of(outcome) for outcome in outcomes] == ["proof.algorithm"] * len(found)
    assert not disagreements(native, contents(found), material=material(found))


def test_secp256k1_by_its_own_name_is_named_and_undecided(engine: Engine) -> None:
    [token] = records(crafted_ecdsa.koblitz(KeyKind.P256)._replace(algorithm="ES256K"), ())
    [outcome] = engine.authenticate([token.content], material([token]))
    failure = failure_of(outcome)
    assert failure is not None
    assert (failure.code, failure.decided) == ("proof.algorithm_unsupported", False)


@pytest.mark.parametrize(("bits", "holds"), [(2047, False), (2048, True), (8192, True), (8193, False)])
def test_rsa_modulus_of_a_size_that_is_taken(bits: int, holds: bool) -> None:
    modulus = (1 << bits - 1) + 1
    if holds:
        assert keys.rsa(modulus, 65537).kind is KeyKind.RSA
    else:
        with pytest.raises(ValueError, match="2048 to 8192 bits"):
            keys.rsa(modulus, 65537)


# ── The signature's text ────────────────────────────────────────────────────────────────────────────


def test_signature_in_another_multibase_or_spelling(engine: Engine, native: Engine) -> None:
    document = signed_badge("eddsa-jcs-2022")
    value = document["proof"]["proofValue"]
    raw = multibase.decode_base58btc(value)
    spellings = [
        value[1:],
        "Z" + value[1:],
        "u" + value[1:],
        multibase.encode_base64url_nopad(raw),
        "U" + base64url.encode(raw) + "==",
        "m" + base64url.encode(raw),
        "f" + raw.hex(),
        "F" + raw.hex().upper(),
        "zz" + value[1:],
        "z1" + value[1:],
        "z0" + value[2:],
        value + "1",
        f" {value}",
        f"{value} ",
        f"{value}\n",
        f"{value[:40]}\0{value[40:]}",
        value.replace("z", "ｚ", 1),
        value[:-1] + "\u0131",
        "z",
        "",
    ]
    items = [encoded({**document, "proof": {**document["proof"], "proofValue": text}}) for text in spellings]
    known = with_honest_keys(Material({}))
    assert [code_of(outcome) for outcome in engine.authenticate(items, known)] == ["proof.malformed"] * len(
        items
    )
    assert not disagreements(native, items, material=known)


def test_tokens_signature_in_another_spelling(engine: Engine, native: Engine) -> None:
    token = jose_badge()
    signed, _, text = token.rpartition(".")
    raw = base64url.decode(text)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    standard = next(
        jose for jose in map(jose_badge_of, range(1, 200)) if set("-_") & set(jose.rpartition(".")[2])
    )
    items = [
        f"{signed}.{text}==",
        f"{signed}.{text[:-1]}{last[last.index(text[-1]) + 1]}",
        f"{signed}.{text[:40]}\n{text[40:]}",
        f"{signed}.{multibase.encode_base58btc(raw)}",
        f"{signed}..{text}",
        standard.rpartition(".")[0] + "." + standard.rpartition(".")[2].replace("-", "+").replace("_", "/"),
    ]
    known = with_honest_keys(Material({}))
    found = engine.authenticate([item.encode() for item in items], known)
    codes = [code_of(outcome) for outcome in found]
    assert set(codes) <= {"format.token", "proof.signature"}
    assert not disagreements(native, [item.encode() for item in items], material=known)


def jose_badge_of(number: int) -> str:
    return jose_badge(number=number)


def test_key_material_of_another_kind(engine: Engine) -> None:
    """Whatever stands under an Ed25519 key's name, nothing holds under it."""
    own = signer()
    need = KeyNeed(own.issuer, own.method, "assertionMethod")
    item = encoded(jose_badge())
    for wrong in (b"", bytes(31), bytes(33), b"\xff" * 32, bytes(32)):
        method = VerificationMethod(own.method, own.issuer, PublicKey(KeyKind.ED25519, wrong))
        [outcome] = engine.authenticate([item], Material({need: (method,)}))
        assert failure_of(outcome) is not None
