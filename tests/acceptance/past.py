"""A real Prometheus that remembers thirty days: made up, written into blocks by `promtool`."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.prometheus import INSTALL, PrometheusApi, running
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.monitoring.prometheus import prometheus_yml
from vitrine.monitoring.rules import rule_files
from vitrine.operations.prometheus import Prometheus, find_prometheus
from vitrine.operations.server import free_port

DAY_S = 86_400
DAYS = 30
STEP_S = 720
REQUESTS_A_DAY = 24_000
BLOCKS_GROW_BY = 40e6
"""Bytes a day."""
LIMIT = 1.6e9
YOUNG = 10
"""Samples of records that began when the service had long been scraped."""
FLAPS, FLAP_S, PAUSE_S = 6, 180, 360
"""Three days ago, one alert fired so often, for so long, with such pauses between."""
EDGES = {"0.05": 0.6, "0.2": 0.9, "0.5": 0.97, "1.0": 0.995, "+Inf": 1.0}
"""Shares of requests that took at most so many seconds."""
SCRAPED = 'job="vitrine",instance="127.0.0.1:8000"'


@dataclass(frozen=True, slots=True)
class Patient(Prometheus):
    """One that keeps sixty days, and joins samples that are further apart than usual ones."""

    def command(self) -> list[str]:
        command = Prometheus.command(self)
        kept = [one for one in command if "retention.time" not in one]
        return [*kept, "--storage.tsdb.retention.time=60d", "--query.lookback-delta=15m"]


@contextmanager
def remembering(home: Path, end: float) -> Iterator[PrometheusApi]:
    """Run a Prometheus with our rules and thirty days before `end`."""
    binary = find_prometheus()
    assert binary is not None, INSTALL
    program = Patient(binary, home, free_port(), "")
    home.mkdir(parents=True)
    rules = rule_files()
    for name, text in rules.items():
        (home / name).write_text(text)
    (home / "prometheus.yml").write_text(prometheus_yml([], rule_files=list(rules)))
    (home / "past.txt").write_text("\n".join(exposition(end, home)) + "\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1000h",
         "past.txt", "data"],
        cwd=home, check=True, capture_output=True,
    )  # fmt: skip
    with running(program, home / "log") as api:
        yield api


def exposition(end: float, home: Path) -> Iterator[str]:
    """Yield what happened, in OpenMetrics with times."""
    start = end - DAYS * DAY_S
    times = [start + n * STEP_S for n in range(DAYS * DAY_S // STEP_S + 1)]
    requests = list(_requests(times))
    days = [(at - start) / DAY_S for at in times]
    failed = [count * 0.002 for count in requests]
    for name, values in (("total", requests), ("bad", failed)):
        yield from _series(f"instance:objective_api_success_{name}:sum{{{SCRAPED}}}", times, values)
    for le, share in EDGES.items():
        bucket = f'instance:api_visitors_duration_seconds_bucket:sum_by_le{{{SCRAPED},le="{le}"}}'
        yield from _series(bucket, times, [share * count for count in requests])
    left = 'objective:budget_left:ratio30d{objective="api_success"}'
    yield from _series(left, times, [0.8] * len(times))
    covered = 'objective:budget_covered:ratio30d{objective="api_success"}'
    yield from _series(covered, times, [1.0] * len(times))
    heartbeat = 'alert:firing:max{alertname="Watchdog",severity="heartbeat"}'
    yield from _series(heartbeat, times, [1.0] * len(times))
    yield from _alerts(end)
    yield from _prometheus(times, days, home)
    yield from _service(times, days)
    yield "# EOF"


def _requests(times: list[float]) -> Iterator[float]:
    """Yield a counter that grows by day more than by night."""
    count = 0.0
    for at in times:
        count += REQUESTS_A_DAY * STEP_S / DAY_S * (1 + 0.7 * math.sin(2 * math.pi * at / DAY_S))
        yield count


def _alerts(end: float) -> Iterator[str]:
    flapping = [
        end - 3 * DAY_S - DAY_S // 4 + n * (FLAP_S + PAUSE_S) + second
        for n in range(FLAPS)
        for second in range(60, FLAP_S + 1, 60)
    ]
    once = [end - DAY_S // 2 + minute * 60 for minute in range(1, 31)]
    for name, severity, times in (
        ("LowCacheHitRate", "warning", flapping),
        ("DatabaseSlowQueries", "critical", once),
    ):
        labels = f'alertname="{name}",alertstate="firing",severity="{severity}"'
        yield from _series(f"ALERTS{{{labels}}}", times, [1.0] * len(times))


def _prometheus(times: list[float], days: list[float], home: Path) -> Iterator[str]:
    itself = 'job="prometheus",instance="127.0.0.1:9090"'
    constant = {"retention_limit_bytes": LIMIT, "lowest_timestamp_seconds": times[0]}
    for name, value in constant.items():
        yield from _series(f"prometheus_tsdb_{name}{{{itself}}}", times, [value] * len(times))
    # Blocks are written every two hours: a staircase.
    blocks = [1e8 + BLOCKS_GROW_BY * math.floor(day * 12) / 12 for day in days]
    yield from _series(f"prometheus_tsdb_storage_blocks_bytes{{{itself}}}", times, blocks)
    yield from _series(f"prometheus_tsdb_head_series{{{itself}}}", times, [1200.0] * len(times))
    group = f'{itself},rule_group="{home / "alerts.yml"};portfolio_alerts"'
    took = f"prometheus_rule_group_last_duration_seconds{{{group}}}"
    yield from _series(took, times, [0.002] * len(times))


def _service(times: list[float], days: list[float]) -> Iterator[str]:
    yield from _series(f"up{{{SCRAPED}}}", times, [1.0] * len(times))
    yield from _series(f"scrape_duration_seconds{{{SCRAPED}}}", times, [0.012] * len(times))
    size = [5e6 + 1e6 * day for day in days]
    yield from _series(f"db_size_bytes{{{SCRAPED}}}", times, size)
    started = [times[0] if day < 26 else times[0] + 26 * DAY_S for day in days]
    name = f"instance:vitrine_start_time_seconds:max{{{SCRAPED}}}"
    yield from _series(name, times, started)
    unused = DASHBOARDS[-1].uid
    for board in DASHBOARDS:
        seen = [0.0 if board.uid == unused else math.floor(day * 2) for day in days]
        view = f'console_dashboard_views_total{{{SCRAPED},dashboard="{board.uid}"}}'
        yield from _series(view, times, seen)
    for provenance, cost in (("computed", 0.05),):
        labels = f'{SCRAPED},provider="gemini",provenance="{provenance}"'
        yield from _series(f"llm_cost_usd_total{{{labels}}}", times, [cost * day for day in days])
    for status, count in (("success", 90.0), ("error", 10.0)):
        labels = f'{SCRAPED},provider="gemini",status="{status}"'
        counts = [count * one for one in days]
        yield from _series(f"llm_requests_total{{{labels}}}", times, counts)
        # Its records are younger: what came before the first of them must still count.
        record = f"instance:llm_requests_total:sum_by_provider_status{{{labels}}}"
        yield from _series(record, times[-YOUNG:], counts[-YOUNG:])


def _series(name: str, times: list[float], values: list[float]) -> Iterator[str]:
    return (f"{name} {value:.6f} {at:.0f}" for at, value in zip(times, values, strict=True))
