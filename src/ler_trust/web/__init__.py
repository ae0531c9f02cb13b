"""The HTTP service: aiohttp at the edge, everything else behind it."""
