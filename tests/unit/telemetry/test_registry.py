from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.catalogue.metric import Kind, Label, Metric
from vitrine.catalogue.metrics import SCRAPE_SECONDS, SERIES_OVERFLOW
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.registry import Registry

CLOSED = Metric("api_things_total", Kind.COUNTER, "things", "Things.", (Label("kind", ("a", "b")),))
BOUNDED = Metric("api_routes_total", Kind.COUNTER, "routes", "Routes.", (Label("route", bound=3),))
TIMED = Metric(
    "api_seconds", Kind.HISTOGRAM, "seconds", "Time.", (Label("kind", ("a",)),), (0.1, 1.0)
)
NOW = Metric("api_now", Kind.GAUGE, "things", "Now.", public=True)
ALL = (CLOSED, BOUNDED, TIMED, NOW, SERIES_OVERFLOW, SCRAPE_SECONDS)


def registry(**vocabulary: tuple[str, ...]) -> Registry:
    return Registry(ALL, vocabulary, {})


def text_of(registry: Registry, accept: str = "", *, public: bool = False) -> str:
    return Exposition(registry).render(accept, "", public=public).body.decode()


def test_every_combination_of_closed_values_stands_at_zero_from_the_start() -> None:
    text = text_of(registry())
    assert 'api_things_total{kind="a"} 0.0' in text
    assert 'api_things_total{kind="b"} 0.0' in text
    assert 'api_seconds_bucket{kind="a",le="+Inf"} 0.0' in text


def test_a_value_outside_a_closed_set_counts_as_other_and_says_so() -> None:
    found = registry()
    found[CLOSED].inc("invented")
    assert found[CLOSED].cell("other").value == 1
    assert found[SERIES_OVERFLOW].cell(CLOSED.name).value == 1


def test_what_is_over_a_bound_goes_to_other_while_the_known_go_on() -> None:
    found = registry()
    for number in range(100):
        found[BOUNDED].inc(f"/{number}")
    found[BOUNDED].inc("/0")
    assert len(found[BOUNDED].cells) == BOUNDED.bound + 1
    assert found[BOUNDED].cell("/0").value == 2
    assert sum(cell.value for cell in found[BOUNDED].cells.values()) == 101
    assert found[SERIES_OVERFLOW].cell(BOUNDED.name).value == 100 - BOUNDED.bound


def test_more_given_values_than_the_bound_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="at most 3"):
        registry(route=("/1", "/2", "/3", "/4", "/5"))


@given(st.lists(st.text(max_size=5), max_size=50))
def test_whatever_visitors_invent_the_series_stay_bounded(words: list[str]) -> None:
    found = registry()
    for word in words:
        found[CLOSED].inc(word)
        found[BOUNDED].inc(word)
    assert len(found[CLOSED].cells) <= 3
    assert len(found[BOUNDED].cells) <= BOUNDED.bound + 1
    assert sum(cell.value for cell in found[BOUNDED].cells.values()) == len(words)


@pytest.mark.parametrize(
    ("value", "below"), [(0.05, (1, 1, 1)), (0.1, (1, 1, 1)), (0.5, (0, 1, 1)), (2.0, (0, 0, 1))]
)
def test_an_edge_belongs_to_its_bucket(value: float, below: tuple[int, int, int]) -> None:
    found = registry()
    found[TIMED].histogram("a").observe(value)
    text = text_of(found)
    for edge, count in zip(("0.1", "1.0", "+Inf"), below, strict=True):
        assert f'api_seconds_bucket{{kind="a",le="{edge}"}} {float(count)}' in text
    assert f'api_seconds_sum{{kind="a"}} {value}' in text


def test_a_request_is_the_exemplar_of_its_bucket_in_openmetrics_alone() -> None:
    found = registry()
    found[TIMED].histogram("a").observe_request(0.5, "ab" * 16)
    said = f'# {{trace_id="{"ab" * 16}"}} 0.5'
    assert said in text_of(found, "application/openmetrics-text; version=1.0.0")
    assert said not in text_of(found)


def test_neither_format_has_created_series() -> None:
    for accept in ("", "application/openmetrics-text; version=1.0.0"):
        assert "_created" not in text_of(registry(), accept)


def test_the_public_scrape_shows_public_metrics_alone() -> None:
    text = text_of(registry(), public=True)
    assert "api_now 0.0" in text
    assert "api_things_total" not in text


def test_gauges_that_are_read_are_fresh_in_every_scrape() -> None:
    found = registry()
    readings = iter((3.0, 7.0))
    found.before_scrape(lambda: found[NOW].set(next(readings)))
    assert "api_now 3.0" in text_of(found)
    assert "api_now 7.0" in text_of(found)


def test_nothing_is_lost_when_threads_count_at_once() -> None:
    found = registry()
    cell, histogram = found[NOW].cell(), found[TIMED].histogram("a")
    each, threads = 20_000, 8

    def count() -> None:
        for _ in range(each):
            cell.value += 1
            found[CLOSED].inc("a")
            histogram.observe(0.05)

    turns = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(count) for _ in range(threads)]:
                done.result()
    finally:
        sys.setswitchinterval(turns)
    assert cell.value == found[CLOSED].cell("a").value == each * threads
    assert sum(histogram.counts) == each * threads
    assert histogram.total == pytest.approx(0.05 * each * threads)


def test_all_that_is_present_is_told_by_metric_histograms_by_their_observations() -> None:
    found = registry()
    found[CLOSED].inc("b", by=2)
    for seconds in (0.05, 0.5, 5.0):
        found[TIMED].histogram("a").observe(seconds)
    found.before_scrape(lambda: found[NOW].set(7))
    present = found.present()
    assert present["api_things_total"] == [(("a",), 0.0), (("b",), 2.0)]
    assert present["api_seconds"] == [(("a",), 3.0)]
    assert present["api_now"] == [((), 7.0)]
