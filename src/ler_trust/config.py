"""Every setting: its unit, its default and the reason for it. Read once, at the start.

A setting comes from the environment (``LER_TRUST_HTTP__PORT`` is ``port`` of the section ``http``), else
from the TOML file that ``LER_TRUST_CONFIG`` names, else it has its default. What cannot be meant stops
the start with a sentence that names the setting.
"""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from ler_trust.config_sections import (
    CacheSettings,
    ExtraContext,
    HttpSettings,
    LimitSettings,
    ListSettings,
    Names,
    OutboundSettings,
    RegistrySettings,
    SignerSettings,
    VerifySettings,
    names,
)
from ler_trust.config_variables import wrong_variables
from ler_trust.errors import ConfigurationError

PREFIX: Final = "LER_TRUST_"
CONFIG_VARIABLE: Final = PREFIX + "CONFIG"
_FIELD: Final = re.compile(r'field "(\w+)"')  # how pydantic-settings names what it could not read


def _default_folder() -> Path:
    """Return where this user's data is kept, the same from wherever the service or a command is started."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "ler-trust"


# What must hold between settings: the first of each pair is not more than the second.
_NOT_MORE_THAN: Final = (
    ("limits.item_bytes", "http.line_bytes"),
    ("http.line_bytes", "http.batch_bytes"),
    ("http.body_bytes", "http.batch_bytes"),
    ("http.batch_items", "http.items_per_minute"),
    ("limits.list_bytes", "cache.list_bytes"),
    ("outbound.connect_timeout", "outbound.deadline"),
    ("outbound.deadline", "verify.resolve_seconds"),
    ("verify.resolve_seconds", "verify.batch_seconds"),
    ("outbound.host_concurrency", "outbound.total_concurrency"),
    ("registries.check_seconds", "registries.refresh_seconds"),
    ("registries.refresh_seconds", "registries.max_age_seconds"),
)


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_folder: Path = Field(
        default_factory=_default_folder, description="Folder for what is kept in files: database, master key."
    )
    database_url: str = Field(
        default="", description="sqlite:///file or postgresql://…; by default a file in data_folder."
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="The key that seals signing keys, 64 hexadecimal digits; else it is in master_key_file.",
    )
    master_key_file: Path | None = Field(
        default=None, description="File with that key, made at the first start; by default in data_folder."
    )
    master_key_command: str = Field(
        default="",
        description="Command that writes that key to its standard output, run at the start without a shell.",
    )
    master_key_previous: SecretStr | None = Field(
        default=None,
        description="The key before this one: opens what is not sealed anew yet (ler-trust keys reseal).",
    )
    public_base_url: str = Field(
        default="",
        description="The address others reach this service by; by default that it listens on.",
    )
    did_methods: Names = Field(default=("key", "web", "jwk"), description="DID methods in use.")
    status_formats: Names = Field(
        default=(
            "BitstringStatusListEntry",
            "StatusList2021Entry",
            "status_list",
            "RevocationList2020Status",
            "1EdTechRevocationList",
        ),
        description="Types of status entry in use.",
    )
    contexts: tuple[ExtraContext, ...] = Field(
        default=(), description="JSON-LD contexts beside the built-in ones."
    )
    signers: tuple[SignerSettings, ...] = Field(
        default=(),
        description="Services that hold issuers' keys, each with name, tenant, url and token, and where "
        "needed addresses, ca_file and seconds.",
    )
    engine: Literal["auto", "native", "reference"] = Field(
        default="auto", description="The verification engine; auto is the native one where it was built."
    )
    engine_threads: int = Field(
        default=0, ge=0, le=1_024, description="Threads of the native engine; 0 is one for each core."
    )
    engine_remembered: int = Field(
        default=32_768,
        ge=0,
        le=4_194_304,
        description="Records whose proofs the native engine remembers, for one tenant each; 0 for none.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="redis://… or rediss://…: speed that replicas share; without it each has its own.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="One JSON object a line, or for people."
    )
    limits: LimitSettings = LimitSettings()
    http: HttpSettings = HttpSettings()
    outbound: OutboundSettings = OutboundSettings()
    cache: CacheSettings = CacheSettings()
    lists: ListSettings = ListSettings()
    registries: RegistrySettings = RegistrySettings()
    verify: VerifySettings = VerifySettings()

    _split = field_validator("did_methods", "status_formats", mode="before")(lambda value: names(value))

    @field_validator("public_base_url")
    @classmethod
    def _require_origin(cls, value: str) -> str:
        if value and not _is_origin(value):
            raise ValueError("must be https://host or, on loopback, http://host:port, and nothing after it")
        return value

    @model_validator(mode="after")
    def _relations_hold(self) -> Self:
        for smaller, larger in _NOT_MORE_THAN:
            if (value := self._value(smaller)) > (bound := self._value(larger)):
                raise ValueError(f"{smaller} ({value:g}) must not be more than {larger} ({bound:g})")
        if self.master_key is not None and self.master_key_command:
            raise ValueError("give master_key or master_key_command, not both")
        if self.limits.status_list_bits > 8 * self.limits.list_bytes:
            raise ValueError("limits.status_list_bits must not be more than limits.list_bytes hold")
        return self

    @field_validator("signers")
    @classmethod
    def _one_of_each_name(cls, value: tuple[SignerSettings, ...]) -> tuple[SignerSettings, ...]:
        names = [(each.tenant, each.name) for each in value]
        if len(set(names)) < len(names):
            raise ValueError("two of a tenant have the same name")
        return value

    def _value(self, name: str) -> float:
        section, field = name.split(".")
        return float(getattr(getattr(self, section), field))

    @property
    def store_url(self) -> str:
        """Return the URL of the database in use."""
        return self.database_url or f"sqlite:///{self.data_folder / 'ler-trust.sqlite3'}"

    @property
    def key_file(self) -> Path:
        """Return where the master key is, unless ``master_key`` gives it."""
        return self.master_key_file or self.data_folder / "master.key"

    @property
    def base_url(self) -> str:
        """Return the address others reach this service by, without a slash at its end."""
        host = f"[{self.http.host}]" if ":" in self.http.host else self.http.host
        return self.public_base_url.rstrip("/") or f"http://{host}:{self.http.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment before the file that ``LER_TRUST_CONFIG`` names."""
        del dotenv_settings, file_secret_settings
        file = os.environ.get(CONFIG_VARIABLE)
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, Path(file))) if file else sources


def load_settings(**values: Any) -> Settings:
    """Return the settings; ``values`` go before environment and file.

    Raises :class:`ConfigurationError` with one line a setting that is not right.
    """
    file = os.environ.get(CONFIG_VARIABLE)
    if file and not Path(file).is_file():
        raise ConfigurationError(f"{CONFIG_VARIABLE}: there is no file {file}")
    variables = {name: value for name, value in os.environ.items() if name != CONFIG_VARIABLE}
    if wrong := wrong_variables(Settings, PREFIX, variables):
        raise ConfigurationError("\n".join(wrong))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(each) for each in error.errors())) from None
    except SettingsError as error:
        raise ConfigurationError(_unread(error)) from None
    except (OSError, ValueError) as error:  # the file: unreadable, or not TOML
        raise ConfigurationError(f"{file}: {error}") from None


def _sentence(error: Any) -> str:
    place = ".".join(str(step) for step in error["loc"])
    unknown = error["type"] == "extra_forbidden"
    message = "there is no such setting" if unknown else str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _unread(error: SettingsError) -> str:
    found = _FIELD.search(str(error))
    return f"{found[1]}: {PREFIX}{found[1].upper()} is not JSON" if found else str(error)


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    if not parts.hostname or parts.username or parts.path not in ("", "/") or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
