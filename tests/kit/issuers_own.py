"""An issuer that signs its lists itself, with PyNaCl and nothing of this service."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import base58
import cbor2
import orjson
from nacl.signing import SigningKey

from tests.kit.running_service import Running

FORMS = ("credential", "jcs", "vc-jwt", "status-list-2021", "token-jwt", "token-cwt")
Json = dict[str, Any]


def unpadded(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return what unpadded base64url says."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class OwnIssuer:
    """A did:key issuer whose key is here."""

    key: SigningKey = field(default_factory=lambda: SigningKey(b"\x07" * 32))

    @property
    def name(self) -> str:
        """Return the key as Multikey."""
        return "z" + base58.b58encode(b"\xed\x01" + bytes(self.key.verify_key)).decode()

    @property
    def did(self) -> str:
        """Return the issuer's DID."""
        return f"did:key:{self.name}"

    @property
    def method(self) -> str:
        """Return the key's verification method."""
        return f"{self.did}#{self.name}"

    def signature(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of ``data``."""
        return bytes(self.key.sign(data).signature)

    def with_proof(self, unsigned: Mapping[str, Any], suite: int = 0) -> Json:
        """Return the credential with a proof of one of the suites offered."""
        proposed = unsigned["proofs"][suite]
        value = "z" + base58.b58encode(self.signature(decoded(proposed["to_be_signed"]))).decode()
        return {**unsigned["document"], "proof": {**proposed["proof"], "proofValue": value}}

    def jwt(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
        """Return a JWS of whatever it is."""
        text = ".".join(unpadded(orjson.dumps(part)) for part in (dict(header), dict(claims)))
        return f"{text}.{unpadded(self.signature(text.encode()))}".encode()

    def cwt(self, protected: bytes, payload: bytes, unprotected: Mapping[Any, Any] | None = None) -> bytes:
        """Return a COSE_Sign1 of whatever it is."""
        signed = cbor2.dumps(["Signature1", protected, b"", payload])
        parts = [protected, dict(unprotected or {}), payload, self.signature(signed)]
        return cbor2.dumps(cbor2.CBORTag(18, parts))

    def signed(self, unsigned: Mapping[str, Any]) -> bytes:
        """Return what was given out, signed."""
        if "document" in unsigned:
            return orjson.dumps(self.with_proof(unsigned))
        if "claims" in unsigned:
            return self.jwt(unsigned["header"], unsigned["claims"])
        return self.cwt(decoded(unsigned["protected"]), decoded(unsigned["payload"]))


@dataclass
class Desk:
    """One list that its issuer signs, and the issuer's client of the service."""

    service: Running
    headers: dict[str, str]
    issuer: OwnIssuer
    list_id: str

    @property
    def path(self) -> str:
        """Return where the list is kept."""
        return f"/v1/status-lists/{self.list_id}"

    @property
    def public(self) -> str:
        """Return where the list is served."""
        return f"/status-lists/{self.list_id}"

    def address(self, form: str) -> str:
        """Return where the list is served in a form."""
        return self.public if form == "credential" else f"{self.public}?as={form}"

    async def unsigned(self, form: str = "credential", **more: Any) -> Json:
        """Return what is to be signed."""
        response = await self.service.client.get(
            f"{self.path}/unsigned", params={"form": form, **more}, headers=self.headers
        )
        answer: Json = await response.json()
        assert response.status == 200, answer
        return answer

    async def upload(
        self, body: bytes, version: str, form: str = "credential", headers: dict[str, str] | None = None
    ) -> tuple[int, Json]:
        """Upload ``body`` and return status and answer."""
        response = await self.service.client.put(
            f"{self.path}/signed",
            params={"form": form, "version": version},
            data=body,
            headers={"Content-Type": "application/octet-stream", **(headers or self.headers)},
        )
        answer: Json = await response.json(content_type=None)
        return response.status, answer

    async def sign(self, form: str = "credential") -> bytes:
        """Sign the list as it is in a form and upload it; return the bytes."""
        unsigned = await self.unsigned(form)
        body = self.issuer.signed(unsigned)
        status, answer = await self.upload(body, unsigned["version"], form)
        assert status == 200, answer
        return body

    async def refused(
        self, body: bytes, version: str, code: str, form: str = "credential", status: int = 422
    ) -> None:
        """Upload what must be refused with ``code``, and see that what is served stays."""
        before = await self.served(form)
        found, answer = await self.upload(body, version, form)
        assert (found, answer.get("code")) == (status, code), answer
        assert await self.served(form) == before

    async def served(self, form: str = "credential") -> tuple[int, bytes]:
        """Return what everybody gets."""
        response = await self.service.client.get(self.address(form))
        body = await response.read()
        return response.status, body if response.status == 200 else orjson.loads(body)["code"].encode()

    async def revoke(self, count: int = 1) -> list[Json]:
        """Allocate entries and revoke them; return them."""
        response = await self.service.post(f"{self.path}/entries", {"count": count}, self.headers)
        entries: list[Json] = (await response.json())["entries"]
        changes = {"status": "revoked", "changes": [{"entry": entry} for entry in entries]}
        response = await self.service.post(f"{self.path}/changes", changes, self.headers)
        assert response.status == 200, await response.text()
        return entries


async def key_of(service: Running, headers: dict[str, str], issuer: OwnIssuer) -> str:
    """Tell the service of an issuer's key and return its id."""
    response = await service.post("/v1/signing-keys", {"method": issuer.method}, headers)
    answer = await response.json()
    assert response.status == 201, answer
    assert (answer["issuer"], answer["method"], answer["kind"]) == (issuer.did, issuer.method, "Ed25519")
    return str(answer["id"])


async def desk(
    service: Running,
    headers: dict[str, str],
    issuer: OwnIssuer | None = None,
    purpose: str = "revocation",
    key: str | None = None,
) -> Desk:
    """Make a list that its issuer signs."""
    issuer = issuer or OwnIssuer()
    body = {"purpose": purpose, "signing_key": key or await key_of(service, headers, issuer)}
    response = await service.post("/v1/status-lists", body, headers)
    answer = await response.json()
    assert (response.status, answer["signed_by"]) == (201, "issuer"), answer
    return Desk(service, headers, issuer, answer["id"])
