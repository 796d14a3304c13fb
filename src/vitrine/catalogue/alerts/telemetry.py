"""What an operator needs to know of what keeps the service in view."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.external import JOB, LONG_TERM_SENT, STORED, STORED_LIMIT, UP, space_taken
from vitrine.catalogue.metrics import LOG_DROPS, LOG_QUEUE, SERIES_OVERFLOW
from vitrine.catalogue.promql import (
    average_over_time,
    increase,
    max_by,
    rate,
    select,
    sum_by,
    sum_of,
    vector,
)

_scraped = average_over_time(select(UP), "10m")

SCRAPES_FAILING = Alert(
    "ScrapesFailing",
    Severity.WARNING,
    _scraped < 0.75,
    "5m",
    "Prometheus gets no answer to many of its scrapes",
    "{{ $value | humanizePercentage }} of the scrapes of {{ $labels.job }} at"
    " {{ $labels.instance }} worked in the last 10 minutes.",
    Runbook(
        "More than a quarter of the scrapes of one target failed.",
        "Figures of that target have holes, and rates over short windows are too low.",
        (
            Look("share of scrapes that worked in 10 minutes, by target", _scraped),
            Look("whether the last scrape worked, by target", select(UP)),
        ),
        (
            "The page Targets of Prometheus says why the last scrape failed.",
            "`context deadline exceeded`: the target takes over 10 s; its machine is overloaded.",
            "`connection refused`: the target is down or restarts again and again; read its log.",
        ),
    ),
    (Feed(UP, {"job": JOB}, value=1.0),),
    (Feed(UP, {"job": JOB}, value=0.0),),
    labels={"job": JOB, "instance": "a"},
)

PROMETHEUS_FILLING = Alert(
    "PrometheusDiskFilling",
    Severity.WARNING,
    max_by(space_taken(), "job") > 0.8,
    "10m",
    "Prometheus has nearly taken the space that it may",
    "{{ $value | humanizePercentage }} of the space of {{ $labels.job }} is taken.",
    Runbook(
        "More than 80 % of the bytes that a Prometheus may store are stored.",
        "When all are, it forgets its oldest days early, and budgets of 30 days have a hole.",
        (
            Look("share of the space that is taken, by job", max_by(space_taken(), "job")),
            Look("bytes in whole blocks", select(STORED)),
        ),
        (
            "`df -h` tells how much room the disk has.",
            "If there is room, raise `--storage.tsdb.retention.size` and restart that Prometheus.",
            "If not, the page TSDB Status of Prometheus names the metrics with the most series.",
        ),
    ),
    (
        Feed(STORED, {"job": "prometheus"}, value=1e9),
        Feed(STORED_LIMIT, {"job": "prometheus"}, value=1e10),
    ),
    (
        Feed(STORED, {"job": "prometheus"}, value=9e9),
        Feed(STORED_LIMIT, {"job": "prometheus"}, value=1e10),
    ),
    labels={"job": "prometheus"},
)

SERIES_OVERFLOWS = Alert(
    "SeriesOverflow",
    Severity.WARNING,
    sum_by(increase(select(SERIES_OVERFLOW), "15m"), "metric") > 0,
    "0s",
    "A metric has reached its bound of series",
    "{{ $value | humanize }} observations of {{ $labels.metric }} were counted under `other`.",
    Runbook(
        "A metric met more label values than its declared bound.",
        "Its totals stay right; what is over the bound is not told apart.",
        (
            Look(
                "observations over the bound in 15 minutes",
                sum_by(increase(select(SERIES_OVERFLOW), "15m"), "metric"),
            ),
        ),
        (
            "docs/reference/metrics.md names each metric's labels and bound.",
            "If the site file declares more than the bound, report it: the bound is too low.",
        ),
    ),
    (Feed(SERIES_OVERFLOW, {"metric": "db_queries_total"}, 0.0),),
    (Feed(SERIES_OVERFLOW, {"metric": "db_queries_total"}, 3.0),),
    labels={"metric": "db_queries_total"},
)

LOGS_DROPPED = Alert(
    "LogsDropped",
    Severity.WARNING,
    sum_by(increase(select(LOG_DROPS), "5m"), "level") > 0,
    "0s",
    "Log lines were dropped",
    "{{ $value | humanize }} lines of level {{ $labels.level }} in 5 minutes.",
    Runbook(
        "Whoever reads the service's standard output does not keep up, or a log file or CloudWatch"
        " does not take lines.",
        "Lines are missing from the log; the service itself is not slowed down.",
        (
            Look("lines that wait to be written", select(LOG_QUEUE)),
            Look(
                "lines dropped in 5 minutes, by level",
                sum_by(increase(select(LOG_DROPS), "5m"), "level"),
            ),
        ),
        (
            "Look for the line 'Log output fails': it names the file or CloudWatch, and why.",
            "Else see whether the disk or the shipper behind standard output is slow.",
            "LOG_LEVEL=WARNING leaves out the line of each request.",
        ),
    ),
    (Feed(LOG_DROPS, {"level": "INFO"}, 0.0),),
    (Feed(LOG_DROPS, {"level": "INFO"}, 50.0),),
    labels={"level": "INFO"},
)

_sent = sum_of(rate(select(LONG_TERM_SENT), "5m"))

LONG_TERM_SILENT = Alert(
    "LongTermStoreNotReceiving",
    Severity.WARNING,
    _sent.equals(0),
    "10m",
    "The long-term store takes nothing",
    "The long-term store took {{ $value | humanize }} bytes a second for 15 minutes.",
    Runbook(
        "Prometheus records, but the store that keeps its records for a year does not take them.",
        "Nothing is lost while Prometheus runs and two hours are not over; after that, budgets of"
        " 30 days have a hole.",
        (
            Look("bytes a second that the long-term store takes", _sent),
            Look("whether the last scrape of it worked", select(UP, job="long-term")),
        ),
        (
            "Ask the store itself: `curl -s http://127.0.0.1:9091/-/healthy`.",
            "If it does not answer, the last lines of `long-term.log` say why it ended.",
            "If it does, see whether its disk is full: `df -h`.",
        ),
    ),
    (Feed(LONG_TERM_SENT, {"remote_name": "long-term", "url": "http://long-term"}, 1_000.0),),
    (Feed(LONG_TERM_SENT, {"remote_name": "long-term", "url": "http://long-term"}, 0.0),),
)

WATCHDOG = Alert(
    "Watchdog",
    Severity.HEARTBEAT,
    vector(1.0) > 0,
    "0s",
    "Alerting works",
    "This alert always fires; when it stops, alerts no longer arrive.",
    Runbook(
        "Always firing. Whoever listens for it should worry when it stops.",
        "None; without it, no other alert would arrive either.",
        (Look("whether Prometheus evaluates", vector(1.0)),),
        (
            "If it is missing, see whether Prometheus runs: `curl -s http://127.0.0.1:9090/-/healthy`.",
        ),
    ),
    (),
    (),
)
