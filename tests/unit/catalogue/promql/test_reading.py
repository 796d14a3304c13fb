"""Hand-written PromQL is refused for the same reasons as what is built from objects."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.groups import all_recorded, known
from vitrine.catalogue.promql import Expression, PromQLError
from vitrine.catalogue.promql.reading import read

KNOWN = known()
ROOT = Path(__file__).parents[4]
DECLARED = [
    *(rule.expression for rule in all_recorded()),
    *(alert.expression for alert in ALERTS),
    *(look.query for alert in ALERTS for look in alert.runbook.look),
    *(
        query.expression
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
    ),
]
LIFETIME = "sum(cache_hits_total) / (sum(cache_hits_total) + sum(cache_misses_total))"
"""Shown as a second figure, and named there for what it is: blind to what has just happened."""
SUBQUERY = ":1m])"


def plain(expression: Expression) -> str:
    """Return a declared query as a person types it, its variables filled in."""
    text = str(expression)
    for variable in ("$__rate_interval", "$__range", "$step"):
        text = text.replace(variable, "5m")
    return text


def same(text: str) -> str:
    """Return a query without what spelling may differ in: brackets, blanks, days as hours."""
    return re.sub(r"[()\s]", "", text).replace('=~"', '="')


@pytest.mark.parametrize("text", sorted({plain(one) for one in DECLARED}))
def test_whatever_is_declared_is_read_as_it_was_meant(text: str) -> None:
    if SUBQUERY in text:
        with pytest.raises(PromQLError, match="not read"):
            read(text, KNOWN)
        return
    assert same(str(read(text, KNOWN))) == same(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "rate(llm_request_duration_seconds_sum[5m]) by (provider)",
            "invalid promql",
        ),
        ("rate(active_db_connections[5m])", "goes both ways; use deriv or delta"),
        ("deriv(cache_hits_total[5m])", "use rate or increase"),
        ("histogram_quantile(0.95, api_request_duration_seconds_bucket)", "take the rate"),
        (
            (
                "histogram_quantile(0.95, sum by (endpoint)"
                " (rate(api_request_duration_seconds_bucket[5m])))"
            ),
            "lost its le",
        ),
        (
            (
                'sum(rate(llm_requests_total{status="success"}[5m]))'
                " / sum by (provider) (rate(llm_requests_total[5m]))"
            ),
            "different labels",
        ),
        ("cache_hits_total / (cache_hits_total + cache_misses_total)", "is a counter"),
        ("cache_hits_total > 5", "is a counter"),
        ("rate(sum(cache_hits_total)[5m:])", "not read"),
        ("rate(cache_hitz_total[5m])", "no metric of that name"),
        ('rate(llm_requests_total{state="error"}[5m])', "has no label 'state'"),
        ('rate(llm_requests_total{status="errors"}[5m])', "no value of 'status'"),
        ('rate(api_request_duration_seconds_bucket{le="1"}[5m])', "Prometheus 3 spells it so"),
        ('rate(api_request_duration_seconds_bucket{le="0.3"}[5m])', "no bucket edge"),
        ("api_request_duration_seconds", "selected by a part"),
        ("sum without (job) (up)", "by labels, are read"),
        ("up offset 5m", "offset"),
        ("vector(time())", "only a number"),
        ("histogram_quantile(scalar(up), up)", "not read"),
        ("up > time()", "compare with a number"),
        ("up > bool vector(1)", "compare with a number"),
        ("sum_over_time(up[99999999y])", "too large"),
        ('up{metric="x"}', "has no label 'metric'"),
        ('api_request_duration_seconds_bucket{le!="0.5"}', "Prometheus 3 spells it so"),
        ('llm_requests_total{status=~"\\\\pL"}', "no regular expression"),
        ("objective:api_latency_bad:ratio_rate5m_bucket", "no metric of that name"),
        ("sum(", "unclosed"),
        ("", "sum|no expression|invalid|unexpected"),
    ],
)
def test_what_prometheus_would_answer_wrongly_is_refused(text: str, why: str) -> None:
    with pytest.raises(PromQLError, match=why):
        read(text, KNOWN)


def test_every_query_that_a_document_shows_is_in_order() -> None:
    shown = 0
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        queries = re.findall(r"```promql\n(.*?)\n\s*```", text, re.DOTALL)
        if page.name == "monitoring.md":
            table = text.partition("## Key metrics")[2].partition("## Objectives")[0]
            queries += re.findall(r"^\| [^|]+ \| `([^`]+)` \|", table, re.MULTILINE)
        for query in queries:
            if query.strip() == LIFETIME or SUBQUERY in query or "$" in query:
                continue
            read(query.strip().replace("\\|", "|"), KNOWN)
            shown += 1
    assert shown > 100


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(PromQLError):
        read(text, KNOWN)
