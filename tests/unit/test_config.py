"""Settings: where they come from, and what is said of those that cannot be meant."""

import hashlib
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from ler_trust.config import Settings, load_settings
from ler_trust.config_sections import ExtraContext, LimitSettings
from ler_trust.errors import ConfigurationError
from ler_trust.model.limits import DEFAULT_LIMITS, Limits


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("LER_TRUST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_defaults_listen_on_loopback_and_keep_data_in_one_folder(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.http.host == "127.0.0.1"
    assert settings.outbound.development_hosts == ()
    assert settings.did_methods == ("key", "web", "jwk")
    assert settings.store_url == f"sqlite:///{tmp_path}/ler-trust/ler-trust.sqlite3"
    assert settings.key_file == tmp_path / "ler-trust" / "master.key"
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.limits.limits() == DEFAULT_LIMITS


def test_every_limit_can_be_set() -> None:
    assert set(LimitSettings.model_fields) == {field.name for field in fields(Limits)}


def test_every_setting_is_described() -> None:
    def undescribed(model: type[BaseModel], place: str) -> list[str]:
        missing = []
        for name, field in model.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                missing += undescribed(field.annotation, f"{place}{name}.")
            elif not field.description:
                missing.append(place + name)
        return missing

    assert undescribed(Settings, "") == []


def test_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('log_level = "debug"\ndid_methods = ["key"]\n[http]\nport = 9000\nbatch_items = 50\n')
    monkeypatch.setenv("LER_TRUST_CONFIG", str(file))
    monkeypatch.setenv("LER_TRUST_HTTP__PORT", "9001")
    monkeypatch.setenv("LER_TRUST_OUTBOUND__DEVELOPMENT_HOSTS", "localhost:8081, 127.0.0.1:8082")
    settings = load_settings()
    assert settings.log_level == "debug"
    assert settings.did_methods == ("key",)
    assert (settings.http.port, settings.http.batch_items) == (9001, 50)
    assert settings.outbound.development_hosts == ("localhost:8081", "127.0.0.1:8082")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HTTP__PORT", "99999", "http.port"),
        ("HTTP__PORT", "tcp://10.0.0.1:8080", "http.port"),
        ("LIMITS__ITEM_BYTES", "0", "limits.item_bytes"),
        ("LIMITS__ITEM_BYTES", "50000000", "limits.item_bytes .* must not be more than http.line_bytes"),
        ("HTTP__LINE_BYTES", "90000000", "http.line_bytes .* must not be more than http.batch_bytes"),
        ("LIMITS__LIST_BYTES", "1000", "limits.status_list_bits must not be more"),
        ("OUTBOUND__DEADLINE", "1", "outbound.connect_timeout"),
        ("REGISTRIES__MAX_AGE_SECONDS", "60", "registries.refresh_seconds"),
        ("ENGINE", "warp", "engine"),
        ("LOG_LEVEL", "loud", "log_level"),
        ("PUBLIC_BASE_URL", "http://example.org", "public_base_url"),
        ("PUBLIC_BASE_URL", "https://example.org/path", "public_base_url"),
        ("CONTEXTS", "not json", "contexts: LER_TRUST_CONTEXTS is not JSON"),
        ("HTTP", "not json", "http: LER_TRUST_HTTP is not JSON"),
        ("HTTP", '{"prot": 1}', "http.prot: there is no such setting"),
    ],
)
def test_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"LER_TRUST_{name}", value)
    with pytest.raises(ConfigurationError, match=sentence):
        load_settings()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LER_TRUST_PORT", "LER_TRUST_HTTP__PORT"),
        ("LER_TRUST_LIST_BYTES", "LER_TRUST_CACHE__LIST_BYTES or LER_TRUST_LIMITS__LIST_BYTES"),
        ("LER_TRUST_HTTP_PORT", "LER_TRUST_HTTP__PORT"),
        ("LER_TRUST_HTTP__PROT", "LER_TRUST_HTTP__PORT"),
        ("LER_TRUST_HTP__PORT", "LER_TRUST_HTTP__PORT"),
        ("LER_TRUST_DATABASE", "LER_TRUST_DATABASE_URL"),
        ("ler_trust_databse_url", "LER_TRUST_DATABASE_URL"),
        ("LER_TRUST_LOG_LEVEL__HTTP", None),
        ("LER_TRUST_QWERTY", None),
    ],
)
def test_variable_that_sets_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str | None
) -> None:
    monkeypatch.setenv(name, "9")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert sentence.startswith(f"{name}: there is no such setting")
    assert meant is None or sentence.endswith(f"; did you mean {meant}?")


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LER_TRUST_ONE", "1")
    monkeypatch.setenv("LER_TRUST_TWO", "2")
    with pytest.raises(ConfigurationError, match=r"LER_TRUST_ONE: .*\nLER_TRUST_TWO: "):
        load_settings()


def test_what_a_container_platform_sets_for_a_service_of_this_name_is_no_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    links = {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "8080",
        "SERVICE_PORT_HTTP": "8080",
        "PORT": "tcp://10.0.0.1:8080",
        "PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "PORT_8080_TCP_PROTO": "tcp",
        "PORT_8080_TCP_PORT": "8080",
        "PORT_8080_TCP_ADDR": "10.0.0.1",
        "POSTGRES_SERVICE_HOST": "10.0.0.2",
        "POSTGRES_PORT": "tcp://10.0.0.2:5432",
    }
    for name, value in links.items():
        monkeypatch.setenv(f"LER_TRUST_{name}", value)
    assert load_settings() == Settings()


@pytest.mark.parametrize("content", ["port = ", "unknown = 1", "[http]\nprot = 1", "\x00"])
def test_wrong_file_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(content)
    monkeypatch.setenv("LER_TRUST_CONFIG", str(file))
    with pytest.raises(ConfigurationError):
        load_settings()


def test_missing_file_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LER_TRUST_CONFIG", "/nowhere/config.toml")
    with pytest.raises(ConfigurationError, match=r"there is no file /nowhere/config\.toml"):
        load_settings()


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"public_base_url": "https://trust.example.org/"}, "https://trust.example.org"),
        ({"public_base_url": "http://localhost:8081"}, "http://localhost:8081"),
        ({"http": {"host": "::1", "port": 80}}, "http://[::1]:80"),
    ],
)
def test_base_url_has_no_slash_at_its_end(values: dict[str, Any], url: str) -> None:
    assert load_settings(**values).base_url == url


def test_master_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LER_TRUST_MASTER_KEY", "ab" * 32)
    assert "abab" not in repr(load_settings())
    monkeypatch.setenv("LER_TRUST_HTTP__PORT", "wrong")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "abab" not in str(caught.value)


def test_context_is_used_only_with_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "context.json"
    file.write_bytes(b'{"@context": {}}')
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    url = "https://example.org/context/v1"
    assert ExtraContext(url=url, sha256=right, file=file).read() == file.read_bytes()
    with pytest.raises(ConfigurationError, match="does not have the SHA-256"):
        ExtraContext(url=url, sha256="0" * 64, file=file).read()
    with pytest.raises(ConfigurationError, match="cannot read"):
        ExtraContext(url=url, sha256=right, file=tmp_path / "absent.json").read()
