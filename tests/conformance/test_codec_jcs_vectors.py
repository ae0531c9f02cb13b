"""RFC 8785 by the vectors of cyberphone/json-canonicalization, and numbers against ECMAScript itself."""

import json
import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from ler_trust.codec import jcs, json_safe

VECTORS = Path(os.environ.get("LER_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
FOLDER = VECTORS / "cyberphone+json-canonicalization" / "testdata"
NODE = shutil.which("node")

# RFC 8785, Appendix B: the bits of a double and its text.
APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"RFC 8785 vectors NOT RUN: there is no {FOLDER} (set LER_VECTORS)"
)
def test_every_file() -> None:
    inputs = sorted((FOLDER / "input").glob("*.json"))
    assert len(inputs) == 6
    for path in inputs:
        canonical = jcs.canonicalize(json_safe.loads(path.read_bytes()))
        assert canonical == (FOLDER / "output" / path.name).read_bytes()
        assert canonical == bytes.fromhex((FOLDER / "outhex" / f"{path.stem}.txt").read_text())


def test_the_table_of_the_rfc() -> None:
    for bits, text in APPENDIX_B.items():
        (number,) = struct.unpack(">d", bytes.fromhex(bits))
        assert jcs.canonicalize(number) == text.encode(), bits


@pytest.mark.skipif(NODE is None, reason="20,000 doubles against ECMAScript NOT RUN: there is no node")
def test_random_doubles_against_ecmascript() -> None:
    source = random.Random(8785)  # noqa: S311 - test data
    bits = [source.randbytes(8) for _ in range(14_000)]
    bits += [struct.pack(">d", source.uniform(-1, 1) * 10 ** source.randint(-9, 23)) for _ in range(6_000)]
    numbers = [number for raw in bits for number in struct.unpack(">d", raw) if abs(number) < float("inf")]
    assert len(numbers) > 19_900
    script = (
        "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map(n => JSON.stringify(n))))"
    )
    answer = subprocess.run(
        [str(NODE), "-e", script],
        input=json.dumps(numbers).encode(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    texts = json.loads(answer.stdout)
    assert [jcs.canonicalize(number).decode() for number in numbers] == texts
