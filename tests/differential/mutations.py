"""Changes to records, of their bytes and of their structure; drawn from a seeded source, so they repeat."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from ler_trust.codec import base64url
from ler_trust.errors import Rejected, Undecided
from ler_trust.suites.signing import add_proof, sign_compact
from tests.differential.samples import SIGNERS, SUITES
from tests.kit.issuing import CREATED, instant, signer

_CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/2018/credentials/v1",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://w3id.org/security/suites/ed25519-2020/v1",
    "https://w3id.org/security/data-integrity/v2",
    "https://example.org/unknown-context",
)
NAMES: Final = (
    *("id", "@id", "type", "@type", "@context", "@value", "@list", "@set", "@graph", "@included", "@reverse"),
    *(
        "@language",
        "@direction",
        "@index",
        "@none",
        "@json",
        "@nest",
        "name",
        "description",
        "issuer",
        "proof",
    ),
    *("credentialSubject", "credentialStatus", "credentialSchema", "evidence", "validFrom", "validUntil"),
    *(
        "issuanceDate",
        "expirationDate",
        "endorsement",
        "endorsementJwt",
        "verifiableCredential",
        "achievement",
    ),
    *(
        "alignment",
        "image",
        "result",
        "criteria",
        "termsOfUse",
        "refreshService",
        "creditsAvailable",
        "undefined",
    ),
    *(
        "https://www.w3.org/2018/credentials#credentialStatus",
        "schema:name",
        "cred:issuer",
        "iss",
        "sub",
        "exp",
    ),
    *(
        "nbf",
        "iat",
        "jti",
        "vc",
        "vp",
        "kid",
        "alg",
        "typ",
        "crit",
        "b64",
        "created",
        "expires",
        "previousProof",
    ),
    *("cryptosuite", "proofPurpose", "verificationMethod", "proofValue", "nonce", "a/b~c", "", "ü"),
)
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 1.5, 5.0, 1e21, 1e-7, 123456789012, -0.0, 2.0**53, 0.1),
    *(
        "",
        " ",
        "x",
        "a b",
        "é\u2028",
        "\U0001f600",
        "\\",
        '"',
        "_:b0",
        "did:example:1",
        "urn:uuid:1",
        "relative",
    ),
    *("https://example.org/a", "https://example.org/ü", "https://example.org/<a>", "2024-01-01T00:00:00Z"),
    *("2024-02-30T00:00:00Z", "2024-01-01T24:00:00", "-0044-03-15T12:00:00+14:00", "20240-01-01T00:00:00.5Z"),
    *(
        [],
        {},
        [[]],
        [None],
        ["x", "x"],
        {"@value": "x"},
        {"@value": "x", "@language": "en"},
        {"@list": [1, "a"]},
    ),
    *({"@set": ["a"]}, {"id": "urn:uuid:1"}, {"id": "_:b0", "name": "x"}, {"type": "Achievement"}),
    *({"@context": _CONTEXTS[0], "id": "urn:uuid:1"}, {"en": "x", "de": ["y", None]}, {"@value": {"a": 1}}),
    *({"type": ["ClrSubject"], "verifiableCredential": ["a.b.c"]}, {"@value": 5.0, "@type": "xsd:double"}),
    *("VerifiableCredential", "ClrCredential", "OpenBadgeCredential", "EndorsementCredential"),
    *(
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        "eddsa-rdfc-2022",
        "bbs-2023",
        "assertionMethod",
    ),
    *_CONTEXTS,
    *(
        [_CONTEXTS[0]],
        [_CONTEXTS[1], _CONTEXTS[2]],
        [_CONTEXTS[0], {"x": "https://example.org/x"}],
        {"@vocab": "urn:x:"},
    ),
)


def mutated_bytes(random: Random, content: bytes) -> bytes:
    """Return ``content`` with one to three small changes of its bytes."""
    data = bytearray(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 1, 1, 2, 8, 64)))
        kind = random.randrange(6)
        if kind == 0:
            data[at:end] = b""
        elif kind == 1:
            data[at:at] = data[at:end]
        elif kind == 2:
            data[at:end] = bytes(random.randrange(256) for _ in range(end - at))
        elif kind == 3:
            data[at:at] = random.choice(
                (b'"', b"\\", b",", b"{", b"]", b"1", b"e", b"\\u00e9", b"\\ud800", b".", b" ")
            )
        elif kind == 4 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        else:
            other = random.randrange(len(data) + 1)
            data[at:at] = data[other : other + 16]
    return bytes(data)


def mutated_document(random: Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of ``document`` with one to four members or elements changed, added, moved or removed."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    for _ in range(random.randint(1, 4)):
        _change(random, random.choice(_containers(changed)), changed)
    return changed


def signed_again(random: Random, document: dict[str, Any]) -> bytes:
    """Return ``document`` signed anew in one of the forms; with its old proof where that cannot be."""
    form = random.randrange(len(SUITES) + 2)
    try:
        if form >= len(SUITES):
            return mutated_token(random, document, form == len(SUITES)).encode()
        suite, kind = SUITES[form]
        bare = {name: value for name, value in document.items() if name != "proof"}
        return _dumped(add_proof(bare, signer(kind), suite, created=instant(CREATED)))
    except (Rejected, Undecided):
        return _dumped(document)


def mutated_token(random: Random, payload: dict[str, Any], is_vc_jwt: bool) -> str:
    """Return ``payload`` as a token that is well signed, with a header that may have been changed."""
    by = random.choice(SIGNERS)
    header: dict[str, Any] = {"typ": "JWT" if is_vc_jwt else "vc+jwt", "kid": by.method}
    if random.random() < 0.3:
        header[random.choice(("typ", "kid", "alg", "crit", "b64", "cty"))] = random.choice(VALUES)
    if random.random() < 0.3:
        payload = {
            **payload,
            random.choice(("iss", "sub", "jti", "iat", "nbf", "exp", "vp")): random.choice(VALUES),
        }
    if is_vc_jwt and random.random() < 0.5:
        payload = {"vc": payload, "iss": by.issuer}
    return sign_compact(header, payload, by)


def decoded_payload(token: str) -> dict[str, Any] | None:
    """Return the payload of a compact token, nothing when it has none that is a JSON object."""
    try:
        value = json.loads(base64url.decode(token.split(".")[1]))
    except (ValueError, IndexError):
        return None
    return value if isinstance(value, dict) else None


def _dumped(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _containers(value: Any) -> list[Any]:
    found = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list):
            found.append(node)
            waiting.extend(node.values() if isinstance(node, dict) else node)
    return found


def _change(random: Random, node: Any, root: dict[str, Any]) -> None:
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    if not keys or random.random() < 0.3:
        _add(random, node, _some_value(random, root))
        return
    _CHANGES[random.randrange(len(_CHANGES))](random, node, random.choice(keys), root)


def _add(random: Random, node: Any, value: Any) -> None:
    if isinstance(node, dict):
        node[random.choice(NAMES)] = value
    else:
        node.insert(random.randrange(len(node) + 1), value)


def _some_value(random: Random, root: dict[str, Any]) -> Any:
    if random.random() < 0.2:
        return json.loads(json.dumps(random.choice(_containers(root))))
    return json.loads(json.dumps(random.choice(VALUES)))


def _remove(_random: Random, node: Any, key: Any, _root: dict[str, Any]) -> None:
    del node[key]


def _replace(random: Random, node: Any, key: Any, root: dict[str, Any]) -> None:
    node[key] = _some_value(random, root)


def _wrap(_random: Random, node: Any, key: Any, _root: dict[str, Any]) -> None:
    node[key] = [node[key]]


def _unwrap(_random: Random, node: Any, key: Any, _root: dict[str, Any]) -> None:
    value = node[key]
    if isinstance(value, list) and value:
        node[key] = value[0]


def _rename(random: Random, node: Any, key: Any, _root: dict[str, Any]) -> None:
    if isinstance(node, dict):
        node[random.choice(NAMES)] = node.pop(key)


def _repeat(_random: Random, node: Any, key: Any, _root: dict[str, Any]) -> None:
    node[key] = [node[key], json.loads(json.dumps(node[key]))]


_CHANGES: Final[tuple[Callable[[Random, Any, Any, dict[str, Any]], None], ...]] = (
    _remove,
    _replace,
    _replace,
    _wrap,
    _unwrap,
    _rename,
    _repeat,
)
