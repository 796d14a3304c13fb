from __future__ import annotations

import pytest

from tests.unit.operations.report.recorded import END, Recorded, one, subject
from vitrine.catalogue.alerts.guide import HIGH_LATENCY, LOW_HIT_RATE
from vitrine.domain.period import Period
from vitrine.operations.report.alerts import alerts
from vitrine.operations.report.episodes import Episode, Firings, episodes
from vitrine.operations.report.period import DAY_S
from vitrine.operations.report.tuning import proposal

WEEK_S = 7 * DAY_S
NOON = 20_000 * DAY_S + DAY_S // 2


def fired(*lengths: float, pause: float, start: float = NOON) -> Firings:
    """Return episodes of these lengths with a pause between each two."""
    found, at = [], start
    for length in lengths:
        found.append(Episode(at, at + length))
        at += length + pause
    return Firings("HighLatency", found)


def test_minutes_in_a_row_are_one_episode_and_a_missing_one_ends_it() -> None:
    assert episodes([60, 120, 240]) == [Episode(0, 120), Episode(180, 240)]
    assert episodes([]) == []


def test_episodes_add_up_to_a_total_a_longest_and_a_worst_day() -> None:
    found = fired(60, 300, 60, pause=600)
    assert (found.total_s, found.longest_s, found.most_a_day) == (420, 300, 3)
    assert found.usual_gap_s == 600


def test_the_worst_day_may_begin_at_any_hour() -> None:
    found = fired(*[60] * 6, pause=3_000, start=20_000 * DAY_S - 7_200)
    assert found.most_a_day == 6
    assert fired(60, 60, 60, pause=DAY_S).most_a_day == 1


def test_an_episode_over_midnight_counts_on_both_days() -> None:
    found = Firings("HighLatency", [Episode(DAY_S - 600, DAY_S + 300)])
    assert found.seconds_by_day() == {0: 600, DAY_S: 300}


def test_an_alert_that_comes_back_soon_should_keep_firing() -> None:
    found = proposal(LOW_HIT_RATE, fired(*[180] * 6, pause=360), WEEK_S)
    assert found is not None
    assert found.what == "it flaps: 6 times in 24 hours"
    assert "`keep_firing_for: 10m` (it has none) would have made 1 of its 6 episodes" in found.do


def test_an_alert_that_is_short_and_comes_back_late_should_wait_longer() -> None:
    found = proposal(HIGH_LATENCY, fired(120, 120, 120, 120, 3_000, pause=1_800), WEEK_S)
    assert found is not None
    assert "`for: 10m` instead of 5m would have fired 1 instead of 5 times" in found.do


def test_an_alert_that_is_long_and_often_has_a_cause_to_mend() -> None:
    found = proposal(HIGH_LATENCY, fired(*[5_000] * 5, pause=2_000), WEEK_S)
    assert found is not None
    assert "mend the cause" in found.do


def test_an_alert_that_nearly_always_fires_has_its_bound_questioned() -> None:
    found = proposal(HIGH_LATENCY, fired(2 * DAY_S, pause=1), WEEK_S)
    assert found is not None
    assert found.what == "it fired 29% of the time"
    assert "> 0.5" in found.do


def test_an_alert_that_fired_once_did_what_it_is_for() -> None:
    assert proposal(HIGH_LATENCY, fired(1_800, pause=1), WEEK_S) is None


def rules(*names: str) -> dict[str, object]:
    group = {"file": "/a.yml", "name": "ours", "rules": [{"name": name} for name in names]}
    return {"rules": {"groups": [group]}}


def test_alerts_that_never_fired_are_named_with_since_when_they_could_have() -> None:
    loaded = rules("HighLatency", "LowCacheHitRate")
    since = {"min_over_time(timestamp(": one(END - 5 * DAY_S, rule_group="/a.yml;ours")}
    found = alerts(subject(Recorded(since, data=loaded), Period.MONTHLY))
    silent = found.tables[-1]
    assert [tuple(row) for row in silent.rows] == [
        ("HighLatency", END - 5 * DAY_S),
        ("LowCacheHitRate", END - 5 * DAY_S),
    ]
    assert any("alerts are not loaded" in point.text for point in found.points)


def test_what_fired_is_told_with_its_runbook_and_on_how_many_days_that_rests() -> None:
    minutes = [(END - 7_200 + 60.0 * n, 1.0) for n in range(10)]
    watched = {"count_over_time(": one(2.0 * 1_440)}
    found = alerts(subject(Recorded(watched, curves={"ALERTS": minutes}, data=rules())))
    assert found.figures[0].now == 1
    assert found.figures[0].note == "covers 2.0 of 7 days"
    assert found.tables[0].rows[0][:4] == ["ALERTS", 1.0, pytest.approx(600), pytest.approx(600)]
    assert found.plots[0].bars
