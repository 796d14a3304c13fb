"""`vitrine drill` as its users run it: every alert fires, arrives, resolves, and nothing else."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.acceptance.live import VITRINE, environment, vitrine
from tests.soaking import SOAKING
from vitrine.catalogue.drill import Drill
from vitrine.catalogue.drills import DRILLS
from vitrine.operations.drill.stages import TOO_SLOW

WITHIN_S = 2_400
MOST_ROUNDS = 3
LONG = ("--for", "600") if SOAKING else ()


def records_of(*words: str) -> Any:
    """Hold drills and return their records; they fail where there is a problem, and only there."""
    done = subprocess.run(
        [*VITRINE, "drill", "--json", *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=WITHIN_S,
        check=False,
    )
    assert done.stdout, done.stderr
    records = json.loads(done.stdout)
    problems = [one["problems"] for one in (records if isinstance(records, list) else [records])]
    assert (done.returncode == 1) == any(problems)
    return records


@pytest.fixture(scope="module")
def held() -> dict[str, Any]:
    """Give all drills; what fails is held once more, alone, and again while it is too slow.

    Four stacks share the cores of a test machine with the other tests; a rule, a route or a
    message that is wrong fails each time.
    """
    records = {one["drill"]: one for one in records_of()}
    failed = [name for name, record in records.items() if record["problems"]]
    for _ in range(MOST_ROUNDS):
        if failed:
            again = {one["drill"]: one for one in records_of("--at-once", "1", *failed)}
            records |= again
            failed = [name for name, record in again.items() if TOO_SLOW in str(record["problems"])]
    return records


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_a_fault_raises_its_alerts_and_no_other_until_it_ends(
    held: dict[str, Any], drill: Drill
) -> None:
    record = held[drill.name]
    assert record["problems"] == [], json.dumps(record, indent=2)
    assert {course["alert"] for course in record["alerts"]} == set(drill.raises)
    for course in record["alerts"]:
        assert course["firing_s"] is not None
        assert course["resolved_s"] is not None


def test_each_alert_has_reached_slack_and_mail_in_some_drill(held: dict[str, Any]) -> None:
    courses = [course for record in held.values() for course in record["alerts"]]
    told = {
        course["alert"]
        for course in courses
        if all(course[stage] is not None for stage in ("slack_s", "mail_s", "slack_over_s"))
    }
    assert {course["alert"] for course in courses} - told == {"Watchdog"}


def test_nothing_but_the_watchdog_fires_while_nothing_is_wrong() -> None:
    """A restart and a stretch without visitors included; for ten true minutes in `make soak`."""
    record = records_of("--healthy", *LONG)
    if record["problems"]:  # a start that a busy machine made long is no false alarm; twice it is
        record = records_of("--healthy", *LONG)
    assert record["problems"] == []
    assert record["evaluations"] >= 40


def test_a_drill_that_is_not_there_is_one_clear_line() -> None:
    code, out, err = vitrine("drill", "HighLatencies")
    assert (code, out) == (2, "")
    assert "there is no drill of HighLatencies" in err
    assert "vitrine drill --list" in err


def test_the_drills_are_listed_with_what_they_do_and_raise() -> None:
    code, out, err = vitrine("drill", "--list", "TargetDown")
    assert (code, err) == (0, "")
    assert out == "service-killed: the service is killed; raises TargetDown, ScrapesFailing\n"
