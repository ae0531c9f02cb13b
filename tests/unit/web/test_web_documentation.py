import json
import re
from pathlib import Path
from typing import Any

from ler_trust.accounts import ensure_first_admin
from ler_trust.web.app import OPERATIONS
from tests.kit.running_service import Running, running

TEXT = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text("utf-8")
BLOCKS = re.findall(r"```http\n(.*?)```", TEXT, re.DOTALL)
EXAMPLES = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


def expected_lines(text: str) -> list[Any]:
    """Read shown JSON: a bare … stands for members that are left out."""
    text = re.sub(r",\s*…(?=[}\]])", "", text)
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def require(shown: Any, got: Any, known: dict[str, str], place: str) -> None:
    """Check that everything shown is in the answer; a shown $NAME takes its value from there."""
    if isinstance(shown, str) and shown.startswith("$"):
        assert known.setdefault(shown, got) == got, place
    elif isinstance(shown, dict):
        for name, member in shown.items():
            assert name in got, f"{place}/{name}"
            require(member, got[name], known, f"{place}/{name}")
    elif isinstance(shown, list) and shown != ["…"]:
        assert len(shown) == len(got), place
        for number, (element, given) in enumerate(zip(shown, got, strict=True)):
            require(element, given, known, f"{place}/{number}")
    elif shown not in ("…", ["…"]):
        assert shown == got, place


async def send(service: Running, request: str) -> tuple[int, list[Any]]:
    """Send a request as written; return its status and the JSON lines of the answer."""
    head, _, body = request.partition("\n\n")
    first, *fields = head.strip().splitlines()
    method, path = first.split(" ")
    headers = dict(field.split(": ", 1) for field in fields)
    response = await service.client.request(method, path, headers=headers, data=body.encode() or None)
    return response.status, [json.loads(line) for line in (await response.text()).splitlines()]


async def test_every_example_works_as_shown(tmp_path: Path) -> None:
    assert len(EXAMPLES) > 15
    async with running(tmp_path) as service:
        admin = await ensure_first_admin(service.service.store, service.service.clock)
        assert admin is not None
        known = {"$ADMIN": admin}
        for request, answer in EXAMPLES:
            for name, value in known.items():
                request = request.replace(name, value)
            status, lines = await send(service, request)
            shown_status, _, shown = answer.partition("\n")
            assert status == int(shown_status), (request, lines)
            expected = expected_lines(shown)
            assert len(expected) == len(lines)
            for number, (line, got) in enumerate(zip(expected, lines, strict=True)):
                require(line, got, known, f"{request.splitlines()[0]} line {number}")


def test_every_area_of_the_interface_is_in_the_documentation() -> None:
    for operation in OPERATIONS:
        parts = [re.escape(part) for part in re.split(r"{[^}]+}", operation.template)]
        pattern = r"[^/\s`]+".join(parts)
        if operation.tag != "Documentation":
            assert re.search(pattern, TEXT), operation.template
