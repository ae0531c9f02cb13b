"""CWT lists whose CBOR is crafted: each must be one undecided record, soon, and nobody else's trouble."""

import cbor2
import pytest

from ler_trust.errors import Undecided
from ler_trust.model.limits import DEFAULT_LIMITS
from ler_trust.model.report import Outcome
from ler_trust.status import list_token
from tests.attacks.test_status_tokens import LISTS, STATUSES, at, record
from tests.kit.list_tokens import claims, cwt
from tests.kit.world import NOW, World

HEADER = {1: -7, 4: b"did:web:a.example#k", 16: "application/statuslist+cwt"}


@pytest.mark.parametrize("where", ["alg", "ttl"])
async def test_a_bignum_in_a_list_fails_nothing_but_its_record(where: str) -> None:
    world = World()
    school = world.web_issuer("school")
    world.recognise(school.issuer)
    content = claims(LISTS, school, NOW, STATUSES, size=4)
    if where == "alg":
        world.web.pages[LISTS] = cwt(content, school, alg=1 << 40_000)
    else:
        world.web.pages[LISTS] = cwt(content | {"ttl": 1 << 40_000}, school)
    report = await world.verify_one(record(school, at(11)))
    assert report.outcome is Outcome.INDETERMINATE


@pytest.mark.parametrize("place", ["claims", "protected", "unprotected"])
def test_map_keys_of_one_hash_are_refused_before_a_map_is_made(place: str) -> None:
    prime, many = (1 << 61) - 1, 12_000
    keys = b"".join(b"\xc2\x4a" + (prime * (i + 1024)).to_bytes(10, "big") + b"\x00" for i in range(many))
    hostile = b"\xba" + many.to_bytes(4, "big") + keys
    plain = cbor2.dumps(HEADER)
    parts = {
        "claims": b"\x84" + cbor2.dumps(plain) + b"\xa0" + cbor2.dumps(hostile) + b"\x41x",
        "protected": b"\x84" + cbor2.dumps(hostile) + b"\xa0" + b"\x41x" + b"\x41x",
        "unprotected": b"\x84" + cbor2.dumps(plain) + hostile + b"\x41x" + b"\x41x",
    }
    with pytest.raises(Undecided) as finding:
        list_token.parse(b"\xd2" + parts[place], DEFAULT_LIMITS)
    assert "tag within" in finding.value.detail or "values" in finding.value.detail
