"""Overview: the objectives, what runs, and what an operator should know first."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, rising
from vitrine.catalogue.external import JOB, UP
from vitrine.catalogue.metrics import API_REQUESTS, BUILD, LOG_DROPS, PERSONALIZATION_ON
from vitrine.catalogue.objective import Ratio
from vitrine.catalogue.objectives import OBJECTIVES
from vitrine.catalogue.promql import max_by, rate, select, sum_by, sum_of
from vitrine.catalogue.recording import bad_share

RUNBOOK = {"cache_hit": "LowCacheHitRate", "db_latency": "DatabaseSlowQueries"}


def _objective(objective: Ratio) -> Panel:
    shortest = min(objective.burns(), key=lambda burn: -burn.rate)
    share = bad_share(objective, shortest.long)
    return Panel(
        objective.title,
        PanelKind.COUNTER,
        Unit.SHARE,
        (Query(select(share), f"bad in {shortest.long}", instant=True),),
        f"Share of the events of the last {shortest.long} that missed it.",
        f"below {objective.budget:.0%}, which is what 30 days allow.",
        "the burn-rate alerts of this objective name the runbook to go on with.",
        rising(objective.budget / 2, objective.budget),
        (RUNBOOK.get(objective.id, "HighLatency"),),
        width=8,
        height=5,
    )


DASHBOARD = Dashboard(
    "vitrine-overview",
    "Overview",
    "Are the promises kept, and does everything run?",
    (
        *(_objective(objective) for objective in OBJECTIVES),
        Panel(
            "Service up",
            PanelKind.COUNTER,
            Unit.COUNT,
            (Query(max_by(select(UP, job=JOB), "instance"), "{{instance}}", instant=True),),
            "1 where the last scrape of the service worked.",
            "1.",
            "the runbook of TargetDown says what to ask first.",
            NONE,
            ("TargetDown",),
            width=8,
            height=5,
        ),
        Panel(
            "Personalization is on",
            PanelKind.COUNTER,
            Unit.COUNT,
            (Query(max_by(select(PERSONALIZATION_ON)), "on", instant=True),),
            "0 while the off switch gives everybody the default page.",
            "1.",
            "`vitrine switch on` turns it on again.",
            NONE,
            width=8,
            height=5,
        ),
        Panel(
            "Log lines dropped",
            PanelKind.COUNTER,
            Unit.OPS,
            (Query(sum_of(rate(select(LOG_DROPS), WINDOW)), "dropped", instant=True),),
            "Log lines a second that nobody took in time.",
            "0.",
            "see the runbook of LogsDropped.",
            rising(0.01, 1.0),
            ("LogsDropped",),
            width=8,
            height=5,
        ),
        Panel(
            "Requests per second",
            PanelKind.LINE,
            Unit.PER_SECOND,
            (Query(sum_of(rate(select(API_REQUESTS), WINDOW)), "requests"),),
            "All requests a second.",
            "a line that follows your visitors.",
            "open API Performance for routes and errors.",
            NONE,
        ),
        Panel(
            "Versions",
            PanelKind.TABLE,
            Unit.COUNT,
            (
                Query(
                    sum_by(select(BUILD), "instance", "version", "python", "site"),
                    "{{instance}}",
                    instant=True,
                    column="processes",
                ),
            ),
            "What runs where.",
            "one version everywhere.",
            "two versions are an update that has not ended.",
            NONE,
        ),
    ),
)
