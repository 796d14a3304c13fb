"""PromQL from metric objects: what Prometheus would accept and answer wrongly is refused here.

    p95 = histogram_quantile(0.95, sum_by(rate(bucket(API_DURATION), "5m"), "le"))
    errors = increase(select(LLM_REQUESTS, status="error"), "10m")
    share = ratio(sum_of(rate(select(CACHE_HITS), "5m")), sum_of(rate(select(CACHE_MISSES), "5m")))

Each function raises `PromQLError` for a label that the metric does not have, a counter without
`rate`, a gauge with it, a quantile without `le`, or two sides whose labels differ.
"""

from vitrine.catalogue.promql.expression import Expression, PromQLError, Recorded, Style
from vitrine.catalogue.promql.functions import (
    absent,
    average_over_time,
    both,
    bucket,
    by,
    changes,
    count_by,
    count_over_time,
    counter_difference,
    delta,
    deriv,
    either,
    histogram_quantile,
    increase,
    larger,
    lifetime,
    max_by,
    max_over_time,
    min_by,
    minutes_with,
    now,
    one_minus,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
    total_of,
    total_over_time,
    unless,
    vector,
)

__all__ = [
    "Expression",
    "PromQLError",
    "Recorded",
    "Style",
    "absent",
    "average_over_time",
    "both",
    "bucket",
    "by",
    "changes",
    "count_by",
    "count_over_time",
    "counter_difference",
    "delta",
    "deriv",
    "either",
    "histogram_quantile",
    "increase",
    "larger",
    "lifetime",
    "max_by",
    "max_over_time",
    "min_by",
    "minutes_with",
    "now",
    "one_minus",
    "rate",
    "ratio",
    "select",
    "sum_by",
    "sum_of",
    "total_of",
    "total_over_time",
    "unless",
    "vector",
]
