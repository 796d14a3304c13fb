"""What an operator of the service needs to know beside the objectives."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.alerts.limits import SITE_LIMIT_REACHED
from vitrine.catalogue.cache_server import SERVER_FALLBACKS, SERVER_LOSSES, SERVER_UP
from vitrine.catalogue.external import (
    JOB,
    LONG_TERM_SENT,
    STORED,
    STORED_LIMIT,
    UP,
    space_taken,
)
from vitrine.catalogue.metrics import (
    CACHE_BYTES,
    CACHE_EVICTIONS,
    CACHE_LIMIT,
    DB_CONNECTIONS,
    DB_ERRORS,
    DB_POOL_SIZE,
    DB_POOL_TIMEOUTS,
    EVENTS_RECEIVED,
    EVENTS_REJECTED,
    LOG_DROPS,
    LOG_QUEUE,
    PERSONALIZATION_SERVED,
    SERIES_OVERFLOW,
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
    vector,
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

_left = sum_of(rate(select(CACHE_EVICTIONS, reason="=~entries|bytes"), "10m"))

CACHE_PRESSURE = Alert(
    "CacheEvictingUnderPressure",
    Severity.WARNING,
    _left > 1.0,
    "10m",
    "The cache throws out what is still wanted",
    "{{ $value | humanize }} entries a second leave the cache because it is full.",
    Runbook(
        "Entries leave the cache because it is full, not because of their age.",
        "Answers are computed anew; the hit rate falls.",
        (
            Look("bytes in the cache", select(CACHE_BYTES)),
            Look("bytes that it may hold", select(CACHE_LIMIT)),
            Look(
                "entries a second that left, by reason",
                sum_by(rate(select(CACHE_EVICTIONS), "10m"), "reason"),
            ),
        ),
        (
            "`entries`: raise VITRINE_CACHE_ENTRIES.",
            "`bytes`: raise VITRINE_CACHE_BYTES; the machine must have that memory.",
        ),
    ),
    (Feed(CACHE_EVICTIONS, {"reason": "bytes"}, 0.0),),
    (Feed(CACHE_EVICTIONS, {"reason": "bytes"}, 600.0),),
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

_server = max_by(select(SERVER_UP), "instance")

CACHE_SERVER_AWAY = Alert(
    "CacheServerAway",
    Severity.WARNING,
    _server.equals(0),
    "5m",
    "The cache server is away",
    "{{ $labels.instance }} has not been able to use its Redis for five minutes"
    " (cache_server_up is {{ $value }}).",
    Runbook(
        "The Redis of REDIS_URL does not answer within 50 ms, or refuses what it is given.",
        "Visitors notice nothing. Each process has a cache and limits of its own meanwhile, so"
        " that a sender who reaches several of them may send to each as much as to all together.",
        (
            Look("whether the cache server is used, by instance", _server),
            Look(
                "losses in an hour, by what they were noticed from",
                sum_by(increase(select(SERVER_LOSSES), "1h"), "reason"),
            ),
            Look(
                "times a second that a process helps itself, by what for",
                sum_by(rate(select(SERVER_FALLBACKS), "5m"), "use"),
            ),
        ),
        (
            "Ask it as the service does: `vitrine doctor` says what it answers.",
            (
                "`connection`: it does not run or is not reached; start it, and the service uses"
                " it again within a second."
            ),
            (
                "`timeout`: it is overloaded or far away; `redis-cli --latency` and"
                " `redis-cli slowlog get` tell which."
            ),
            (
                "`refused`: it is full and may not forget, is a replica, still loads, or wants"
                " another password; the line “Cache server away” of the log names the error."
            ),
        ),
    ),
    (Feed(SERVER_UP, value=1.0),),
    (Feed(SERVER_UP, value=0.0),),
    labels={"instance": "a"},
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
