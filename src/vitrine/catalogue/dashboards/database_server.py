"""The panels on a PostgreSQL and its jobs, folded away without one; any database has a size."""

from __future__ import annotations

from dataclasses import replace

from vitrine.catalogue.dashboard import Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, rising
from vitrine.catalogue.metrics import (
    DB_LONGEST_TRANSACTION,
    DB_ROWS,
    DB_SCANS,
    DB_SERVER_MEAN,
    DB_SIZE,
    JOBS,
    JOBS_FINISHED,
    JOBS_OLDEST,
    JOBS_WORKERS,
)
from vitrine.catalogue.promql import max_by, rate, select, sum_by

# Each service says the same of one PostgreSQL, so the largest is taken and nothing is summed.
SIZE = Panel(
    "Database size",
    PanelKind.LINE,
    Unit.BYTES,
    (Query(max_by(select(DB_SIZE)), "on disk"),),
    "Bytes that the database takes on its disk, with its indexes.",
    "it grows with the visitors, and stays as it is once the oldest visits are deleted.",
    "see dead rows, and how long visits are kept: VITRINE_RETENTION_DAYS.",
    NONE,
)
TRANSACTION = Panel(
    "PostgreSQL longest open transaction",
    PanelKind.LINE,
    Unit.SECONDS,
    (Query(max_by(select(DB_LONGEST_TRANSACTION)), "oldest"),),
    "Age of the oldest transaction that is open in PostgreSQL. Nothing on an embedded database.",
    "below a second; a backup is one transaction for as long as it takes.",
    "`vitrine doctor` names whose it is and what ends it; dead rows stay until then.",
    rising(10.0, 60.0),
)
ROWS = Panel(
    "PostgreSQL rows",
    PanelKind.TABLE,
    Unit.COUNT,
    tuple(
        Query(
            max_by(select(DB_ROWS, state=state), "table"), "{{table}}", instant=True, column=state
        )
        for state in ("live", "dead")
    ),
    "Rows of each table as PostgreSQL estimates them; dead ones wait to be cleaned up."
    " Nothing on an embedded database.",
    "dead rows are below a fifth of the live ones, where autovacuum begins.",
    "`vitrine doctor` names the table and what cleans it up; see long transactions first.",
    NONE,
    series=3,
)
SCANS = Panel(
    "PostgreSQL full scans",
    PanelKind.LINE,
    Unit.OPS,
    (Query(max_by(rate(select(DB_SCANS, access="full_scan"), WINDOW), "table"), "{{table}}"),),
    "Reads of a whole table a second, by table, from PostgreSQL's own statistics. Nothing on an"
    " embedded database.",
    "small tables are read whole because that is quicker; events and visits now and then, for"
    " the counts of the experiment.",
    "Index usage stats has the statement; another one that reads events whole: report it.",
    NONE,
)
STATEMENTS = Panel(
    "PostgreSQL statements, mean time in the server",
    PanelKind.TABLE,
    Unit.SECONDS,
    (
        Query(
            max_by(select(DB_SERVER_MEAN), "fingerprint"),
            "{{fingerprint}}",
            instant=True,
            column="mean",
        ),
    ),
    "Mean time of each statement in the server itself since its statistics were reset. Nothing"
    " without `pg_stat_statements`.",
    "close to what Query duration by operation says; the rest of that is the way there.",
    "a slow one here is the server's: its plan, its disk, a lock. A quick one waits elsewhere.",
    rising(0.05, 0.1),
)
WAITING = Panel(
    "Jobs that wait",
    PanelKind.LINE,
    Unit.NUMBER,
    (Query(max_by(select(JOBS, state="waiting"), "job_name"), "{{job_name}}"),),
    "Jobs in the queue in PostgreSQL that no worker has taken yet, also those that are tried"
    " again later. Nothing on an embedded database.",
    "close to none: what is due is taken at once.",
    "see whether workers live, and what failed: the worker's log has the reason.",
    NONE,
)
OLDEST = Panel(
    "Oldest job that is due",
    PanelKind.LINE,
    Unit.SECONDS,
    (Query(max_by(select(JOBS_OLDEST)), "waits"),),
    "For how long the oldest job that is due has waited. Nothing on an embedded database.",
    "a few seconds; parts of an analysis wait for one another.",
    "start more workers, each with `vitrine worker`.",
    rising(60.0, 600.0),
    ("JobsWaiting",),
)
WORKERS = Panel(
    "Workers that live",
    PanelKind.LINE,
    Unit.NUMBER,
    (Query(max_by(select(JOBS_WORKERS)), "live"),),
    "Workers that said within half a minute that they live. Nothing on an embedded database.",
    "as many as you started.",
    "at 0 nobody analyses, asks models or deletes what is too old: start `vitrine worker`.",
    NONE,
    ("JobWorkersAway",),
)
FINISHED = Panel(
    "Jobs that ended",
    PanelKind.LINE,
    Unit.OPS,
    (
        Query(
            sum_by(rate(select(JOBS_FINISHED), WINDOW), "job_name", "outcome"),
            "{{job_name}} {{outcome}}",
        ),
    ),
    "Jobs a second that workers ended, by name and outcome. Nothing on an embedded database.",
    "only `succeeded`; `retried` ones are tried again up to five times.",
    "the worker's log has why one failed, under its name.",
    NONE,
    series=2,
)
FAILED = Panel(
    "Jobs that failed for good",
    PanelKind.LINE,
    Unit.NUMBER,
    (Query(max_by(select(JOBS, state="failed"), "job_name"), "{{job_name}}"),),
    "Runs of the last 30 days that were given up after six tries. Nothing on an embedded database.",
    "a line that does not rise; what failed once stays for 30 days.",
    "go through the runbook of JobsFailing; the next run makes up for it.",
    NONE,
    ("JobsFailing",),
)
_OF_SERVER = (TRANSACTION, ROWS, SCANS, STATEMENTS, WAITING, OLDEST, WORKERS, FINISHED, FAILED)
DATABASE_SERVER_PANELS = (
    SIZE,
    *(replace(panel, part="PostgreSQL and its jobs") for panel in _OF_SERVER),
)
