"""API Performance: the guide's five panels, and how long visitors wait."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metrics import (
    API_DURATION,
    API_IN_FLIGHT,
    API_LIMITED,
    API_OUTCOMES,
    API_REQUESTS,
)
from vitrine.catalogue.promql import (
    bucket,
    histogram_quantile,
    increase,
    rate,
    ratio,
    select,
    sum_by,
)
from vitrine.catalogue.recording import API_P95

_requests = sum_by(rate(select(API_REQUESTS), WINDOW), "endpoint")
_failed = sum_by(rate(select(API_REQUESTS, status="=~5.."), WINDOW), "endpoint")
_took = sum_by(rate(select(API_DURATION, "sum"), WINDOW), "endpoint")
_count = sum_by(rate(select(API_DURATION, "count"), WINDOW), "endpoint")

DASHBOARD = Dashboard(
    "vitrine-api",
    "API Performance",
    "How many requests there are, how long they take, and how many fail.",
    (
        Panel(
            "Requests per second",
            PanelKind.LINE,
            Unit.PER_SECOND,
            (Query(lasting(_requests), "{{endpoint}}"),),
            "Requests a second, by the template of their route.",
            "a line that follows your visitors; `unmatched` is every address that is none of ours.",
            "a sudden end with pages still visited is a network that lets nothing through.",
            NONE,
            ("TargetDown", "NoEvents"),
            series=3,
        ),
        Panel(
            "Response time distribution",
            PanelKind.HISTOGRAM,
            Unit.SECONDS,
            (
                Query(
                    lasting(sum_by(rate(bucket(API_DURATION), WINDOW), "le")),
                    "{{le}}",
                    exemplars=True,
                ),
            ),
            "How many requests a second took how long, to the last byte.",
            "nearly all colour below 0.1 s, nothing above 0.5 s.",
            "follow an exemplar to the request id and find its line in the log.",
            NONE,
            ("HighLatency",),
            series=10,
        ),
        Panel(
            "Response time, 95th percentile",
            PanelKind.LINE,
            Unit.SECONDS,
            (
                Query(
                    histogram_quantile(
                        0.95, sum_by(rate(bucket(API_DURATION), WINDOW), "endpoint", "le")
                    ),
                    "{{endpoint}}",
                    exemplars=True,
                ),
                Query(select(API_P95), "visitors, all routes"),
            ),
            "Seconds that 19 of 20 requests of each route stay below; before two weeks ago, of"
            " all that visitors wait for.",
            "below 0.5 s, the guide's target.",
            "the runbook of HighLatency says where to look.",
            rising(0.2, 0.5),
            ("HighLatency",),
        ),
        Panel(
            "Error rate by endpoint",
            PanelKind.BAR,
            Unit.SHARE,
            (Query(ratio(_failed, _requests), "{{endpoint}}", instant=True),),
            "Share of each route's requests that the service failed (5xx).",
            "0 everywhere; the target is below 1 %.",
            "the lines “Request failed” and “Store did not answer” in the log say why.",
            rising(0.001, 0.01),
            ("StoreFailing", "UnexpectedErrors"),
            most=1.0,
        ),
        Panel(
            "Top slow endpoints",
            PanelKind.TABLE,
            Unit.SECONDS,
            (
                Query(ratio(_took, _count), "{{endpoint}}", instant=True, column="mean"),
                Query(
                    histogram_quantile(
                        0.95, sum_by(rate(bucket(API_DURATION), WINDOW), "endpoint", "le")
                    ),
                    "{{endpoint}}",
                    instant=True,
                    column="P95",
                ),
            ),
            "Mean and 95th percentile of each route in traffic.",
            "a mean below 0.2 s and a P95 below 0.5 s.",
            "the slowest route is where to start; see the runbook of HighLatency.",
            rising(0.2, 0.5),
            ("HighLatency",),
        ),
        Panel(
            "Request count by method",
            PanelKind.PIE,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_by(increase(select(API_REQUESTS), "$__range"), "method")),
                    "{{method}}",
                    instant=True,
                ),
            ),
            "Requests in the chosen time, by method; invented methods are `other`.",
            "POST (events) and GET (pages) make up nearly all.",
            "many of `other` are somebody who tries things out; nothing to mend.",
            NONE,
            series=2,
        ),
        Panel(
            "How requests ended",
            PanelKind.AREA,
            Unit.PER_SECOND,
            (
                Query(
                    lasting(sum_by(rate(select(API_OUTCOMES, group="api"), WINDOW), "outcome")),
                    "{{outcome}}",
                ),
            ),
            "Requests of visitors a second, by how they ended; also what no status shows.",
            "nearly all `ok`; a client that leaves or errs is not the service's failure.",
            "`stream_broken` and `server_error` are: look at the log.",
            NONE,
            series=3,
        ),
        Panel(
            "Refused by a limit",
            PanelKind.BAR,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_by(increase(select(API_LIMITED), "$__range"), "limit")),
                    "{{limit}}",
                    instant=True,
                ),
            ),
            "Events, pages and requests in the chosen time that a limit refused.",
            "none, or a few events of a visitor who plays with the page.",
            "`site_events` refuses everybody's: raise its setting, or keep out who floods it;"
            " `network_wrong_tokens` is somebody who guesses, or a program with an old token."
            " docs/reference/limits.md has each.",
            NONE,
            ("SiteLimitReached",),
        ),
        Panel(
            "Requests in flight",
            PanelKind.COUNTER,
            Unit.COUNT,
            (Query(select(API_IN_FLIGHT), "{{instance}}", instant=True),),
            "Requests whose last byte has not been sent yet.",
            "a few; as many as the rate times the mean duration.",
            "a number that only grows is something that never answers: see the slow endpoints.",
            rising(50, 200),
        ),
    ),
)
