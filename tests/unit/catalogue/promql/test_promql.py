"""What PromQL would take and answer wrongly is refused; what is right reads as one expects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vitrine.api.app import METHODS
from vitrine.catalogue.groups import all_recorded
from vitrine.catalogue.llm import LLM_REQUESTS
from vitrine.catalogue.metrics import (
    API_DURATION,
    API_REQUESTS,
    CACHE_HITS,
    CACHE_MISSES,
    DB_CONNECTIONS,
    DB_POOL_SIZE,
)
from vitrine.catalogue.objectives import RATIOS, VISITORS
from vitrine.catalogue.promql import (
    Expression,
    PromQLError,
    Recorded,
    Style,
    absent,
    both,
    bucket,
    by,
    counter_difference,
    deriv,
    either,
    histogram_quantile,
    increase,
    lifetime,
    one_minus,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
    total_of,
    unless,
)
from vitrine.catalogue.promql.duration import divided, seconds_of

_hits, _misses = sum_of(rate(select(CACHE_HITS), "5m")), sum_of(rate(select(CACHE_MISSES), "5m"))
_errors = sum_by(rate(select(LLM_REQUESTS, status="error"), "5m"), "provider")
_all = sum_by(rate(select(LLM_REQUESTS), "5m"), "provider")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (select(DB_CONNECTIONS), "active_db_connections"),
        (deriv(select(DB_CONNECTIONS), "5m"), "deriv(active_db_connections[5m])"),
        (by(select(DB_CONNECTIONS), 20), "active_db_connections / 20"),
        (
            ratio(select(DB_CONNECTIONS), select(DB_POOL_SIZE)),
            "active_db_connections / (db_pool_size > 0)",
        ),
        (
            histogram_quantile(0.95, sum_by(rate(bucket(API_DURATION), "5m"), "le")),
            "histogram_quantile(0.95, sum by (le) (rate(api_request_duration_seconds_bucket[5m])))",
        ),
        (
            increase(bucket(API_DURATION, 1.0), "5m"),
            'increase(api_request_duration_seconds_bucket{le="1.0"}[5m])',
        ),
        (
            ratio(_errors, _all),
            (
                'sum by (provider) (rate(llm_requests_total{status="error"}[5m]))'
                " / (sum by (provider) (rate(llm_requests_total[5m])) > 0)"
            ),
        ),
        (
            ratio(_hits, _hits + _misses),
            (
                "sum(rate(cache_hits_total[5m])) / ((sum(rate(cache_hits_total[5m]))"
                " + sum(rate(cache_misses_total[5m]))) > 0)"
            ),
        ),
        (lifetime(sum_of(select(CACHE_HITS))), "sum(cache_hits_total)"),
        (one_minus(_hits), "1 - sum(rate(cache_hits_total[5m]))"),
        (absent(select(DB_CONNECTIONS)), "absent(active_db_connections)"),
        (
            both(_errors > 0.5, _hits > 1),
            (
                '(sum by (provider) (rate(llm_requests_total{status="error"}[5m])) > 0.5)'
                " and on () (sum(rate(cache_hits_total[5m])) > 1)"
            ),
        ),
        (
            unless(_all, _errors > 0),
            (
                "sum by (provider) (rate(llm_requests_total[5m])) unless"
                ' (sum by (provider) (rate(llm_requests_total{status="error"}[5m])) > 0)'
            ),
        ),
        (
            select(API_REQUESTS, status="!~5..", method="GET"),
            'api_requests_total{status!~"5..",method="GET"}',
        ),
    ],
)
def test_what_is_right_reads_as_one_would_write_it(expression: Expression, text: str) -> None:
    assert str(expression) == text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: select(LLM_REQUESTS, code="500"), "no label 'code'"),
        (lambda: select(LLM_REQUESTS, status="failed"), "no value of 'status'"),
        (lambda: select(LLM_REQUESTS, status="=~fail.*"), "no value of 'status'"),
        (lambda: select(API_DURATION), "by a part"),
        (lambda: select(CACHE_HITS, "bucket"), "by a part"),
        (lambda: bucket(API_DURATION, 0.3), "no bucket edge"),
        (lambda: rate(select(DB_CONNECTIONS), "5m"), "goes both ways"),
        (lambda: deriv(select(CACHE_HITS), "5m"), "only goes up"),
        (lambda: rate(sum_of(select(CACHE_HITS)), "5m"), "first, then add"),
        (lambda: rate(select(CACHE_HITS), "five minutes"), "no duration"),
        (lambda: select(CACHE_HITS) / select(CACHE_HITS), "is a counter"),
        (lambda: histogram_quantile(0.9, rate(select(CACHE_HITS), "5m")), "lost its le"),
        (lambda: histogram_quantile(0.9, bucket(API_DURATION)), "take the rate"),
        (lambda: sum_by(select(CACHE_HITS), "provider"), "no label ['provider']"),
        (lambda: _hits / _all, "different labels"),
        (lambda: ratio(sum_of(_errors), _all), "different labels"),
        (lambda: either(_hits, _all), "different labels"),
        (lambda: both(_hits, _all), "different labels"),
        (lambda: lifetime(select(DB_CONNECTIONS)), "no counter"),
        (lambda: total_of(_hits, _misses), "only counters"),
        (lambda: counter_difference(_hits, _misses), "only counters"),
        (lambda: counter_difference(select(CACHE_HITS), _hits), "different labels"),
        (lambda: Recorded("hit_rate", _hits, "x"), "level:metric:operation"),
    ],
)
def test_what_is_wrong_is_refused_before_any_prometheus_sees_it(
    made: Callable[[], object], said: str
) -> None:
    with pytest.raises(PromQLError) as caught:
        made()
    assert said in str(caught.value)


def test_a_dashboards_variables_are_added_to_every_scraped_series() -> None:
    assert rate(select(CACHE_HITS), "$__rate_interval").render(Style(grafana=True)) == (
        'rate(cache_hits_total{job=~"$job",instance=~"$instance"}[$__rate_interval])'
    )


def test_windows_are_divided_and_thresholds_never() -> None:
    expression = rate(select(CACHE_HITS), "5m") > 60
    assert expression.render(Style(factor=60)) == "rate(cache_hits_total[5s]) > 60"
    assert divided("1h", 360) == "10s"
    assert divided("1s", 8) == "125ms"
    assert seconds_of("1h30m") == 5_400
    with pytest.raises(ValueError, match="no duration"):
        seconds_of("5 minutes")


def test_a_recorded_counter_stays_one_and_a_recorded_ratio_does_not() -> None:
    counter = Recorded("instance:hits:sum", sum_by(select(CACHE_HITS), "job", "instance"), "x")
    assert str(rate(select(counter), "1h")) == "rate(instance:hits:sum[1h])"
    share = Recorded("service:hits:ratio", ratio(_hits, _hits + _misses), "x")
    with pytest.raises(PromQLError, match="goes both ways"):
        rate(select(share), "1h")


def test_records_are_unique_and_stand_on_what_is_recorded_before() -> None:
    seen: set[tuple[str, object]] = set()
    for rule in all_recorded():
        assert (rule.name, rule.labels) not in seen
        assert {(read.name, read.labels) for read in rule.expression.records()} <= seen
        seen.add((rule.name, rule.labels))


def test_no_burn_row_waits_for_a_share_that_cannot_be() -> None:
    for objective in RATIOS:
        rates = [burn.rate for burn in objective.burns()]
        assert all(rate * objective.budget < 1 for rate in rates)
        assert rates, objective.id


def test_the_visitors_endpoints_are_those_that_the_routes_mark_so() -> None:
    assert set(VISITORS.removeprefix("=~").split("|")) == set(METHODS)
