"""Puts the whole service together, once, from its settings: the only place where rooms meet their neighbours.

Both edges, the HTTP service and the command line, start here, so that they give the same answers.
"""

import hmac
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeGuard

from ler_trust.codec.contexts import with_added
from ler_trust.config import Settings
from ler_trust.config_sections import OutboundSettings, SignerSettings
from ler_trust.contracts import Clock, DidMethod, Engine, Fetcher, RegistryStore, StatusFormat, Store
from ler_trust.issuers import IssuerKeys
from ler_trust.model.instant import SECOND, Instant
from ler_trust.net.fetcher import HttpFetcher
from ler_trust.net.policy import OutboundPolicy
from ler_trust.net.signer_address import SignerAddress
from ler_trust.net.signing_service import SigningService
from ler_trust.observe.background import Background
from ler_trust.observe.fetches import CountedFetcher
from ler_trust.observe.metrics import Metrics
from ler_trust.references import ReferenceDigests
from ler_trust.resolve.plugins import load_did_methods, load_plugins
from ler_trust.resolve.resolver import CachingResolver
from ler_trust.status.ahead import LOOK_SECONDS, ListsAhead
from ler_trust.status.client import StatusListClient
from ler_trust.status.kept import Keeping
from ler_trust.status.publisher import StatusPublisher
from ler_trust.status.shared import SharedLists
from ler_trust.store.redis_cache import RedisCache
from ler_trust.store.redis_news import REST_SECONDS, RedisNews
from ler_trust.store.sql.store import SqlStore
from ler_trust.store.vault import MasterKey, Vault
from ler_trust.suites.choice import choose_engine
from ler_trust.trust.source import TrustService
from ler_trust.verify.authenticate import Authenticator, Budget
from ler_trust.verify.batch import BatchVerifier
from ler_trust.verify.policies import Policies

STATUS_LISTS: Final = "ler_trust.status_lists"
PUBLISHED_FORMATS: Final = ("BitstringStatusListEntry", "StatusList2021Entry")


class SystemClock:
    """Tells the machine's time."""

    def now(self) -> Instant:
        """Return the present instant."""
        return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Service:
    """Every part that an edge may call."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    background: Background
    store: Store
    engine: Engine
    fetcher: Fetcher
    resolver: CachingResolver
    lists: StatusListClient
    shared: RedisCache | None
    formats: Mapping[str, StatusFormat]
    trust: TrustService
    policies: Policies
    verifier: BatchVerifier
    issuers: IssuerKeys
    signers: Mapping[tuple[str, str], SigningService]
    publisher: StatusPublisher


@asynccontextmanager
async def open_service(
    settings: Settings, *, fetcher: Fetcher | None = None, clock: Clock | None = None
) -> AsyncIterator[Service]:
    """Open the store, load the plugins, and give the service; close everything afterwards.

    ``fetcher`` replaces the network (files, tests), ``clock`` the machine's time. Raises
    ``ConfigurationError`` when the service cannot start as configured.
    """
    clock = clock or SystemClock()
    metrics = Metrics()
    background = Background(metrics, clock)
    methods = load_did_methods(settings.did_methods)
    formats = load_status_formats(settings.status_formats)
    published = load_status_formats(PUBLISHED_FORMATS)  # also those that are not checked here
    contexts = {extra.url: extra.read() for extra in settings.contexts}
    with_added(contexts)  # refuses here, at the start, what an engine would refuse with the first record
    master_key = _master_key(settings)
    vault = Vault(master_key, _previous_key(settings))
    limits = settings.limits.limits()
    engine = choose_engine(
        settings.engine, limits, settings.engine_threads, remembered=settings.engine_remembered
    )
    async with AsyncExitStack() as stack:
        store = await SqlStore.open(settings.store_url)
        stack.push_async_callback(store.close)
        if fetcher is None:
            fetcher = await stack.enter_async_context(HttpFetcher(_outbound(settings.outbound), clock))
        fetcher = CountedFetcher(fetcher, metrics)
        resolver = _resolver(settings, fetcher, methods, clock)
        stack.push_async_callback(resolver.close)
        budget = Budget(settings.verify.resolve_seconds, settings.verify.batch_seconds)
        authenticator = Authenticator(engine, resolver, contexts, budget)
        shared = news = None
        if settings.redis_url is not None:
            shared = RedisCache(settings.redis_url.get_secret_value())
            stack.push_async_callback(shared.close)
            news = RedisNews(settings.redis_url.get_secret_value())
            stack.push_async_callback(news.close)
        keeping = _keeping(settings)
        list_authenticator = Authenticator(_list_engine(settings, keeping), resolver, contexts, budget)
        lists = StatusListClient(
            fetcher,
            list_authenticator.authenticate_lists,
            formats,
            clock,
            keeping,
            limits,
            keys=list_authenticator.list_keys,
            shared=None if shared is None else SharedLists(shared, _shared_secret(master_key), clock),
        )
        stack.push_async_callback(lists.close)
        ahead = ListsAhead(lists, fetcher, clock, keeping)
        await stack.enter_async_context(background.keep("renewing lists", ahead.renew_due, LOOK_SECONDS))
        trust = _trust(settings, store, clock)
        signers = {
            (each.tenant, each.name): SigningService(address_of(each), clock, ended=metrics.signed)
            for each in settings.signers
        }
        for signer in signers.values():
            stack.push_async_callback(signer.close)
        find_keys = list_authenticator.list_keys
        issuers = IssuerKeys(store, vault, clock, settings.base_url, signers, find_keys)
        look_again = round(settings.lists.check_seconds * SECOND)
        publisher = StatusPublisher(
            store,
            issuers.tenant_signer,
            published[PUBLISHED_FORMATS[0]],
            engine,
            clock,
            settings.base_url,
            digests=ReferenceDigests(store, vault, clock).digests,
            look_again=look_again,
            list_2021=published[PUBLISHED_FORMATS[1]],
            open_lists=settings.lists.open_lists,
            tell=None if news is None else news.tell,
            authenticate=list_authenticator.authenticate_lists,
            find_keys=find_keys,
        )
        stack.push_async_callback(publisher.close)
        if news is not None:
            hear = partial(news.hear, publisher.look_again)
            listening = background.keep("hearing of lists", hear, REST_SECONDS, at_once=True)
            await stack.enter_async_context(listening)
        yield Service(
            settings=settings,
            clock=clock,
            metrics=metrics,
            background=background,
            store=store,
            engine=engine,
            fetcher=fetcher,
            resolver=resolver,
            lists=lists,
            shared=shared,
            formats=formats,
            trust=trust,
            policies=Policies(store, clock),
            verifier=BatchVerifier(authenticator, lists, trust, formats, clock, limits),
            issuers=issuers,
            signers=signers,
            publisher=publisher,
        )


def _resolver(
    settings: Settings, fetcher: Fetcher, methods: Mapping[str, DidMethod], clock: Clock
) -> CachingResolver:
    cache = settings.cache
    return CachingResolver(
        fetcher, methods, clock, max_documents=cache.documents, max_bytes=cache.document_bytes
    )


def _trust(settings: Settings, store: RegistryStore, clock: Clock) -> TrustService:
    return TrustService(
        store,
        clock,
        check_interval=round(settings.registries.check_seconds * SECOND),
        source_max_age=round(settings.registries.max_age_seconds * SECOND),
    )


def load_status_formats(enabled: tuple[str, ...]) -> Mapping[str, StatusFormat]:
    """Return the enabled status list formats by entry type; raises ``ConfigurationError``."""
    return load_plugins(STATUS_LISTS, enabled, _is_status_format)


def _is_status_format(candidate: object) -> TypeGuard[StatusFormat]:
    return isinstance(candidate, StatusFormat)


def _master_key(settings: Settings) -> MasterKey:
    if settings.master_key is not None:
        return MasterKey.from_text(settings.master_key.get_secret_value())
    if settings.master_key_command:
        return MasterKey.from_command(settings.master_key_command)
    return MasterKey.load_or_create(settings.key_file)


def _shared_secret(master_key: MasterKey) -> bytes:
    """Return the key by which replicas, which have the same master key, know each other's copies of lists."""
    return hmac.digest(master_key.key, b"status lists shared by replicas", "sha256")


def address_of(signer: SignerSettings) -> SignerAddress:
    """Return where a signer is; raises ``ConfigurationError`` for an address that must not be used."""
    return SignerAddress(
        signer.name,
        signer.url,
        signer.token.get_secret_value(),
        signer.addresses,
        signer.ca_file,
        signer.seconds,
    )


def _previous_key(settings: Settings) -> MasterKey | None:
    previous = settings.master_key_previous
    return None if previous is None else MasterKey.from_text(previous.get_secret_value())


def _keeping(settings: Settings) -> Keeping:
    longest = round(settings.cache.list_seconds * SECOND)
    usual = min(Keeping().default_freshness, longest)
    return Keeping(default_freshness=usual, max_freshness=longest, kept_bytes=settings.cache.list_bytes)


def _list_engine(settings: Settings, keeping: Keeping) -> Engine:
    """Return the engine that authenticates lists, which are larger than records: no other takes so much."""
    limits = replace(settings.limits.limits(), item_bytes=keeping.large_body_bytes)
    return choose_engine(settings.engine, limits, settings.engine_threads)


def _outbound(settings: OutboundSettings) -> OutboundPolicy:
    return OutboundPolicy(**settings.model_dump())
