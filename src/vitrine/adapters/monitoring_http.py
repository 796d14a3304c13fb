"""Asks those who watch the service over HTTP, for somebody who waits for a page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from vitrine.usecases.monitoring_ports import MonitoringUnavailableError

if TYPE_CHECKING:
    import httpx

CONNECT_WITHIN_S = 3.0
ANSWER_WITHIN_S = 5.0
AT_ONCE = 16
"""Below the 20 queries that Prometheus works on side by side unless told otherwise."""


class MonitoringHttp:
    """Speaks to one server; `name` is what it is called where it does not answer.

    The client is made at first use, beside the event loop: its library and certificates would
    delay the start.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

    async def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Return an answer, whatever its status; raises `MonitoringUnavailableError`."""
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(self._made)
        import httpx

        try:
            return await self._client.request(method, path, **content)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            what = str(problem) or type(problem).__name__
            raise MonitoringUnavailableError(
                f"no {self._name} answers at {self._url}: {what}"
            ) from None

    def stranger(self) -> MonitoringUnavailableError:
        """Return what to raise where something else answers."""
        return MonitoringUnavailableError(f"what answers at {self._url} is no {self._name}")

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()

    def _made(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(
            base_url=self._url,
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S, pool=None),
            limits=httpx.Limits(max_connections=AT_ONCE),
            trust_env=False,
        )
