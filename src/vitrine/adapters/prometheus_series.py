"""`SeriesStore` on a Prometheus, over its HTTP API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from vitrine.usecases.monitoring_ports import (
    Curve,
    Grid,
    MonitoringUnavailableError,
    QuestionRefusedError,
    Sample,
)

CONNECT_WITHIN_S = 1.0
ANSWER_WITHIN_S = 5.0
"""Somebody looks at a page and waits."""
AT_ONCE = 16
"""Below the 20 queries that Prometheus works on side by side unless told otherwise."""


class PrometheusSeriesStore:
    """Satisfies `SeriesStore`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S, pool=None),
            limits=httpx.Limits(max_connections=AT_ONCE),
            trust_env=False,
        )

    async def at(self, query: str, at: float) -> Sequence[Sample]:
        found = await self._ask("POST", "query", query=query, time=at)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        return [Sample(one["metric"], float(one["value"][1])) for one in found["result"]]

    async def over(self, query: str, grid: Grid) -> Sequence[Curve]:
        start, end, step = grid
        found = await self._ask("POST", "query_range", query=query, start=start, end=end, step=step)
        return [Curve(one["metric"], _on(grid, one["values"])) for one in found["result"]]

    async def values(self, label: str, selector: str, start: float, end: float) -> Sequence[str]:
        asked: dict[str, str | float] = {"match[]": selector, "start": start, "end": end}
        found: list[str] = await self._ask("GET", f"label/{label}/values", **asked)
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, **asked: str | float) -> Any:
        body: dict[str, Any] = {"params": asked} if method == "GET" else {"data": _text(asked)}
        try:
            answer = await self._client.request(method, f"/api/v1/{path}", **body)
            content = answer.json()
            if content["status"] == "success":
                return content["data"]
            problem = str(content["error"])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = str(error) or type(error).__name__
            raise MonitoringUnavailableError(
                f"no Prometheus answers at {self.url}: {what}"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise MonitoringUnavailableError(
                f"what answers at {self.url} is no Prometheus"
            ) from None
        raise QuestionRefusedError(problem)


def _text(asked: Mapping[str, str | float]) -> dict[str, str]:
    return {name: str(value) for name, value in asked.items()}


def _on(grid: Grid, points: Sequence[tuple[float, str]]) -> list[float | None]:
    """Return the values at each time of a grid; Prometheus leaves out where there are none."""
    values: list[float | None] = [None] * grid.points
    for at, text in points:
        value = float(text)
        if math.isfinite(value):
            values[round((at - grid.start) / grid.step)] = value
    return values
