"""The sections of the configuration; each setting says its unit and the reason for its default."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    field_validator,
)
from pydantic_settings import NoDecode

from ler_trust.errors import ConfigurationError
from ler_trust.model.limits import DEFAULT_LIMITS, KIB, MIB, Limits

Names = Annotated[tuple[str, ...], NoDecode]  # in the environment separated by commas


def names(value: Any) -> Any:
    """Return the names in a text that separates them by commas; any other value as it is."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class Section(BaseModel):
    """Settings that belong together; a name that is not among them is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LimitSettings(Section):
    """Bounds on the records themselves (``model.limits.Limits``)."""

    item_bytes: PositiveInt = Field(
        default=DEFAULT_LIMITS.item_bytes,
        description="Bytes of one record: a badge has 2 kB, with a picture some hundred.",
    )
    json_depth: PositiveInt = Field(
        default=DEFAULT_LIMITS.json_depth,
        le=256,
        description="Levels of nesting: real credentials stay below 20.",
    )
    proofs: PositiveInt = Field(
        default=DEFAULT_LIMITS.proofs, description="Proofs on one credential: each costs a signature check."
    )
    status_entries: PositiveInt = Field(
        default=DEFAULT_LIMITS.status_entries,
        description="Status entries on one credential: each can cost a fetch.",
    )
    embedded: PositiveInt = Field(
        default=DEFAULT_LIMITS.embedded, description="Credentials inside one credential."
    )
    rdf_quads: PositiveInt = Field(default=DEFAULT_LIMITS.rdf_quads, description="Statements in one graph.")
    rdf_work: PositiveInt = Field(
        default=DEFAULT_LIMITS.rdf_work,
        description="Steps of one canonicalisation: a poisoned graph needs millions.",
    )
    rdf_seconds: PositiveFloat = Field(
        default=DEFAULT_LIMITS.rdf_seconds,
        description="Seconds for one canonicalisation: an honest one takes some ms.",
    )
    list_bytes: PositiveInt = Field(
        default=DEFAULT_LIMITS.list_bytes,
        description="Bytes of a decoded status list, absolute: ratios prove nothing.",
    )
    status_list_bits: PositiveInt = Field(
        default=DEFAULT_LIMITS.status_list_bits,
        description="Fewest entries of a status list (Bitstring Status List 1.0 §2.2): fewer identify.",
    )

    def limits(self) -> Limits:
        """Return the bounds as the value that engines obey."""
        return Limits(**self.model_dump())


class HttpSettings(Section):
    """What this service accepts over HTTP, and where it listens."""

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; loopback unless decided otherwise."
    )
    port: int = Field(default=8080, ge=0, le=65_535, description="TCP port to listen on; 0 takes a free one.")
    batch_items: PositiveInt = Field(
        default=1_000, description="Items of a JSON batch, answered as one value; NDJSON takes any number."
    )
    batch_bytes: PositiveInt = Field(
        default=32 * MIB, description="Bytes of a JSON batch, read whole: a thousand records of 32 kB."
    )
    line_bytes: PositiveInt = Field(
        default=1 * MIB + 8 * KIB, description="Bytes of one NDJSON line: the largest record, and its id."
    )
    body_bytes: PositiveInt = Field(
        default=4 * MIB, description="Bytes of any other body: an imported registry is the largest."
    )
    body_seconds: PositiveFloat = Field(
        default=60.0, description="Seconds for the whole of a body that is not streamed."
    )
    stall: PositiveFloat = Field(
        default=120.0, description="Seconds that a client may leave a request or an answer untouched."
    )
    items_per_minute: PositiveInt = Field(
        default=1_000_000, description="Items a minute and API key, so that no key starves the others."
    )
    failures_per_minute: PositiveInt = Field(
        default=30, description="Requests a minute and address without a valid API key, against guessing."
    )
    stop_seconds: PositiveFloat = Field(
        default=30.0, description="Seconds that requests under way get when the service is asked to stop."
    )


class VerifySettings(Section):
    """How long a batch may take."""

    resolve_seconds: PositiveFloat = Field(
        default=15.0, description="Seconds for finding the issuers' keys of one batch."
    )
    batch_seconds: PositiveFloat = Field(
        default=120.0, description="Seconds after which no further item of a batch is begun; it is undecided."
    )


class OutboundSettings(Section):
    """How this service fetches documents and lists."""

    deadline: PositiveFloat = Field(
        default=10.0, description="Seconds for one whole fetch, redirects and body included."
    )
    connect_timeout: PositiveFloat = Field(default=5.0, description="Seconds for one TCP connection.")
    max_redirects: int = Field(
        default=3, ge=0, le=10, description="Redirects followed; real documents need one at most."
    )
    host_concurrency: PositiveInt = Field(
        default=8, description="Requests in flight to one host: what a small site bears."
    )
    total_concurrency: PositiveInt = Field(default=64, description="Requests in flight altogether.")
    breaker_failures: PositiveInt = Field(
        default=5, description="Failures in a row before a host is left alone."
    )
    breaker_seconds: PositiveFloat = Field(default=30.0, description="Seconds for which it is left alone.")
    development_hosts: Names = Field(
        default=(),
        description="host:port on loopback that may be fetched from, by http; for development only.",
    )

    _split = field_validator("development_hosts", mode="before")(lambda value: names(value))


class CacheSettings(Section):
    """What is kept in memory, shared by all tenants: public artefacts only."""

    documents: PositiveInt = Field(
        default=10_000, description="DID documents: as many issuers as a large employer meets."
    )
    document_bytes: PositiveInt = Field(default=32 * MIB, description="Bytes of DID documents, as fetched.")
    list_bytes: PositiveInt = Field(
        default=64 * MIB, description="Bytes of decoded status lists: four thousand of usual size."
    )
    list_seconds: PositiveFloat = Field(
        default=900.0, description="Seconds after which a revocation is seen, whatever its list says."
    )


class ListSettings(Section):
    """How the status lists kept here are served."""

    check_seconds: float = Field(
        default=0.5,
        ge=0,
        description="Seconds for which another replica's change may be missing from a list served here.",
    )
    publish_seconds: float = Field(
        default=1.0,
        ge=0,
        description="Seconds for which changes are gathered before a list is published unasked; whoever "
        "reads it before gets them all the same.",
    )
    alarm_seconds: PositiveFloat = Field(
        default=60.0,
        description="Seconds that a change may be unpublished before /readyz says that something is wrong.",
    )
    history_days: PositiveInt = Field(
        default=400, description="Days for which a list can be had as it was published at a time."
    )
    open_lists: PositiveInt = Field(
        default=2,
        le=64,
        description="Lists of a purpose that entries are taken from at random, where the issuer names none.",
    )


class RegistrySettings(Section):
    """How registries are kept up to date."""

    check_seconds: PositiveFloat = Field(
        default=1.0, description="Seconds for which another replica's statement may go unseen."
    )
    refresh_seconds: PositiveFloat = Field(
        default=3_600.0, description="Seconds between two readings of an imported registry's source."
    )
    max_age_seconds: PositiveFloat = Field(
        default=86_400.0,
        description="Seconds after which an imported registry that could not be read counts as not asked.",
    )


class SignerSettings(Section):
    """A service that holds issuers' keys and signs with them (``net.signing_service``)."""

    name: str = Field(min_length=1, description="What the service is called when a key is taken from it.")
    tenant: str = Field(default="default", description="Whose keys it holds: nobody else can use them.")
    url: str = Field(description="Its address: https, or http on loopback.")
    token: SecretStr = Field(description="What is shown to it.")
    addresses: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="Networks its host name may lead to, such as 10.0.5.0/24; none for public addresses.",
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates to know it by; by default those that the system trusts."
    )
    seconds: PositiveFloat = Field(
        default=10.0, description="Seconds for one signature, name lookup and connection included."
    )


class ExtraContext(Section):
    """A JSON-LD context the operator allows beside the built-in ones: used only if the file has this hash."""

    url: str = Field(description="The context's URL, as credentials write it.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the file, 64 hexadecimal digits.")
    file: Path = Field(description="Where the context's bytes are; nothing is fetched.")

    def read(self) -> bytes:
        """Return the context's bytes; raises :class:`ConfigurationError` unless they have the hash."""
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"contexts: cannot read {self.file}: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ConfigurationError(f"contexts: {self.file} does not have the SHA-256 given for {self.url}")
        return content
