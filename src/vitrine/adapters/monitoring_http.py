"""Asks those who watch the service over HTTP, for somebody who waits for a page."""

from __future__ import annotations

from typing import Any

import httpx

from vitrine.usecases.monitoring_ports import MonitoringUnavailableError

CONNECT_WITHIN_S = 1.0
ANSWER_WITHIN_S = 5.0
AT_ONCE = 16
"""Below the 20 queries that Prometheus works on side by side unless told otherwise."""


class MonitoringHttp:
    """Speaks to one server; `name` is what it is called where it does not answer."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S, pool=None),
            limits=httpx.Limits(max_connections=AT_ONCE),
            trust_env=False,
        )

    async def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Return an answer, whatever its status; raises `MonitoringUnavailableError`."""
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
        await self._client.aclose()
