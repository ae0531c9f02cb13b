"""The promises of ``ler_trust.contracts.DidMethod``, tested once against each method."""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ler_trust.codec.did_url import parse_did_url
from ler_trust.contracts import DidMethod, Fetched
from ler_trust.errors import Rejected, Undecided
from tests.kit.clock import MORNING


def fetched(url: str, body: bytes, media_type: str = "application/json") -> Fetched:
    return Fetched(url, body, media_type, MORNING)


class DidMethodContract:
    """Subclass as ``Test…`` and fill in the class variables.

    ``valid`` maps DIDs to the bodies fetched for them, in order; ``malformed`` holds DIDs to be refused as
    not valid, ``unsupported`` maps DIDs to a word that the refusal must name.
    """

    method: ClassVar[DidMethod]
    valid: ClassVar[dict[str, list[bytes]]]
    malformed: ClassVar[list[str]]
    unsupported: ClassVar[dict[str, str]] = {}

    def _fetched(self, did: str) -> Sequence[Fetched]:
        requests = self.method.locate(parse_did_url(did))
        bodies = self.valid[did]
        assert len(requests) == len(bodies)
        return [fetched(request.url, body) for request, body in zip(requests, bodies, strict=True)]

    def test_is_a_did_method(self) -> None:
        assert isinstance(self.method, DidMethod)

    def test_name_is_the_second_part_of_its_dids(self) -> None:
        assert {parse_did_url(did).method for did in self.valid} == {self.method.name}

    def test_document_id_is_the_did(self) -> None:
        for did in self.valid:
            assert self.method.interpret(parse_did_url(did), self._fetched(did))["id"] == did

    def test_same_input_gives_same_document(self) -> None:
        for did in self.valid:
            url = parse_did_url(did)
            assert self.method.locate(url) == self.method.locate(url)
            first, second = (self.method.interpret(url, self._fetched(did)) for _ in range(2))
            assert first == second

    def test_requests_are_bounded_https(self) -> None:
        for did in self.valid:
            for request in self.method.locate(parse_did_url(did)):
                assert request.url.startswith("https://")
                assert 0 < request.max_bytes <= 1024 * 1024
                assert request.same_host

    def test_malformed_dids_are_rejected(self) -> None:
        for did in self.malformed:
            with pytest.raises(Rejected) as caught:
                self._walk(did)
            assert caught.value.code.name == "did.invalid", did

    def test_unsupported_dids_are_undecided_and_named(self) -> None:
        for did, word in self.unsupported.items():
            with pytest.raises(Undecided) as caught:
                self._walk(did)
            assert caught.value.code.name == "did.method_unsupported"
            assert word in caught.value.detail

    def _walk(self, did: str) -> None:
        url = parse_did_url(did)
        self.method.locate(url)
        self.method.interpret(url, ())

    # Each subclass is an executor of its own by intention; the test keeps no state on it.
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(data=st.data())
    def test_fuzzed_dids_and_documents_raise_nothing_else(self, data: st.DataObject) -> None:
        did = data.draw(st.sampled_from([*self.valid, *self.malformed]))
        at = data.draw(st.integers(0, len(did)))
        text = (
            did[:at]
            + data.draw(st.text("abcz019:.%-_AFQ", max_size=6))
            + did[at + data.draw(st.integers(0, 3)) :]
        )
        body = data.draw(st.binary(max_size=40) | st.sampled_from([b"{}", b"[]", b'{"id":1}', b"null"]))
        try:
            url = parse_did_url(text)
            requests = self.method.locate(url)
            self.method.interpret(url, [fetched(request.url, body) for request in requests])
        except (Rejected, Undecided):
            pass
