"""Reading the consortium's lists: the right form is read, any other refused with a pointer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.errors import Rejected
from ler_trust.trust.importers import (
    KnownRegistry,
    Member,
    RegistryFormat,
    read_known_registries,
    read_legacy_list,
)

LEGACY = {"name": "Members", "type": "dcc-legacy", "url": "https://registry.example/list.json"}
FEDERATION = {
    "name": "Federation",
    "type": "oidf",
    "trustAnchorEC": "https://anchor.example/.well-known/openid-federation",
    "governanceUrl": "https://anchor.example/rules",
}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_known_registries_keep_their_order() -> None:
    assert read_known_registries(encoded([FEDERATION, LEGACY])) == (
        KnownRegistry(
            "Federation",
            RegistryFormat.OPENID_FEDERATION,
            FEDERATION["trustAnchorEC"],
            FEDERATION["governanceUrl"],
        ),
        KnownRegistry("Members", RegistryFormat.LEGACY_LIST, LEGACY["url"], None),
    )


def test_legacy_list_is_read() -> None:
    registry = {
        "did:key:z6MkjoriXdbyWD25YXTed114F8hdJrLXQ567xxPHAUKxpKkS": {
            "name": "Collège d’Exemple", "location": "Cambridge, MA, USA", "url": "https://college.example/"
        },
        "https://other.example/issuer": {"name": "Other"},
    }  # fmt: skip
    found = read_legacy_list(encoded({"meta": {"created": "2020-12-02"}, "registry": registry}))
    assert found == [
        Member("did:key:z6MkjoriXdbyWD25YXTed114F8hdJrLXQ567xxPHAUKxpKkS", "Collège d’Exemple"),
        Member("https://other.example/issuer", "Other"),
    ]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({}, ""),
        (["x"], "/0"),
        ([LEGACY, {**LEGACY, "type": "etsi"}], "/1/type"),
        ([{**LEGACY, "type": ["dcc-legacy"]}], "/0/type"),
        ([{**LEGACY, "name": " "}], "/0/name"),
        ([{**LEGACY, "name": 5}], "/0/name"),
        ([{**LEGACY, "url": "http://registry.example/"}], "/0/url"),
        ([{**LEGACY, "url": "https://user:word@registry.example/"}], "/0/url"),
        ([{**LEGACY, "url": "https://registry.example:99999/"}], "/0/url"),
        ([{**LEGACY, "url": "https://[::1/"}], "/0/url"),
        ([{"name": "x", "type": "oidf", "url": "https://a.example/"}], "/0/trustAnchorEC"),
        ([{**LEGACY, "governanceUrl": 7}], "/0/governanceUrl"),
        ([LEGACY, {**LEGACY, "name": "Again"}], "/1"),
    ],
)
def test_wrong_known_registries_are_refused_with_a_pointer(value: Any, pointer: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_known_registries(encoded(value))
    assert (caught.value.code.name, caught.value.pointer) == ("request.invalid", pointer)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ([], ""),
        ({}, "/registry"),
        ({"registry": []}, "/registry"),
        ({"registry": {"did:web:a.example": []}}, "/registry/did:web:a.example"),
        ({"registry": {"did:web:a.example": {}}}, "/registry/did:web:a.example/name"),
        ({"registry": {"did:web:a.example": {"name": "a\u0000b"}}}, "/registry/did:web:a.example/name"),
        ({"registry": {"did:web:a.example#key": {"name": "A"}}}, "/registry/did:web:a.example#key"),
        ({"registry": {" did:web:a.example": {"name": "A"}}}, "/registry/ did:web:a.example"),
        ({"registry": {"a/b~c": {"name": "A"}}}, "/registry/a~1b~0c"),
    ],
)
def test_wrong_list_is_refused_with_a_pointer(value: Any, pointer: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_legacy_list(encoded(value))
    assert (caught.value.code.name, caught.value.pointer) == ("request.invalid", pointer)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text() | st.sampled_from(["registry", "meta", "name", "type", "url", "did:web:a.example"]),
            inner,
            max_size=4,
        )
    ),
)


@given(st.binary() | _JSON.map(encoded) | _JSON.map(lambda value: encoded({"registry": value})))
def test_nothing_but_rejected_leaves_the_readers(data: bytes) -> None:
    for read in (read_known_registries, read_legacy_list):
        try:
            read(data)
        except Rejected:
            continue
