"""What handlers find on the application and on the request."""

from typing import Final

from aiohttp import web

from ler_trust.accounts import KeyRing
from ler_trust.model.records import ApiKey
from ler_trust.service import Service
from ler_trust.web.limits import WebLimits
from ler_trust.web.metrics import WebMetrics
from ler_trust.web.rates import RateLimit
from ler_trust.web.under_way import UnderWay

SERVICE: Final = web.AppKey("service", Service)
LIMITS: Final = web.AppKey("limits", WebLimits)
KEY_RING: Final = web.AppKey("key_ring", KeyRing)
ITEM_RATE: Final = web.AppKey("item_rate", RateLimit)
UNDER_WAY: Final = web.AppKey("under_way", UnderWay)
METRICS: Final = web.AppKey("metrics", WebMetrics)
FAILURE_RATE: Final = web.AppKey("failure_rate", RateLimit)

CALLER: Final = web.RequestKey("caller", ApiKey)
REQUEST_ID: Final = web.RequestKey("request_id", str)
