from __future__ import annotations

import pytest

from tests.unit.operations.report.recorded import END, HOURS, Recorded, one, subject
from vitrine.domain.period import Period
from vitrine.operations.report.disk import disk
from vitrine.operations.report.forecast import Store, Trend, forecast, settled, trend
from vitrine.operations.report.period import DAY_S
from vitrine.operations.report.section import Section

STAIRS = [(at, 1e8 + 2e6 * ((at - HOURS[0]) // 7_200)) for at in HOURS]
"""Blocks are written every two hours: 24 MB a day."""
GROWS = Trend(10e6, 100, 7.0)


def told(
    now: dict[str, float], curve: list[tuple[float, float]], period: Period = Period.WEEKLY
) -> Section:
    answers = {name: one(value) for name, value in now.items()}
    return disk(subject(Recorded(answers, curves={"blocks_bytes": curve}), period))


def test_the_growth_of_stairs_is_that_of_the_line_through_them() -> None:
    found = trend(STAIRS)
    assert found is not None
    assert found.per_day == pytest.approx(24e6, rel=0.01)
    assert (found.points, round(found.days, 1)) == (144, 6.0)


def test_less_than_two_days_or_twelve_points_say_nothing_of_growth() -> None:
    assert trend([]) is None
    assert trend(STAIRS[:40]) is None
    assert trend(STAIRS[::20]) is None


def test_a_store_meets_its_retention_before_its_limit_when_it_has_room() -> None:
    store = Store(1e8, 4 * DAY_S, 14 * DAY_S, 10e9, None)
    found = forecast(store, GROWS, END)
    assert found is not None
    assert (found.what, found.at, found.fits) == ("its retention", END + 10 * DAY_S, True)
    assert found.size == pytest.approx(2e8)


def test_a_store_without_room_meets_its_limit_first_or_the_end_of_the_disk() -> None:
    limited = forecast(Store(1e8, 4 * DAY_S, 14 * DAY_S, 1.5e8, None), GROWS, END)
    assert limited is not None
    assert (limited.what, limited.at, limited.fits) == ("its own limit", END + 5 * DAY_S, False)
    full = forecast(Store(1e8, 4 * DAY_S, 14 * DAY_S, 1.5e8, 2e7), GROWS, END)
    assert full is not None
    assert (full.what, full.at) == ("the end of the disk", END + 2 * DAY_S)


def test_a_store_that_shrinks_or_holds_all_that_it_keeps_meets_nothing() -> None:
    held = Store(1e8, 14 * DAY_S, 14 * DAY_S, 10e9, None)
    assert settled(held)
    assert forecast(held, Trend(-1e6, 100, 7.0), END) is None


def test_a_tier_that_will_be_full_soon_is_out_of_order() -> None:
    found = told({"limit_bytes": 3e8, "blocks_bytes": 2.5e8, "lowest": END - 6 * DAY_S}, STAIRS)
    assert "reaches its own limit in 2 days" in found.out_of_order[0].text
    assert "144 points of 6.0 days" in str(found.tables[0].rows[0][-1])


def test_too_little_data_is_said_and_not_extended() -> None:
    found = told({"limit_bytes": 3e8, "blocks_bytes": 2.5e8}, STAIRS[:10])
    assert found.tables[0].rows[0][2] == "not known"
    assert found.tables[0].rows[0][-1] == "not known yet (9 hours of records)"
    assert found.quiet == "prometheus: not known yet (9 hours of records)"
    assert found.out_of_order == []


@pytest.mark.parametrize("period", Period)
def test_the_forecast_of_each_period_rests_on_the_same_days(period: Period) -> None:
    now = {"limit_bytes": 3e8, "blocks_bytes": 2.5e8, "lowest": END - 6 * DAY_S}
    found = told(now, STAIRS, period)
    assert "reaches its own limit in 2 days" in found.out_of_order[0].text
    assert "144 points of 6.0 days" in str(found.tables[0].rows[0][-1])


def test_blocks_and_the_log_are_counted_together_in_the_figure_as_in_the_table() -> None:
    sums = {'blocks_bytes{job="prometheus"} + prometheus_tsdb_wal': 356e3, "blocks_bytes": 0.0}
    found = told(sums, STAIRS[:3])
    assert (found.figures[0].now, found.figures[0].note) == (356e3, "no block yet")
    assert found.tables[0].rows[0][1] == 356e3


def test_a_tier_that_was_scraped_and_is_no_more_is_not_known() -> None:
    found = told({}, STAIRS)
    assert found.figures[0].now is None
    assert [point.text for point in found.out_of_order] == [
        "prometheus: not known; nobody scrapes it"
    ]
    assert found.tables == []


def test_a_store_that_has_nothing_yet_says_so_and_not_0() -> None:
    found = told({"blocks_bytes": 0.0}, STAIRS[:3])
    figure = found.figures[0]
    assert (figure.now, figure.missing, figure.note) == (None, "no block yet", "")
    assert found.tables[0].rows[0][1] == "no block yet"


def test_a_prometheus_that_does_not_scrape_itself_is_not_known() -> None:
    found = disk(subject(Recorded({})))
    assert found.figures[0].now is None
    assert [point.text for point in found.out_of_order] == [
        "prometheus: not known; nobody scrapes it"
    ]
