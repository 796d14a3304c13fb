"""What every test may rely on: a clean environment, and the time that each share took."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.shares import DRILLS, note, share_of
from tests.soaking import SOAKING
from vitrine.settings import Settings

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
    _took[share_of(report.nodeid)] += report.duration


def pytest_terminal_summary(config: pytest.Config) -> None:
    """Note what each share took, where somebody wants to know; once, not in each worker."""
    file = os.environ.get("TEST_SHARES")
    if file and not hasattr(config, "workerinput"):
        note(_took, Path(file))
