"""A Prometheus that is asked over its HTTP API."""

from __future__ import annotations

import math

import httpx

from vitrine.domain.failure import Failure

WITHIN_S = 10.0


class PrometheusUnavailableError(Failure):
    """Prometheus does not answer, or refuses what it was asked."""


class PrometheusReader:
    """Asks the Prometheus at `url` for present values."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(base_url=url, timeout=WITHIN_S, trust_env=False)

    def value(self, query: str) -> float | None:
        """Return the value of a query that has one series or none; `None` where there is none.

        Raises `PrometheusUnavailableError` with what to look at.
        """
        try:
            answer = self._client.get("/api/v1/query", params={"query": query})
            answer.raise_for_status()
            result = answer.json()["data"]["result"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            raise PrometheusUnavailableError(
                f"{self._url}: no answer of a Prometheus ({type(problem).__name__});"
                " name one with --url"
            ) from None
        value = float(result[0]["value"][1]) if result else math.nan
        return value if math.isfinite(value) else None

    def close(self) -> None:
        self._client.close()
