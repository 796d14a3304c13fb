"""Database Health: the guide's five panels, the wait for a connection, and the server's own."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.database_server import DATABASE_SERVER_PANELS
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metrics import (
    DB_CONNECTIONS,
    DB_DURATION,
    DB_INDEX_USE,
    DB_POOL_SIZE,
    DB_POOL_WAIT,
    DB_QUERIES,
    DB_SLOW,
    DB_SLOW_LAST,
    DB_SLOW_WORST,
)
from vitrine.catalogue.promql import (
    bucket,
    histogram_quantile,
    increase,
    max_by,
    rate,
    ratio,
    select,
    sum_by,
)

_took = sum_by(rate(select(DB_DURATION, "sum"), WINDOW), "operation")
_count = sum_by(rate(select(DB_DURATION, "count"), WINDOW), "operation")

DASHBOARD = Dashboard(
    "vitrine-database",
    "Database Health",
    "What is asked of the database, how long it takes, and how much room is left.",
    (
        Panel(
            "Query duration by operation",
            PanelKind.LINE,
            Unit.SECONDS,
            (Query(lasting(ratio(_took, _count)), "{{operation}}"),),
            "Mean seconds of a statement, without the wait for a connection.",
            "below 0.1 s, the guide's target; a commit waits for the disk and is the slowest.",
            "the runbook of DatabaseSlowQueries says where to look.",
            rising(0.05, 0.1),
            ("DatabaseSlowQueries",),
            series=2,
        ),
        Panel(
            "Query count trend",
            PanelKind.AREA,
            Unit.OPS,
            (
                Query(
                    lasting(sum_by(rate(select(DB_QUERIES), WINDOW), "operation")), "{{operation}}"
                ),
            ),
            "Statements a second, by operation.",
            "it follows the traffic; many requests share one commit.",
            "a rise without traffic is an import or an analysis: see the log.",
            NONE,
            series=3,
        ),
        Panel(
            "Active connections",
            PanelKind.GAUGE,
            Unit.SHARE,
            (
                Query(
                    max_by(ratio(select(DB_CONNECTIONS), select(DB_POOL_SIZE)), "instance"),
                    "{{instance}}",
                    instant=True,
                ),
            ),
            "Share of the pool's connections that are in use now.",
            "below 0.8, the guide's target.",
            "see whether statements are slow first; then raise DB_POOL_SIZE.",
            rising(0.6, 0.8),
            ("PoolNearlyExhausted",),
            most=1.0,
        ),
        Panel(
            "Wait for a connection, 95th percentile",
            PanelKind.LINE,
            Unit.SECONDS,
            (
                Query(
                    lasting(
                        histogram_quantile(0.95, sum_by(rate(bucket(DB_POOL_WAIT), WINDOW), "le"))
                    ),
                    "P95",
                ),
            ),
            "Seconds that work waited for its turn and a connection.",
            "a few milliseconds.",
            "a wait longer than the statements themselves is a pool that is too small.",
            rising(0.05, 0.5),
            ("PoolNearlyExhausted",),
        ),
        Panel(
            "Slow query log",
            PanelKind.TABLE,
            Unit.SECONDS,
            (
                Query(
                    lasting(sum_by(increase(select(DB_SLOW), "$__range"), "fingerprint")),
                    "{{fingerprint}}",
                    instant=True,
                    column="times",
                ),
                Query(
                    max_by(select(DB_SLOW_LAST), "fingerprint"),
                    "{{fingerprint}}",
                    instant=True,
                    column="last",
                ),
                Query(
                    max_by(select(DB_SLOW_WORST), "fingerprint"),
                    "{{fingerprint}}",
                    instant=True,
                    column="worst",
                ),
            ),
            "Statements that took 100 ms or more: how often, the last and the worst time.",
            "0 times everywhere.",
            "the log's line “Slow statement” has the text under the same fingerprint.",
            rising(0.1, 1.0),
            ("DatabaseSlowQueries",),
            series=5,
        ),
        Panel(
            "Index usage stats",
            PanelKind.TABLE,
            Unit.COUNT,
            (
                Query(
                    max_by(select(DB_INDEX_USE), "fingerprint", "access"),
                    "{{fingerprint}}",
                    instant=True,
                    column="plans",
                ),
            ),
            "How the planner reaches the rows of each statement.",
            "index or primary key; the counts of the experiment and the console are full scans.",
            "another full_scan of a table that grows needs an index: report it.",
            NONE,
            series=3,
        ),
        *DATABASE_SERVER_PANELS,
    ),
)
