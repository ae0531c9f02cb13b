"""``ler-trust serve`` as an operator runs it: first start, stop, kill, restart."""

import json
import signal
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from status_lists.bitstring import BitstringStatusList
from tests.kit.command_line import Served, ler_trust, serving


def _new_list(service: Served, token: str) -> str:
    key = service.call("POST", "/v1/signing-keys", {"kind": "Ed25519"}, token)
    body = {"purpose": "revocation", "signing_key": key["id"]}
    return str(service.call("POST", "/v1/status-lists", body, token)["id"])


def test_the_admin_key_is_printed_at_the_first_start_only(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        token = service.token
        assert token is not None
        assert service.call("GET", "/v1/api-keys")["api_keys"]
    assert service.process.returncode == 0
    with serving(tmp_path) as service:
        assert service.token is None
        assert service.call("GET", "/v1/api-keys", token=token)["api_keys"]


def test_killed_half_way_it_starts_again_with_everything_it_acknowledged(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        token = service.token or ""
        list_id = _new_list(service, token)
        path = f"/v1/status-lists/{list_id}"
        entries = service.call("POST", f"{path}/entries", {"count": 50}, token)["entries"]
        revoked: list[int] = []
        for entry in entries:
            if len(revoked) == 40:
                service.process.send_signal(signal.SIGKILL)
            try:
                service.call(
                    "POST", f"{path}/changes", {"changes": [{"entry": entry, "status": "revoked"}]}, token
                )
            except OSError:  # it is dead
                break
            revoked.append(int(entry["statusListIndex"]))
        assert 40 <= len(revoked) < 50
        assert service.process.wait() == -signal.SIGKILL
    with serving(tmp_path) as service:
        recorded = {
            change["index"] for change in service.call("GET", f"{path}/changes", token=token)["changes"]
        }
        assert set(revoked) <= recorded
        assert len(recorded) <= len(revoked) + 1  # the one whose answer was lost
        with urlopen(f"{service.url}/status-lists/{list_id}", timeout=30) as answer:  # noqa: S310
            published = BitstringStatusList().decode(json.loads(answer.read()), max_bytes=2**20)
        assert all(published.bits[index // 8] & 0x80 >> index % 8 for index in revoked)
        assert sum(byte.bit_count() for byte in published.bits) == len(recorded)
        assert service.call("POST", f"{path}/entries", {"count": 1}, token)["entries"]


def test_an_api_key_made_on_the_command_line_opens_a_running_service(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        token = ler_trust(
            "keys", "create", "--role", "verifier", "--label", "t", data=tmp_path
        ).output.strip()
        assert service.call("GET", "/v1/policies", token=token)["policies"]
        with pytest.raises(HTTPError, match="403"):
            service.call("GET", "/v1/api-keys", token=token)


@pytest.mark.parametrize(
    "arguments", [("--port", "70000"), ("--database", "mysql://x"), ("--host",)], ids=str
)
def test_a_service_that_cannot_start_says_so_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    ran = ler_trust("serve", *arguments, data=tmp_path)
    assert ran.status == 64
    assert len(ran.errors.strip().splitlines()) == 1
