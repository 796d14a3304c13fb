"""What every test may rely on: a clean environment, and the time that each share took."""

from __future__ import annotations

import os
import time
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, settings

from tests.soaking import SOAKING
from vitrine.settings import Settings

DRILLS = "test_drill"
QUERIES = (
    *("test_alertmanager", "test_composed", "test_guide", "test_long_term", "test_model_service"),
    *("test_prometheus", "test_queries", "test_rules", DRILLS),
)
FAULTS = ("test_faults", "test_fuzz_http", "test_kill")
SEVERAL = (
    *(f"tests/acceptance/{name}.py" for name in ("test_postgres", "test_redis", "test_workers")),
    *(f"tests/contract/{name}.py" for name in ("test_postgres", "test_redis")),
)
BROWSER = ("test_browser", "test_portfolio", "test_snippet", "test_visitor", "test_console")
SHARES = (
    ("browser", 120, tuple(f"tests/acceptance/{name}.py" for name in BROWSER)),
    ("queries and drills", 300, tuple(f"tests/acceptance/{name}.py" for name in QUERIES)),
    ("faults and fuzz", 120, tuple(f"tests/acceptance/{name}.py" for name in FAULTS)),
    ("PostgreSQL, Redis, workers", 120, SEVERAL),
    ("core and real log", 240, ("tests/",)),
)
"""Name, seconds that it may take on two cores, and where its tests are; the first one counts.

`make test` has three runs side by side (`tests/side-by-side`), of which each tells its own.
"""
SHORT_S = 60.0
"""A run of single tests has no shares to keep to."""
LONGEST = "test_up"
"""It waits for minutes, which nobody should have to wait for at the end."""
NICENESS = 10

# On two cores that several runs share, its threads wait for each other, and burn time doing so.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How long an example takes is for `make bench` to say, not for a test on a busy machine.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", UNTIMED)
settings.register_profile("soak", UNTIMED, max_examples=1_000)
settings.load_profile("soak" if SOAKING else "steady")

_began = time.monotonic()
_took: dict[str, float] = defaultdict(float)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those come first that no busy machine disturbs, beside the drills; a long wait next."""
    if not SOAKING:
        items[:] = [item for item in items if item.get_closest_marker("soak") is None]
    items.sort(key=lambda item: ("acceptance" in item.path.parts, item.path.stem != LONGEST))


@pytest.fixture(scope="module", autouse=True)
def _after_the_drills(request: pytest.FixtureRequest) -> None:
    """Drills are about time, so they keep the processor's attention: all other tests are nice."""
    if request.path.stem != DRILLS:
        os.nice(NICENESS - os.nice(0))


@pytest.fixture(autouse=True)
def _without_the_developers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        if str(field.alias) in os.environ:
            monkeypatch.delenv(str(field.alias))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, _, places in SHARES:
        if report.nodeid.startswith(places):
            _took[name] += report.duration
            return


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Divide the time of the run, in which tests ran side by side, by what each share took."""
    lasted_s = time.monotonic() - _began
    if lasted_s < SHORT_S:
        return
    whole = lasted_s / (sum(_took.values()) or 1.0)
    for name, allowed, _ in SHARES:
        if name in _took:
            terminalreporter.write_line(f"{name}: {_took[name] * whole:.0f} s of {allowed} s")
