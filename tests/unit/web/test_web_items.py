import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ler_trust.web.items import BatchReader, Item, UnreadableError, image_failure, read_item
from ler_trust.web.problems import Problem

READER = BatchReader(3)


def test_the_credentials_bytes_are_left_alone() -> None:
    assert read_item(b'{ "credential" : {"b": 1 ,"a":[ ]} , "id" : "x" }') == Item("x", b'{"b": 1 ,"a":[ ]}')
    assert read_item(rb'{"credential":"eyJ\u002e"}') == Item(None, rb'"eyJ\u002e"')


def test_a_credential_in_bad_text_is_left_to_the_engine() -> None:
    assert read_item(b'{"credential":{"a":"\xff"}}').credential == b'{"a":"\xff"}'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"id":"a"}',
        b'{"@context":[],"type":[]}',
        b'{"credential":{}',
        b'{"credential":{}} {}',
        b'{"credential":nope}',
        b'{"credential":{},"id":7}',
        b'{"credential":{},"id":"\\ud800"}',
        b'{"credential":{},"id":"' + b"a" * 257 + b'"}',
        b'{"credential":{},"credential":{}}',
        b'{"credential":"a","credential":"b"}',
        b'{"id":"a","\\u0069d":"b","credential":{}}',
        b'{"credential":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_lines_that_are_not_items_are_named_unreadable(line: bytes) -> None:
    with pytest.raises(UnreadableError) as found:
        read_item(line)
    assert found.value.detail


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ credntialu0', max_size=120).map(str.encode))
def test_no_line_raises_anything_else(line: bytes) -> None:
    try:
        item = read_item(line)
    except UnreadableError:
        return
    assert item.credential in line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.text(max_size=20))
def test_every_credential_comes_back_byte_for_byte(credential: object, item_id: str) -> None:
    written = orjson.dumps(credential)
    first = orjson.dumps(item_id)
    assert read_item(b'{"id":%s,"credential":%s}' % (first, written)) == Item(item_id, written)
    assert read_item(b'{"credential":%s ,"id":%s}' % (written, first)) == Item(item_id, written)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":, itemscrdnal1', max_size=120).map(str.encode))
def test_no_body_raises_anything_but_a_problem(body: bytes) -> None:
    try:
        batch = READER.read(body)
    except Problem:
        return
    assert len(batch.items) <= 3


def test_the_longest_list_is_read_and_a_longer_one_given_up_early() -> None:
    item = b'{"credential":{}}'
    assert len(READER.read(b'{"items":[' + b",".join([item] * 3) + b"]}").items) == 3
    with pytest.raises(Problem) as found:
        READER.read(b'{"items":[' + b",".join([item] * 4) + b"]}")
    assert found.value.code.name == "request.too_large"
    with pytest.raises(Problem) as found:
        READER.read(b'{"items":[' + b",".join([b"0"] * 2_000_000) + b"]}")
    assert found.value.code.name == "request.too_large"


def test_images_are_told_from_tokens() -> None:
    for image in (b'"iVBORw0KGgoAAA"', b'"data:image/svg+xml;base64,PHN2"', rb'"data:image\/png;base64,iVB"'):
        assert image_failure(image) is not None
    for other in (b'"eyJhbGciOiJFZERTQSJ9.e30.AA"', b'{"iVBORw0KGgo":1}', b'"data:application/vc+jwt,ey"'):
        assert image_failure(other) is None


X = b'[{"credential":{}}]'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"items":%s,"items":%s}' % (X, X), "format.duplicate_key"),
        (b'{"items":[],"items":%s}' % X, "format.duplicate_key"),
        (b'{"items":%s,"items":[]}' % X, "format.duplicate_key"),
        (b'{"items":%s,"\\u0069tems":%s}' % (X, X), "format.duplicate_key"),
        (b'{"policy":"a","items":%s,"policy":"b"}' % X, "format.duplicate_key"),
        (b'{"policy":"\\"items\\":%s","items":%s}' % (X.replace(b'"', b'\\"'), X), None),
        (b'{"as_of":"items","policy":"items","items":%s}' % X, None),
    ],
)
def test_name_given_twice_around_the_list_is_found(body: bytes, code: str | None) -> None:
    if code is None:
        assert len(READER.read(body).items) == 1
        return
    with pytest.raises(Problem) as found:
        READER.read(body)
    assert found.value.code.name == code


PIECES = st.sampled_from(
    [
        *(
            b'"items"',
            b'"policy"',
            b'"as_of"',
            b'"id"',
            b'"credential"',
            b'"\\u0069tems"',
            b'"a"',
            b"null",
            b"7",
        ),
        *(b"{", b"}", b"[", b"]", b":", b",", b" ", b'{"items":[', b"]}", b"[]"),
        *(b'{"credential":{}}', b'{"id":"a","credential":"b"}', b'"items":[{"credential":{}}]'),
        b'{"credential":{"items":[{"credential":{}}]},"id":"c"}',
    ]
)
BODIES = st.lists(PIECES, max_size=14).map(b"".join)


@given(BODIES | BODIES.map(lambda some: b'{"items":[' + some + b"]}"))
def test_what_is_read_in_one_go_is_what_is_read_step_by_step(body: bytes) -> None:
    usual = READER._read_usual(body)
    assert usual is None or usual == READER._read_any(body)


def test_usual_requests_are_read_in_one_go() -> None:
    for body in (
        b'{"items":[{"credential":{}}]}',
        b'{"policy":"p","items":[{"id":"1","credential":"x"},{"credential":{},"id":"2"}],"as_of":"t"}',
        b' { "as_of" : null,"items":[{"credential" : [ 1 ] } , {"credential":2}\n,\t{"credential":3} ] } ',
    ):
        assert READER._read_usual(body) == READER._read_any(body) is not None


def test_an_item_does_not_show_the_record_it_holds() -> None:
    assert "secret" not in repr(read_item(b'{"id":"a","credential":{"name":"secret"}}'))
