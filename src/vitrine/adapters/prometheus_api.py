"""What an operator asks of a Prometheus: its state, its configuration, a snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from prometheus_client.parser import text_string_to_metric_families

from vitrine.adapters.http_api import ApiError, HttpApi

HERE = ("127.0.0.1", "localhost", "::1")


class PrometheusApi(HttpApi):
    """The API of one Prometheus; what it does not answer raises `ApiError`."""

    def data(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, method: str = "GET"
    ) -> Any:
        """Return the data of an answer of `/api/v1`."""
        answer = self.json(f"/api/v1/{path}", parameters, method=method)
        if not isinstance(answer, dict) or "data" not in answer:
            raise ApiError(f"{self.url} is no Prometheus")
        return answer["data"]

    def version(self) -> str:
        return str(self.data("status/buildinfo")["version"])

    def flags(self) -> dict[str, str]:
        """Return the options that it was started with."""
        found: dict[str, str] = self.data("status/flags")
        return found

    def configuration(self) -> dict[str, Any]:
        """Return the configuration that it runs with, in which secrets are masked."""
        found = yaml.safe_load(self.data("status/config")["yaml"])
        return found if isinstance(found, dict) else {}

    def directory(self) -> Path:
        """Return where it keeps its data, on the machine or in the container where it runs."""
        started_in = Path(str(self.data("status/runtimeinfo")["CWD"]))
        return started_in / self.flags()["storage.tsdb.path"]

    def free_bytes(self) -> int | None:
        """Return what is free where it keeps its data, `None` where that is not on this machine."""
        if urlsplit(self.url).hostname not in HERE:
            return None
        directory = self.directory()
        return shutil.disk_usage(directory).free if directory.is_dir() else None

    def snapshot(self) -> str:
        """Have it write all that it has into `snapshots/NAME` of its directory; return NAME."""
        return str(self.data("admin/tsdb/snapshot", method="POST")["name"])

    def query(self, expression: str, at_s: float | None = None) -> list[dict[str, Any]]:
        """Return the series of a query's answer, now or at a time."""
        asked: dict[str, Any] = {"query": expression}
        if at_s is not None:
            asked["time"] = f"{at_s:.3f}"
        found: list[dict[str, Any]] = self.data("query", asked)["result"]
        return found

    def own_metrics(self) -> dict[str, list[tuple[Mapping[str, str], float]]]:
        """Return what it says of itself: by name of the sample, each series with its value."""
        found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        for family in text_string_to_metric_families(self.text("/metrics")):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found
