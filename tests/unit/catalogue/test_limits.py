"""Every limit stands in one place, and settings, signals, metric and page follow from it."""

from __future__ import annotations

import pytest

from vitrine.catalogue.limits import LIMITS, NETWORK_LOGINS, Limit
from vitrine.catalogue.metrics import API_LIMITED, CATALOGUE
from vitrine.domain.limit import Bounds, LimitName
from vitrine.monitoring.reference import limits_page
from vitrine.settings import Settings, SettingsError

METRICS = {metric.name: metric for metric in CATALOGUE}
each = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)


def test_every_limit_is_declared_once() -> None:
    assert [limit.name for limit in LIMITS] == list(LimitName)


@each
def test_a_limit_has_a_setting_with_its_default_and_meaning(
    limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Settings.model_fields[limit.field]
    assert (field.alias, field.description) == (limit.setting, limit.meaning)
    assert Settings.load().bounds(limit).per_minute == limit.per_minute
    monkeypatch.setenv(limit.setting, "7")
    assert Settings.load().bounds(limit) == Bounds(7, limit.at_once or 7)
    monkeypatch.setenv(limit.setting, "0")
    with pytest.raises(SettingsError, match=limit.setting):
        Settings.load()


def test_what_is_at_once_is_a_minutes_worth_unless_the_limit_says_otherwise() -> None:
    assert NETWORK_LOGINS.bounds(6) == Bounds(6, 10)
    assert NETWORK_LOGINS.bounds(6).refill_s == 10


@each
def test_what_is_beyond_a_limit_is_counted(limit: Limit) -> None:
    metric = METRICS[limit.metric]
    (label,) = metric.labels
    assert (limit.counted_as or limit.name.value) in label.values


def test_the_metric_has_no_series_that_no_limit_moves() -> None:
    (label,) = API_LIMITED.labels
    assert set(label.values) == {limit.name for limit in LIMITS if limit.metric == API_LIMITED.name}


@each
def test_the_page_names_a_limit_with_its_setting_default_and_metric(limit: Limit) -> None:
    (row,) = [line for line in limits_page(LIMITS).splitlines() if f"| `{limit.setting}` |" in line]
    assert f"| {limit.per_minute:,} |" in row
    assert limit.metric in row
