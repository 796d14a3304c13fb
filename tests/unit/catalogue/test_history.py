"""Scraped series and their records are asked for in one query."""

from __future__ import annotations

import pytest

from vitrine.catalogue.history import RANGE, lasting
from vitrine.catalogue.llm import LLM_REQUESTS
from vitrine.catalogue.metrics import DB_SIZE
from vitrine.catalogue.promql import PromQLError, increase, rate, ratio, select, sum_by

_all = sum_by(increase(select(LLM_REQUESTS), RANGE), "provider")
SCRAPED = "sum by (provider) (increase(llm_requests_total[$__range]))"
RECORDED = "sum by (provider) (increase(instance:llm_requests_total:sum_by_provider[$__range]))"
LARGER = f"(({SCRAPED} > {RECORDED}) or {RECORDED}) or {SCRAPED}"


def test_a_count_over_the_range_is_the_larger_of_what_was_scraped_and_recorded() -> None:
    assert str(lasting(_all)) == LARGER


def test_each_side_of_a_share_over_the_range_is_the_larger_one_before_they_are_divided() -> None:
    assert str(lasting(ratio(_all, _all))) == f"({LARGER}) / (({LARGER}) > 0)"


def test_a_rate_is_that_of_scraped_series_and_of_records_where_they_are_gone() -> None:
    lately = sum_by(rate(select(LLM_REQUESTS), "5m"), "provider")
    assert str(lasting(lately)) == (
        "sum by (provider) (rate(llm_requests_total[5m]))"
        " or sum by (provider) (rate(instance:llm_requests_total:sum_by_provider[$step]))"
    )


def test_what_is_no_sum_of_a_counter_is_refused() -> None:
    with pytest.raises(PromQLError, match="only sums of rates"):
        lasting(sum_by(select(DB_SIZE)))
