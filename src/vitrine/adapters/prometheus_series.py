"""`SeriesStore` and `AlertRules` on a Prometheus, over its HTTP API."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vitrine.adapters.monitoring_http import MonitoringHttp
from vitrine.usecases.monitoring_ports import (
    ActiveAlert,
    Curve,
    Grid,
    QuestionRefusedError,
    Sample,
)


class _Api:
    """The part of the API that both share."""

    def __init__(self, url: str) -> None:
        self._http = MonitoringHttp(url, "Prometheus")

    async def get(self, path: str, **asked: str | float) -> Any:
        return await self._data("GET", path, params=asked)

    async def post(self, path: str, **asked: str | float) -> Any:
        """Ask with a form: a query may be longer than an address."""
        return await self._data("POST", path, data={n: str(v) for n, v in asked.items()})

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _data(self, method: str, path: str, **content: Any) -> Any:
        answer = await self._http.ask(method, f"/api/v1/{path}", **content)
        try:
            found = answer.json()
            if found["status"] == "success":
                return found["data"]
            problem = str(found["error"])
        except (ValueError, KeyError, TypeError):
            raise self._http.stranger() from None
        raise QuestionRefusedError(problem)


class PrometheusSeriesStore(_Api):
    """Satisfies `SeriesStore`."""

    async def at(self, query: str, at: float) -> Sequence[Sample]:
        found = await self.post("query", query=query, time=at)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        return [Sample(one["metric"], float(one["value"][1])) for one in found["result"]]

    async def over(self, query: str, grid: Grid) -> Sequence[Curve]:
        found = await self.post("query_range", query=query, **grid._asdict())
        return [Curve(one["metric"], _on(grid, one["values"])) for one in found["result"]]

    async def values(self, label: str, selector: str, start: float, end: float) -> Sequence[str]:
        asked: dict[str, str | float] = {"match[]": selector, "start": start, "end": end}
        found: list[str] = await self.get(f"label/{label}/values", **asked)
        return found


class PrometheusAlertRules(_Api):
    """Satisfies `AlertRules`."""

    async def known(self) -> frozenset[str]:
        groups = (await self.get("rules", type="alert"))["groups"]
        return frozenset(rule["name"] for group in groups for rule in group["rules"])

    async def active(self) -> Sequence[ActiveAlert]:
        found = (await self.get("alerts"))["alerts"]
        return sorted(map(_active, found), key=lambda alert: alert.since_ms)


def _active(found: dict[str, Any]) -> ActiveAlert:
    labels, said = found["labels"], found["annotations"]
    return ActiveAlert(
        labels["alertname"],
        found["state"],
        int(datetime.fromisoformat(found["activeAt"]).timestamp() * 1_000),
        float(found["value"]),
        labels,
        said.get("summary", ""),
        said.get("description", ""),
    )


def _on(grid: Grid, points: Sequence[tuple[float, str]]) -> list[float | None]:
    """Return the values at each time of a grid; Prometheus leaves out where there are none."""
    values: list[float | None] = [None] * grid.points
    for at, text in points:
        value = float(text)
        if math.isfinite(value):
            values[round((at - grid.start) / grid.step)] = value
    return values
