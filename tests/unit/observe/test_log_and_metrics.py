"""The log and the metrics say what happened and to nobody whom."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from ler_trust.observe.log import WITHHELD, configure
from ler_trust.observe.metrics import Metrics
from ler_trust.store.sql import SqlStore


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = logging.root.handlers[:], logging.root.level
    output = io.StringIO()
    configure("info", "json", output)
    yield output
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()


def _logged(stream: io.StringIO) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(stream.getvalue())
    return value


def test_event_is_one_json_line(stream: io.StringIO) -> None:
    structlog.get_logger("ler_trust.test").info("list published", list_id="list-1", sequence=3)
    found = _logged(stream)
    assert (found["event"], found["list_id"], found["sequence"]) == ("list published", "list-1", 3)
    assert (found["level"], found["logger"]) == ("info", "ler_trust.test")
    assert found["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "name", ["credential", "body", "credentialSubject", "subject_id", "token", "Authorization", "api_key"]
)
def test_what_names_a_person_or_opens_a_door_is_withheld(stream: io.StringIO, name: str) -> None:
    structlog.get_logger().info("verified", **{name: "did:example:alice", "nested": {name: ["alice"]}})
    assert "alice" not in stream.getvalue()
    found = _logged(stream)
    assert found[name] == WITHHELD


def test_list_and_index_never_come_together(stream: io.StringIO) -> None:
    structlog.get_logger().info("changed", list_id="list-1", index=94567, nested={"index": 3})
    found = _logged(stream)
    assert found["list_id"] == "list-1"
    assert "94567" not in stream.getvalue()
    structlog.get_logger().info("changed", entries=[{"list_id": "l", "index": 94567}])
    assert "94567" not in stream.getvalue()


def test_bytes_and_long_texts_are_not_written_out(stream: io.StringIO) -> None:
    structlog.get_logger().info("odd", value=b"alice", text="x" * 10_000)
    assert "alice" not in stream.getvalue()
    assert len(stream.getvalue()) < 1_000


def test_other_libraries_come_out_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy").warning("pool %s", "exhausted")
    logging.getLogger("sqlalchemy").debug("not wanted")
    assert _logged(stream)["event"] == "pool exhausted"


def test_of_an_exception_kind_and_places_are_written_and_not_what_it_says(stream: io.StringIO) -> None:
    try:
        try:
            raise KeyError("entry 7")
        except KeyError as error:
            raise ValueError("of list 3") from error
    except ValueError:
        structlog.get_logger().exception("failed")
    kinds = [line for line in _logged(stream)["exception"].splitlines() if not line.startswith(" ")]
    assert kinds == ["ValueError", "KeyError"]
    assert f"{__name__.rpartition('.')[2]}.py:" in _logged(stream)["exception"]
    assert "entry" not in stream.getvalue()
    assert "of list" not in stream.getvalue()


def test_errors_that_lead_to_each_other_are_each_written_once(stream: io.StringIO) -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    structlog.get_logger().error("failed", exc_info=first)
    assert _logged(stream)["exception"].splitlines() == ["ValueError", "KeyError"]


def test_server_does_not_say_who_asked(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("Error handling request from %s", "192.0.2.1")
    assert _logged(stream)["event"] == "Error handling request from %s"


def test_console_form_is_for_people() -> None:
    before = logging.root.handlers[:], logging.root.level
    output = io.StringIO()
    configure("info", "console", output)
    structlog.get_logger().info("started", credential="alice")
    logging.root.handlers[:], logging.root.level = before
    structlog.reset_defaults()
    assert "started" in output.getvalue()
    assert "alice" not in output.getvalue()


@pytest.mark.parametrize("level", ["debug", "info"])
async def test_no_statement_of_the_database_is_logged(tmp_path: Path, level: str) -> None:
    output = io.StringIO()
    before = logging.root.handlers[:], logging.root.level
    configure(level, "json", output)
    try:
        store = await SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite3'}")
        await store.create_tenant("a-tenant-with-a-name", 0)
        await store.close()
    finally:
        logging.root.handlers[:], logging.root.level = before
        structlog.reset_defaults()
    assert "a-tenant-with-a-name" not in output.getvalue()
    assert "INSERT" not in output.getvalue()


def test_reasons_are_bounded_to_the_listed_codes() -> None:
    metrics = Metrics()
    metrics.verified([("valid", None), ("invalid", "status.revoked")])
    metrics.verified([("invalid", f"did:example:{number}") for number in range(3)])
    metrics.fetched("fetch.timeout")
    metrics.fetched(None)
    text = metrics.exposition().decode()
    assert 'ler_trust_verifications_total{outcome="valid",reason="none"} 1.0' in text
    assert 'ler_trust_verifications_total{outcome="invalid",reason="status.revoked"} 1.0' in text
    assert 'ler_trust_verifications_total{outcome="invalid",reason="other"} 3.0' in text
    assert 'ler_trust_fetches_total{result="fetch.timeout"} 1.0' in text
    assert "did:example" not in text


def test_two_services_do_not_mix() -> None:
    first, second = Metrics(), Metrics()
    first.verified([("valid", None)] * 10)
    assert "ler_trust_batch_items_count 0.0" in second.exposition().decode()
