"""What every test may rely on: a clean environment, and the time that each share took."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest
from hypothesis import settings

from vitrine.settings import Settings

QUERIES = ("test_prometheus", "test_rules", "test_model_service", "test_queries", "test_drill")
BROWSER = ("test_browser", "test_portfolio", "test_snippet", "test_visitor", "test_console")
SHARES = (
    ("browser", 120, tuple(f"tests/acceptance/{name}" for name in BROWSER)),
    ("queries and drills", 300, tuple(f"tests/acceptance/{name}.py" for name in QUERIES)),
    ("core and real log", 240, ("tests/",)),
)
"""Name, seconds that it may take on two cores, and where its tests are; the first one counts."""

# How long an example takes is for `make bench` to say, not for a test on a busy machine.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

_took: dict[str, float] = defaultdict(float)


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
    for name, allowed, _ in SHARES:
        terminalreporter.write_line(f"{name}: {_took[name]:.0f} s of {allowed} s")
