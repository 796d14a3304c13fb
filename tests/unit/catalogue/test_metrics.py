from __future__ import annotations

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from vitrine.adapters.site_file import site_schema
from vitrine.catalogue.labels import CRAWLER_CATEGORIES
from vitrine.catalogue.metric import MOST_EDGES, OTHER, Kind, Label, Metric
from vitrine.catalogue.metrics import CATALOGUE
from vitrine.domain.event import STANDARD_PARAMETERS

GUIDE = {
    "api_requests_total": ("method", "endpoint", "status"),
    "api_request_duration_seconds": ("method", "endpoint"),
    "db_queries_total": ("operation", "table"),
    "db_query_duration_seconds": ("operation", "table"),
    "active_db_connections": (),
    "cache_hits_total": ("key_pattern",),
    "cache_misses_total": ("key_pattern",),
    "llm_requests_total": ("provider", "status"),
    "llm_request_duration_seconds": ("provider",),
}
MUST_BE_EDGES = {
    "api_request_duration_seconds": (0.1, 0.2, 0.5, 1.0, 5.0, 10.0),
    "db_query_duration_seconds": (0.1, 0.2, 0.5, 1.0, 5.0, 10.0),
    "llm_request_duration_seconds": (0.1, 0.2, 0.5, 1.0, 5.0, 10.0),
}


def test_the_guides_nine_stand_under_their_exact_names_and_labels() -> None:
    found = {metric.name: metric.label_names for metric in CATALOGUE if metric.name in GUIDE}
    assert found == GUIDE


@pytest.mark.parametrize("name", MUST_BE_EDGES)
def test_every_target_of_the_guide_is_a_bucket_edge(name: str) -> None:
    (metric,) = (metric for metric in CATALOGUE if metric.name == name)
    assert set(MUST_BE_EDGES[name]) <= set(metric.buckets)
    assert len(metric.buckets) <= MOST_EDGES


def test_names_are_unique_and_no_label_can_name_a_visitor() -> None:
    names = [metric.name for metric in CATALOGUE]
    assert len(names) == len(set(names))
    labels = {label.name for metric in CATALOGUE for label in metric.labels}
    assert not labels & {"user_id", "visitor", "path", "agent", "address"}


def test_all_bounds_together_stay_under_three_thousand_series() -> None:
    assert sum(metric.samples for metric in CATALOGUE) < 3_000
    assert all(metric.bound < 500 for metric in CATALOGUE)


def test_whatever_a_site_file_may_declare_fits_the_bounds() -> None:
    declared = site_schema()["properties"]
    bounds = {label.name: label.bound for metric in CATALOGUE for label in metric.labels}
    events = declared["events"]["maxProperties"] + len(STANDARD_PARAMETERS) + 1
    assert events <= bounds["event"]
    assert declared["segments"]["maxItems"] + 1 <= bounds["segment"]


def test_the_categories_of_bots_are_those_of_the_kept_list() -> None:
    listed = {next(iter(entry.get("tags", ())), "other") for entry in CRAWLER_USER_AGENTS_DATA}
    assert listed | {OTHER} == set(CRAWLER_CATEGORIES)


@pytest.mark.parametrize(
    ("name", "kind", "help_text", "buckets", "said"),
    [
        ("api_requests", Kind.COUNTER, "Requests.", (), "_total"),
        ("api_now_total", Kind.GAUGE, "Now.", (), "_total"),
        ("api_seconds", Kind.HISTOGRAM, "Time.", (), "buckets"),
        ("api_seconds", Kind.HISTOGRAM, "Time.", (2.0, 1.0), "ascending"),
        ("api_seconds", Kind.HISTOGRAM, "Time.", tuple(map(float, range(15))), "14"),
        ("api_requests_total", Kind.COUNTER, "Requests", (), "sentence"),
    ],
)
def test_a_metric_that_breaks_a_convention_is_refused(
    name: str, kind: Kind, help_text: str, buckets: tuple[float, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Metric(name, kind, "seconds", help_text, (), buckets)


def test_a_label_has_either_its_values_or_a_bound() -> None:
    for values, bound in (((), 0), (("a",), 3)):
        with pytest.raises(ValueError, match="not both"):
            Label("kind", values, bound)
