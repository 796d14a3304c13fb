"""`vitrine drill` as its users run it: every alert fires, arrives, resolves, and nothing else."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.acceptance.beside import Beside
from tests.acceptance.live import VITRINE, environment, vitrine
from vitrine.catalogue.drill import Drill
from vitrine.catalogue.drills import DRILLS

MOST_S = 540


def records_of(said: str) -> dict[str, Any]:
    """Return the records of drills by name."""
    return {record["drill"]: record for record in json.loads(said)}


def hold_alone(names: list[str]) -> dict[str, Any]:
    """Hold some drills one after the other, with nobody else on the machine."""
    done = subprocess.run(
        [*VITRINE, "drill", "--json", "--at-once", "1", *names],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=MOST_S,
        check=False,
    )
    assert done.stdout, done.stderr
    records = records_of(done.stdout)
    assert (done.returncode == 1) == any(record["problems"] for record in records.values())
    return records


@pytest.fixture(scope="module")
def held(beside: Beside) -> dict[str, Any]:
    """Give all drills, held beside the other tests; what fails is held once more, alone.

    Four stacks share the cores of a test machine with whoever else uses it; a rule, a route or
    a message that is wrong fails both times.
    """
    records = records_of(beside.drills())
    failed = [name for name, record in records.items() if record["problems"]]
    return records | hold_alone(failed) if failed else records


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


def test_nothing_but_the_watchdog_fires_while_nothing_is_wrong(beside: Beside) -> None:
    """A restart and a stretch without visitors included; for ten true minutes in `make soak`."""
    record = json.loads(beside.healthy())
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
    assert out == "service-killed: the service is killed; raises TargetDown\n"
