"""Ten thousand mixed credentials, twice, in one NDJSON request: flat memory, every document fetched once."""

import asyncio
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from gzip import compress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import psutil
import pytest

from ler_trust.codec.multikey import encode_multikey
from ler_trust.model.did import KeyKind
from ler_trust.suites.signing import LocalSigner, add_proof
from tests.kit.command_line import Served, serving
from tests.kit.issuing import CONTEXT_V2, CREATED, encoded, instant, jose_badge, jwt_badge, signed_badge
from tests.kit.web_stub import WebStub

CREDENTIALS: Final = 10_000
ISSUERS: Final = 40
LISTS: Final = 12
TIMES: Final = 2
WARM: Final = CREDENTIALS  # results after which memory must not grow any more
MIB: Final = 2**20
_SECONDS: Final = 400
_ENTRIES: Final = 131_072
_REVOKED_EVERY: Final = 50


class Issuers:
    """Forty did:web issuers behind one stub; the first twelve publish a status list each."""

    def __init__(self, stub: WebStub) -> None:
        self.stub = stub
        self.signers = [self._publish(number) for number in range(ISSUERS)]
        for number in range(LISTS):
            self._publish_list(number)

    def _publish(self, number: int) -> LocalSigner:
        did = f"did:web:localhost%3A{self.stub.port}:issuers:{number}"
        kind = KeyKind.P256 if number % 4 == 3 else KeyKind.ED25519
        seed = sha256(b"issuer %d" % number).digest()
        key = LocalSigner.from_seed(kind, seed, method=f"{did}#key", issuer=did)
        method = {
            "id": key.method,
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": encode_multikey(key.public_key),
        }
        document = {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "verificationMethod": [method],
            "assertionMethod": [key.method],
        }
        self.stub.answer(f"/issuers/{number}/did.json", orjson.dumps(document))
        return key

    def list_url(self, number: int) -> str:
        return self.stub.url(f"/lists/{number}")

    def _publish_list(self, number: int) -> None:
        bits = bytearray(_ENTRIES // 8)
        for index in range(0, _ENTRIES, _REVOKED_EVERY):
            bits[index // 8] |= 0x80 >> index % 8
        document = {
            "@context": [CONTEXT_V2],
            "id": self.list_url(number),
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.signers[number].issuer,
            "validFrom": CREATED,
            "credentialSubject": {
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": "u" + urlsafe_b64encode(compress(bytes(bits))).rstrip(b"=").decode(),
            },
        }
        suite = "ecdsa-jcs-2019" if number % 4 == 3 else "eddsa-jcs-2022"
        signed = add_proof(document, self.signers[number], suite, created=instant(CREATED))
        self.stub.answer(f"/lists/{number}", orjson.dumps(signed))

    def credential(self, number: int) -> bytes:
        """Return credential ``number``, in one of five forms; every fiftieth with a list is revoked."""
        by = number % ISSUERS
        key = self.signers[by]
        members: dict[str, Any] = {}
        if by < LISTS:
            members["credentialStatus"] = {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(number // ISSUERS),
                "statusListCredential": self.list_url(by),
            }
        curve = "ecdsa" if by % 4 == 3 else "eddsa"
        year = {"ecdsa": "2019", "eddsa": "2022"}[curve]
        form = number // ISSUERS % 10
        if form == 0:
            return encoded(signed_badge(f"{curve}-rdfc-{year}", key, number, **members))
        if form < 6:
            return encoded(signed_badge(f"{curve}-jcs-{year}", key, number, **members))
        token = jose_badge(key, number, **members) if form < 8 else jwt_badge(key, number, **members)
        return orjson.dumps(token)

    def lines(self) -> Iterator[bytes]:
        """Return all lines; every hundredth credential was changed after it was signed."""
        for number in range(CREDENTIALS):
            credential = self.credential(number)
            if number % 100 == 99:
                credential = _changed(credential)
            yield b'{"id":"%d","credential":%s}\n' % (number, credential)


def _changed(credential: bytes) -> bytes:
    if credential.startswith(b"{"):
        return credential.replace(b'"name":"Teamwork ', b'"name":"Leadership ', 1)
    head, _, signature = credential.rpartition(b".")
    return head + b"." + (b"B" if signature[:1] == b"A" else b"A") + signature[1:]


class Memory:
    """Watches a process: the most it ever held, and what it held when it was warm."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.warm = 0
        self.peak = 0

    def look(self) -> int:
        held: int = self._process.memory_info().rss
        self.peak = max(self.peak, held)
        return held

    async def watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(0.05)


async def _send(lines: list[bytes]) -> AsyncIterator[bytes]:
    waiting = iter(lines)
    while part := b"".join(islice(waiting, 100)):
        yield part


async def _verify(service: Served, lines: list[bytes], memory: Memory) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/x-ndjson"}
    url = service.url + "/v1/verify?policy=any-issuer"
    found: list[dict[str, Any]] = []
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, data=_send(lines), headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        async for line in response.content:
            found.append(orjson.loads(line))
            if len(found) == WARM:
                memory.look()
                memory.warm = memory.peak
    return found


@pytest.mark.slow
async def test_ten_thousand_mixed_credentials_in_one_request(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with WebStub() as stub:
        issuers = Issuers(stub)
        lines = await asyncio.to_thread(lambda: list(issuers.lines()))
        development = {"LER_TRUST_OUTBOUND__DEVELOPMENT_HOSTS": stub.authority}
        with serving(tmp_path, **development) as service:
            memory = Memory(service.process.pid)
            watching = asyncio.create_task(memory.watch())
            *results, last = await _verify(service, lines * TIMES, memory)
            watching.cancel()
        fetched = Counter(request.path for request in stub.requests)

    assert [result["id"] for result in results] == [str(number) for number in range(CREDENTIALS)] * TIMES
    assert Counter(result["reason"] for result in results[:CREDENTIALS]) == expected()
    assert Counter(result["reason"] for result in results[CREDENTIALS:]) == expected()
    assert last["counts"] == {
        "valid": TIMES * expected()[None],
        "invalid": TIMES * (CREDENTIALS - expected()[None]),
        "indeterminate": 0,
    }
    assert len(fetched) == sum(fetched.values()) == ISSUERS + LISTS == 52
    record_property("peak_mib", round(memory.peak / MIB))
    record_property("warm_mib", round(memory.warm / MIB))
    assert memory.peak < 350 * MIB
    assert memory.peak - memory.warm < 20 * MIB


def expected() -> Counter[str | None]:
    """Return how many credentials there are of each reason; a changed one is not asked about revocation."""
    reasons: Counter[str | None] = Counter()
    for number in range(CREDENTIALS):
        revoked = number % ISSUERS < LISTS and number // ISSUERS % _REVOKED_EVERY == 0
        changed = number % 100 == 99
        reasons["proof.signature" if changed else "status.revoked" if revoked else None] += 1
    return reasons
