"""A fetcher that counts how fetches end."""

from ler_trust.contracts import Fetched, Fetcher, FetchRequest
from ler_trust.errors import Undecided
from ler_trust.observe.metrics import Metrics


class CountedFetcher:
    """Hands on to another fetcher (``contracts.Fetcher``) and counts every answer and failure."""

    def __init__(self, fetcher: Fetcher, metrics: Metrics) -> None:
        self._fetcher = fetcher
        self._metrics = metrics

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Fetch as the other does."""
        try:
            fetched = await self._fetcher.fetch(request)
        except Undecided as finding:
            self._metrics.fetched(finding.code.name)
            raise
        self._metrics.fetched(None)
        return fetched
