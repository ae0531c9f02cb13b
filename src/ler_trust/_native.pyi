"""The native engine's extension module, built from ``native/`` when a Rust toolchain is there."""

from collections.abc import Mapping, Sequence
from typing import final

from ler_trust.errors import Failure
from ler_trust.model.did import VerificationMethod
from ler_trust.model.engine import Authentication, KeyNeed, Survey
from ler_trust.model.limits import Limits

@final
class Contexts:
    def __new__(cls, documents: dict[str, bytes]) -> Contexts: ...

@final
class Engine:
    def __new__(cls, limits: Limits, threads: int) -> Engine: ...
    def survey(self, items: Sequence[bytes]) -> list[Survey]: ...
    def authenticate(
        self,
        items: Sequence[bytes],
        keys: Mapping[KeyNeed, tuple[VerificationMethod, ...] | Failure],
        contexts: Contexts,
        documents: bool,
    ) -> list[Authentication]: ...
    def canonical(self, document: bytes, contexts: Contexts, sha384: bool) -> bytes | Failure: ...
