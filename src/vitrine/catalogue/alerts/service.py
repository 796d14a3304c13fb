"""What an operator of the service needs to know beside the objectives."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.alerts.cache import CACHE_PRESSURE, CACHE_SERVER_AWAY
from vitrine.catalogue.alerts.limits import SITE_LIMIT_REACHED
from vitrine.catalogue.alerts.telemetry import (
    LOGS_DROPPED,
    LONG_TERM_SILENT,
    PROMETHEUS_FILLING,
    SCRAPES_FAILING,
    SERIES_OVERFLOWS,
    WATCHDOG,
)
from vitrine.catalogue.external import JOB, UP
from vitrine.catalogue.metrics import (
    DB_CONNECTIONS,
    DB_ERRORS,
    DB_POOL_SIZE,
    DB_POOL_TIMEOUTS,
    EVENTS_RECEIVED,
    EVENTS_REJECTED,
    PERSONALIZATION_SERVED,
    SERVICE_FAILURES,
)
from vitrine.catalogue.promql import (
    absent,
    average_over_time,
    both,
    either,
    increase,
    max_by,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
)

_up = max_by(select(UP, job=JOB))

TARGET_DOWN = Alert(
    "TargetDown",
    Severity.CRITICAL,
    either(_up.equals(0), absent(select(UP, job=JOB))),
    "2m",
    "Prometheus cannot read the service's metrics",
    "The service has not answered a scrape for two minutes (up is {{ $value }}).",
    Runbook(
        "Prometheus gets no metrics: the service is down, or refuses its token.",
        "If the service is down, every page stays as its owner designed it, and events are lost"
        " that pages do not send again.",
        (Look("whether the last scrape worked", select(UP, job=JOB)),),
        (
            "Ask the service itself: `curl -s http://127.0.0.1:8000/health`.",
            (
                "If it answers, look at the page Targets of Prometheus: 401 is a wrong token, which"
                " stands in `.vitrine/metrics-token`."
            ),
            "If it does not, the last lines of its log say why it ended.",
        ),
    ),
    (Feed(UP, {"job": JOB}, value=1.0),),
    (Feed(UP, {"job": JOB}, value=0.0),),
)


_accepted = sum_of(increase(select(EVENTS_RECEIVED, receipt="accepted"), "15m"))
_answers = sum_of(increase(select(PERSONALIZATION_SERVED), "15m"))

NO_EVENTS = Alert(
    "NoEvents",
    Severity.WARNING,
    both(_accepted.equals(0), _answers > 20),
    "5m",
    "Pages ask for their order, but no events arrive",
    "{{ $value }} events were accepted in 15 minutes, although pages asked for their order.",
    Runbook(
        "Visitors are there, and none of their events is accepted.",
        "Nobody new can be understood; who is known keeps their page.",
        (
            Look(
                "events in 15 minutes, by receipt",
                sum_by(increase(select(EVENTS_RECEIVED), "15m"), "receipt"),
            ),
            Look(
                "rejected events in 15 minutes, by reason",
                sum_by(increase(select(EVENTS_REJECTED), "15m"), "reason"),
            ),
        ),
        (
            (
                "If there are rejections, the reason says what the page sends wrongly;"
                " `vitrine check` shows what the site file declares."
            ),
            (
                "If nothing arrives at all, the page does not send: look for POST /api/events in"
                " the browser's network panel."
            ),
        ),
    ),
    (
        Feed(EVENTS_RECEIVED, {"event": "section_view", "receipt": "accepted"}, 30.0),
        Feed(
            PERSONALIZATION_SERVED, {"segment": "none", "variant": "default", "visit": "first"}, 20
        ),
    ),
    (
        Feed(EVENTS_RECEIVED, {"event": "section_view", "receipt": "accepted"}, 0.0),
        Feed(
            PERSONALIZATION_SERVED, {"segment": "none", "variant": "default", "visit": "first"}, 20
        ),
    ),
)

_pool = ratio(average_over_time(select(DB_CONNECTIONS), "5m"), select(DB_POOL_SIZE))

POOL_NEARLY_EXHAUSTED = Alert(
    "PoolNearlyExhausted",
    Severity.WARNING,
    max_by(_pool) > 0.8,
    "5m",
    "The connections to the database are nearly all in use",
    "{{ $value | humanizePercentage }} of the pool was in use over 5 minutes.",
    Runbook(
        "On average more than 80 % of the pool's connections were in use.",
        "Soon work waits for a connection; visitors then get the default page in time.",
        (
            Look("connections in use", select(DB_CONNECTIONS)),
            Look("waits that ended without one, a second", rate(select(DB_POOL_TIMEOUTS), "5m")),
        ),
        (
            "If statements are slow, they hold connections: see DatabaseSlowQueries first.",
            "Otherwise raise DB_POOL_SIZE and restart the service.",
        ),
    ),
    (Feed(DB_CONNECTIONS, value=3.0), Feed(DB_POOL_SIZE, value=20.0)),
    (Feed(DB_CONNECTIONS, value=19.0), Feed(DB_POOL_SIZE, value=20.0)),
)

STORE_FAILING = Alert(
    "StoreFailing",
    Severity.CRITICAL,
    sum_by(increase(select(DB_ERRORS), "5m"), "operation") > 0,
    "1m",
    "The database does not take or give what it is asked for",
    "{{ $value | humanize }} times in 5 minutes, when asked to {{ $labels.operation }}.",
    Runbook(
        "The database did not answer.",
        "Events are refused with 503, which pages send again; who is not at hand gets the"
        " default page.",
        (
            Look(
                "failures in 5 minutes, by what was asked",
                sum_by(increase(select(DB_ERRORS), "5m"), "operation"),
            ),
        ),
        (
            "`df -h` tells whether the disk is full.",
            "The lines “Store did not answer” in the log bear the kind of error.",
            "`curl -s http://127.0.0.1:8000/ready` says whether it can write again.",
        ),
    ),
    (Feed(DB_ERRORS, {"operation": "record"}, 0.0),),
    (Feed(DB_ERRORS, {"operation": "record"}, 2.0),),
    keep_firing="5m",
    labels={"operation": "record"},
)

UNEXPECTED_ERRORS = Alert(
    "UnexpectedErrors",
    Severity.WARNING,
    sum_by(increase(select(SERVICE_FAILURES), "15m"), "of") > 0,
    "0s",
    "The service met an error that nobody expected",
    "{{ $value | humanize }} in 15 minutes, in a {{ $labels.of }}.",
    Runbook(
        "A request or a duty in the background raised an error that the code does not know, or a"
        " row of the database holds something else than was written there.",
        "That one request failed, or that duty is done late; the visit of a damaged row begins"
        " anew. Nothing else.",
        (
            Look(
                "unexpected errors in 15 minutes",
                sum_by(increase(select(SERVICE_FAILURES), "15m"), "of"),
            ),
        ),
        (
            "The lines “Request failed” and “Duty failed” bear the traceback: report it.",
            "“Row is damaged” names the table, and `vitrine doctor` the rows and what to do.",
        ),
    ),
    (Feed(SERVICE_FAILURES, {"of": "request"}, 0.0),),
    (Feed(SERVICE_FAILURES, {"of": "request"}, 1.0),),
    labels={"of": "request"},
)


SERVICE_ALERTS = (
    TARGET_DOWN,
    SCRAPES_FAILING,
    PROMETHEUS_FILLING,
    NO_EVENTS,
    POOL_NEARLY_EXHAUSTED,
    STORE_FAILING,
    UNEXPECTED_ERRORS,
    CACHE_PRESSURE,
    CACHE_SERVER_AWAY,
    SITE_LIMIT_REACHED,
    SERIES_OVERFLOWS,
    LOGS_DROPPED,
    LONG_TERM_SILENT,
    WATCHDOG,
)
