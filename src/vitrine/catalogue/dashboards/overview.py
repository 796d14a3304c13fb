"""Overview: the objectives, what runs, and what an operator should know first."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, falling, rising
from vitrine.catalogue.external import ALERTS_NOW, JOB, UP, space_taken
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metrics import (
    API_REQUESTS,
    BUILD,
    LOG_DROPS,
    PERSONALIZATION_ON,
    WORKER_REPLACEMENTS,
)
from vitrine.catalogue.objective import DAYS, Ratio
from vitrine.catalogue.objectives import LIMITS, RATIOS
from vitrine.catalogue.promql import (
    count_by,
    count_over_time,
    increase,
    max_by,
    rate,
    select,
    sum_by,
    sum_of,
    total_over_time,
)
from vitrine.catalogue.recording import MONTH, bad_minute, bad_share, budget_left, covered

_budgets = select(budget_left(RATIOS[0]))
_covered = select(covered(RATIOS[0]))
_bad_minutes = select(bad_minute(LIMITS[0]))
"""Those of all objectives have one name; the label `objective` tells them apart."""


def _objective(objective: Ratio) -> Panel:
    shortest = min(objective.burns(), key=lambda burn: -burn.rate)
    share = bad_share(objective, shortest.long)
    return Panel(
        objective.title,
        PanelKind.COUNTER,
        Unit.SHARE,
        (Query(select(share), f"bad in {shortest.long}", instant=True),),
        f"Share of the events of the last {shortest.long} that missed it.",
        f"below {objective.budget:.0%}, which is what {DAYS} days allow.",
        "the burn-rate alerts of this objective name the runbook to go on with.",
        rising(objective.budget / 2, objective.budget),
        tuple(objective.alert(burn) for burn in objective.burns()),
        width=8,
        height=5,
    )


BUDGETS = Panel(
    "Budgets",
    PanelKind.TABLE,
    Unit.SHARE,
    (
        Query(max_by(_budgets, "objective"), "{{objective}}", instant=True, column="left"),
        Query(max_by(_covered, "objective"), "{{objective}}", instant=True, column="covered"),
    ),
    f"What is left of the budget of {DAYS} days, and for which share of those days there is data.",
    "more than half; an objective without traffic is not listed, for no traffic is not 100 %.",
    "a negative one is spent: what is planned for the service can wait, what makes it steady"
    " cannot.",
    falling(0.0, 0.5),
    series=2,
)
LIMITS_KEPT = Panel(
    "Limits: bad minutes",
    PanelKind.TABLE,
    Unit.COUNT,
    (
        Query(
            sum_by(total_over_time(_bad_minutes, MONTH), "objective"),
            "{{objective}}",
            instant=True,
            column="bad minutes",
        ),
        Query(
            sum_by(count_over_time(_bad_minutes, MONTH), "objective"),
            "{{objective}}",
            instant=True,
            column="minutes counted",
        ),
    ),
    f"Minutes of the last {DAYS} days above each limit, of those with something to measure.",
    "0 bad minutes.",
    "docs/reference/objectives.md says what each limit is; its dashboard shows when it was.",
    rising(1, 30),
    ("HighLatency", "DatabaseSlowQueries", "PoolNearlyExhausted", "AllProvidersFailing"),
    series=4,
)
FIRING = Panel(
    "Firing alerts",
    PanelKind.TABLE,
    Unit.COUNT,
    (
        Query(
            count_by(select(ALERTS_NOW, alertstate="firing"), "alertname", "severity"),
            "{{alertname}}",
            instant=True,
            column="firing",
        ),
    ),
    "Alerts that fire now, by name and severity.",
    "Watchdog alone: it always fires, which says that alerting works.",
    "each has a runbook under its name.",
    NONE,
    ("Watchdog",),
)

DASHBOARD = Dashboard(
    "vitrine-overview",
    "Overview",
    "Are the promises kept, and does everything run?",
    (
        *(_objective(objective) for objective in RATIOS),
        BUDGETS,
        LIMITS_KEPT,
        FIRING,
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
        Panel(
            "Service up",
            PanelKind.COUNTER,
            Unit.COUNT,
            (Query(max_by(select(UP, job=JOB), "instance"), "{{instance}}", instant=True),),
            "1 where the last scrape of the service worked.",
            "1.",
            "the runbook of TargetDown says what to ask first.",
            NONE,
            ("TargetDown", "ScrapesFailing"),
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
            height=5,
        ),
        Panel(
            "Processes that were replaced",
            PanelKind.COUNTER,
            Unit.COUNT,
            (
                Query(
                    sum_by(increase(select(WORKER_REPLACEMENTS), "$__range"), "cause"),
                    "{{cause}}",
                    instant=True,
                ),
            ),
            "Processes of `vitrine serve --workers` that others followed in the chosen time.",
            "0 that died; as many as you restarted.",
            "see the runbook of WorkersDying.",
            NONE,
            ("WorkersDying",),
            height=5,
        ),
        Panel(
            "Requests per second",
            PanelKind.LINE,
            Unit.PER_SECOND,
            (Query(lasting(sum_of(rate(select(API_REQUESTS), WINDOW))), "requests"),),
            "All requests a second.",
            "a line that follows your visitors.",
            "open API Performance for routes and errors.",
            NONE,
        ),
        Panel(
            "Space of Prometheus",
            PanelKind.GAUGE,
            Unit.SHARE,
            (Query(max_by(space_taken(), "job"), "{{job}}", instant=True),),
            "Share of the space that Prometheus may take.",
            "below 0.8; a full one forgets the oldest days early.",
            "give it more space: see the runbook of PrometheusDiskFilling.",
            rising(0.7, 0.8),
            ("PrometheusDiskFilling", "LongTermStoreNotReceiving"),
            most=1.0,
        ),
    ),
)
