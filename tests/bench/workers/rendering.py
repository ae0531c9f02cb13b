"""Makes a list of ``share["entries"]`` entries, one in a hundred set, in every form, several times."""

import asyncio
import random
from typing import Any, Final

import uvloop

from ler_trust.model.did import KeyKind
from ler_trust.model.instant import DAY, MINUTE, Instant
from ler_trust.service import PUBLISHED_FORMATS, Service, load_status_formats
from ler_trust.status.forms import Form, forms
from ler_trust.status.version import ListVersion, bits_of
from ler_trust.suites.signing import LocalSigner
from tests.bench.workers.assembly import service_for
from tests.bench.workers.protocol import serve, share

_SET_IN_A_HUNDRED: Final = 1
_ADDRESS: Final = "https://trust.example.org/status-lists/large"


def _version(entries: int, now: Instant) -> ListVersion:
    chance = random.Random(entries)  # noqa: S311 - a repeatable choice, not a secret
    chosen = chance.sample(range(entries), entries * _SET_IN_A_HUNDRED // 100)
    bits = bits_of(entries, dict.fromkeys(chosen, 1))
    return ListVersion(_ADDRESS, "revocation", bits, now, now + DAY, 5 * MINUTE)


def _forms(service: Service) -> dict[str, Form]:
    bitstring, list_2021 = load_status_formats(PUBLISHED_FORMATS).values()
    return {form.name: form for form in forms(bitstring, list_2021, service.engine)}


async def _work(content: dict[str, Any]) -> None:
    async with service_for(content) as service:
        found = _forms(service)
        version = _version(content["entries"], service.clock.now())
        signer = LocalSigner.from_seed(KeyKind.ED25519, bytes(32))

        def work(name: str) -> int:
            return bool(found[name].make(version, signer))

        serve(list(found) * content["times"], work, {"forms": list(found)})


def main() -> None:
    """Do the rounds: a round is one form."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(share()))


if __name__ == "__main__":
    main()
