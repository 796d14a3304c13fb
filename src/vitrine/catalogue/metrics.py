"""Every metric of Vitrine, declared once.

Nine of them are the monitoring guide's, under its exact names and labels; those on models
stand in `catalogue/llm.py`, those on a cache server in `catalogue/cache_server.py`.
"""

from __future__ import annotations

from vitrine.catalogue.cache_server import CACHE_SERVER
from vitrine.catalogue.labels import (
    CONFIDENCE,
    CONFIDENCE_UP_TO,
    CRAWLER_CATEGORIES,
    ENDPOINT,
    FINGERPRINT,
    FIRST_BYTE,
    GROUP,
    JOB,
    KEY_PATTERN,
    LATENCY,
    LEVELS,
    METHOD,
    MOST_EVENT_NAMES,
    NO_CATEGORY,
    OPERATION,
    OUTCOMES,
    SEGMENT,
    STATEMENT,
    STATUS,
    STORE_OPERATIONS,
    TABLE,
)
from vitrine.catalogue.limits import LIMITS
from vitrine.catalogue.llm import LLM
from vitrine.catalogue.metric import Kind, Label, Metric
from vitrine.domain.event import RejectionReason
from vitrine.signals import BotReason, DefaultReason, JobOutcome, LoginResult, Receipt, Variant

API_REQUESTS = Metric(
    "api_requests_total",
    Kind.COUNTER,
    "requests",
    "Requests by method, route template and status; 499 is a client that left unanswered.",
    (METHOD, ENDPOINT, STATUS),
    series=320,
)
API_DURATION = Metric(
    "api_request_duration_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time from a request to the last byte of its answer; what has none is left out.",
    (METHOD, ENDPOINT),
    LATENCY,
    series=48,
)
DB_QUERIES = Metric(
    "db_queries_total",
    Kind.COUNTER,
    "statements",
    "Statements that the database executed, by operation and table.",
    (OPERATION, TABLE),
)
DB_DURATION = Metric(
    "db_query_duration_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time that a statement took in the database, without the wait for a connection.",
    (OPERATION, TABLE),
    STATEMENT,
    series=24,
)
DB_CONNECTIONS = Metric(
    "active_db_connections",
    Kind.GAUGE,
    "connections",
    "Connections of the pool that are in use now.",
)
CACHE_HITS = Metric(
    "cache_hits_total",
    Kind.COUNTER,
    "look-ups",
    "Look-ups that found a value, by the first word of the key.",
    (KEY_PATTERN,),
    public=True,
)
CACHE_MISSES = Metric(
    "cache_misses_total",
    Kind.COUNTER,
    "look-ups",
    "Look-ups that found nothing, by the first word of the key.",
    (KEY_PATTERN,),
    public=True,
)

API_IN_FLIGHT = Metric(
    "api_requests_in_flight",
    Kind.GAUGE,
    "requests",
    "Requests whose last byte has not been sent yet.",
)
API_OUTCOMES = Metric(
    "api_outcomes_total",
    Kind.COUNTER,
    "requests",
    "How requests ended: also a stream that broke after a 200, or a client that left.",
    (GROUP, Label("outcome", OUTCOMES)),
    public=True,
)
API_LIMITED = Metric(
    "api_limited_total",
    Kind.COUNTER,
    "refusals",
    "What was refused, or answered with the default page, because a limit was reached.",
    (Label("limit", tuple(limit.name.value for limit in LIMITS if not limit.counted_as)),),
)
API_FIRST_BYTE = Metric(
    "api_first_byte_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time from a request to the first byte of its answer.",
    (GROUP,),
    FIRST_BYTE,
)
API_BACKGROUND = Metric(
    "api_background_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time that work went on after the last byte of an answer.",
    (GROUP,),
    FIRST_BYTE,
)

DB_POOL_SIZE = Metric(
    "db_pool_size", Kind.GAUGE, "connections", "Connections that the pool may hold."
)
DB_POOL_WAIT = Metric(
    "db_pool_wait_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time that work waited for its turn and a connection of the pool.",
    (),
    STATEMENT,
)
DB_POOL_TIMEOUTS = Metric(
    "db_pool_timeouts_total",
    Kind.COUNTER,
    "waits",
    "Waits for a connection that ended without one.",
)
DB_SLOW = Metric(
    "db_slow_statements_total",
    Kind.COUNTER,
    "statements",
    "Statements that took 100 ms or more, by fingerprint (see docs/telemetry.md).",
    (FINGERPRINT,),
)
DB_SLOW_LAST = Metric(
    "db_slow_statement_last_seconds",
    Kind.GAUGE,
    "seconds",
    "Duration of the last slow execution of a statement.",
    (FINGERPRINT,),
)
DB_SLOW_WORST = Metric(
    "db_slow_statement_worst_seconds",
    Kind.GAUGE,
    "seconds",
    "Duration of the slowest execution of a statement since the start.",
    (FINGERPRINT,),
)
DB_INDEX_USE = Metric(
    "db_statement_index_use",
    Kind.GAUGE,
    "statements",
    "1 for how the planner reaches the rows of a statement: by index, key or full scan.",
    (FINGERPRINT, Label("access", ("index", "primary_key", "full_scan", "none"))),
    series=96,
)
DB_SIZE = Metric("db_size_bytes", Kind.GAUGE, "bytes", "Bytes that the database takes on disk.")
DB_LONGEST_TRANSACTION = Metric(
    "db_longest_transaction_seconds",
    Kind.GAUGE,
    "seconds",
    "Age of the oldest transaction that is open in PostgreSQL; 0 where none is.",
)
DB_ROWS = Metric(
    "db_rows",
    Kind.GAUGE,
    "rows",
    "Rows of a table as PostgreSQL estimates them; dead ones wait to be cleaned up.",
    (TABLE, Label("state", ("live", "dead"))),
)
DB_SCANS = Metric(
    "db_table_scans_total",
    Kind.COUNTER,
    "scans",
    "Scans of a table by how it was read, from PostgreSQL's own statistics.",
    (TABLE, Label("access", ("index", "full_scan"))),
)
DB_SERVER_MEAN = Metric(
    "db_server_statement_mean_seconds",
    Kind.GAUGE,
    "seconds",
    "Mean time of a statement in the server itself, from `pg_stat_statements`.",
    (FINGERPRINT,),
)
DB_ERRORS = Metric(
    "db_errors_total",
    Kind.COUNTER,
    "failures",
    "Times that the store did not answer, by what was asked of it.",
    (Label("operation", STORE_OPERATIONS),),
)

CACHE_ENTRIES = Metric("cache_entries", Kind.GAUGE, "entries", "Entries that the cache holds.")
CACHE_BYTES = Metric("cache_bytes", Kind.GAUGE, "bytes", "Bytes that the cache holds.")
CACHE_LIMIT = Metric("cache_limit_bytes", Kind.GAUGE, "bytes", "Bytes that the cache may hold.")
CACHE_EVICTIONS = Metric(
    "cache_evictions_total",
    Kind.COUNTER,
    "entries",
    "Entries that left the cache, by reason; expired ones had reached their age,"
    " damaged ones were not as they had been set.",
    (Label("reason", ("entries", "bytes", "expired", "too_large", "damaged")),),
)

EVENTS_RECEIVED = Metric(
    "events_received_total",
    Kind.COUNTER,
    "events",
    "Events by name and receipt; names that the site does not declare are `unknown`.",
    (
        Label("event", bound=MOST_EVENT_NAMES),
        Label("receipt", tuple(receipt.value for receipt in Receipt)),
    ),
    public=True,
)
EVENTS_REJECTED = Metric(
    "events_rejected_total",
    Kind.COUNTER,
    "events",
    "Rejected events by reason.",
    (Label("reason", tuple(reason.value for reason in RejectionReason)),),
)
EVENTS_BOTS = Metric(
    "events_bots_total",
    Kind.COUNTER,
    "events",
    "Events of bots, by how they were recognised and the list's category.",
    (
        Label("reason", tuple(reason.value for reason in BotReason)),
        Label("category", (*CRAWLER_CATEGORIES, NO_CATEGORY)),
    ),
    series=24,
)
EVENTS_VISITS = Metric(
    "events_visits_total", Kind.COUNTER, "visits", "Visits that began.", public=True
)
EVENTS_FORGOTTEN = Metric(
    "events_forgotten_total",
    Kind.COUNTER,
    "events",
    "Events that were erased because their visitor or the owner asked.",
)
EVENTS_EXPIRED = Metric(
    "events_expired_total",
    Kind.COUNTER,
    "events",
    "Events that were deleted because their visit was older than the owner keeps visits.",
)

PERSONALIZATION_SERVED = Metric(
    "personalization_served_total",
    Kind.COUNTER,
    "answers",
    "Answers by segment (`none` where undecided), variant and whether it was a first visit.",
    (
        SEGMENT,
        Label("variant", tuple(variant.value for variant in Variant)),
        Label("visit", ("first", "later")),
    ),
    public=True,
)
PERSONALIZATION_DEFAULTS = Metric(
    "personalization_defaults_total",
    Kind.COUNTER,
    "answers",
    "Answers with the default page, by reason.",
    (Label("reason", tuple(reason.value for reason in DefaultReason)),),
)
PERSONALIZATION_DECIDED = Metric(
    "personalization_decisions_total",
    Kind.COUNTER,
    "visits",
    "Visits whose segment was decided, by segment and whether in the first visit.",
    (SEGMENT, Label("visit", ("first", "later"))),
    public=True,
)
PERSONALIZATION_CONFIDENCE = Metric(
    "personalization_confidence_ratio",
    Kind.HISTOGRAM,
    "ratio",
    "Calibrated confidence of each assessment of a visit.",
    (),
    CONFIDENCE,
)
PERSONALIZATION_CALIBRATION = Metric(
    "personalization_calibration_ratio",
    Kind.GAUGE,
    "ratio",
    "Share of simulated visitors who were what was thought of them, by confidence up to.",
    (Label("confidence", CONFIDENCE_UP_TO),),
)
PERSONALIZATION_CALIBRATION_ERROR = Metric(
    "personalization_calibration_error_ratio",
    Kind.GAUGE,
    "ratio",
    "Expected calibration error, on visitors of the site that were simulated.",
    (Label("visitors", ("simulated",)),),
)
PERSONALIZATION_STOPPED = Metric(
    "personalization_rules_stopped_total",
    Kind.COUNTER,
    "pages",
    "Pages that stopped moving their parts because it shifted their layout, by segment.",
    (SEGMENT,),
)
PERSONALIZATION_RULES = Metric(
    "personalization_rules_refreshed_total",
    Kind.COUNTER,
    "analyses",
    "Analyses that refreshed the rules, by whether anything changed.",
    (Label("changed", ("yes", "no")),),
)
PERSONALIZATION_ON = Metric(
    "personalization_on",
    Kind.GAUGE,
    "switch",
    "1 while personalization is on, 0 while the off switch is used.",
)

JOBS = Metric(
    "jobs_count",
    Kind.GAUGE,
    "jobs",
    "Jobs in the queue in PostgreSQL: waiting, running, and failed for good.",
    (JOB, Label("state", ("waiting", "running", "failed"))),
)
JOBS_OLDEST = Metric(
    "jobs_oldest_waiting_seconds",
    Kind.GAUGE,
    "seconds",
    "For how long the oldest job that is due has waited for a worker.",
)
JOBS_WORKERS = Metric(
    "jobs_workers", Kind.GAUGE, "workers", "Workers that said within half a minute that they live."
)
JOBS_FINISHED = Metric(
    "jobs_finished_total",
    Kind.COUNTER,
    "jobs",
    "Jobs that this worker ended, by outcome; retried ones are tried again.",
    (JOB, Label("outcome", tuple(outcome.value for outcome in JobOutcome))),
)
JOBS_DURATION = Metric(
    "jobs_last_duration_seconds",
    Kind.GAUGE,
    "seconds",
    "Time that the last job of this name took this worker.",
    (JOB,),
)
POSTGRES = (
    *(DB_LONGEST_TRANSACTION, DB_ROWS, DB_SCANS, DB_SERVER_MEAN),
    *(JOBS, JOBS_OLDEST, JOBS_WORKERS),
)
"""What is read of a PostgreSQL; an embedded database has neither these nor a queue."""
QUEUE = (JOBS_FINISHED, JOBS_DURATION)
"""What a worker counts by itself."""

LOG_RECORDS = Metric(
    "log_records_total",
    Kind.COUNTER,
    "lines",
    "Log lines that were written to standard output, by level.",
    (Label("level", LEVELS),),
)
LOG_DROPS = Metric(
    "log_dropped_total",
    Kind.COUNTER,
    "lines",
    "Log lines that standard output, a log file or CloudWatch did not take, by level.",
    (Label("level", LEVELS),),
)
LOG_REDACTIONS = Metric(
    "log_redactions_total",
    Kind.COUNTER,
    "values",
    "Secrets, addresses and e-mails that were taken out of log lines.",
)
LOG_QUEUE = Metric("log_queue_lines", Kind.GAUGE, "lines", "Log lines that wait to be written.")

SERIES_OVERFLOW = Metric(
    "metrics_series_overflow_total",
    Kind.COUNTER,
    "observations",
    "Observations that were counted under `other` because a metric had reached its bound.",
    (Label("metric", bound=60),),
)
SCRAPE_SECONDS = Metric(
    "metrics_scrape_seconds",
    Kind.GAUGE,
    "seconds",
    "Time that it took to render the scrape before this one.",
)
BUILD = Metric(
    "vitrine_build_info",
    Kind.GAUGE,
    "build",
    "1, with what is running in its labels.",
    (Label("version", bound=1), Label("python", bound=1), Label("site", bound=1)),
)
SERVICE_FAILURES = Metric(
    "vitrine_failures_total",
    Kind.COUNTER,
    "errors",
    "Errors that nobody expected: of requests, of what the service does beside answering, and"
    " rows of the database whose content is damaged, each time that one is read.",
    (Label("of", ("request", "duty", "row")),),
)
LOGINS = Metric(
    "vitrine_logins_total",
    Kind.COUNTER,
    "logins",
    "Tries to log in to the console, by result.",
    (Label("result", tuple(result.value for result in LoginResult)),),
)
CONSOLE_VIEWS = Metric(
    "console_dashboard_views_total",
    Kind.COUNTER,
    "views",
    "Times that a dashboard was opened in the console; its own refreshes are not counted.",
    (Label("dashboard", bound=8),),
)
STARTED = Metric(
    "vitrine_start_time_seconds",
    Kind.GAUGE,
    "seconds",
    "When the service started, in seconds since 1970.",
)
WORKER_UP = Metric(
    "vitrine_worker_up",
    Kind.GAUGE,
    "workers",
    "1; in the page that joins several workers 0 for one that did not answer in time.",
)
WORKER_REPLACEMENTS = Metric(
    "vitrine_worker_replacements_total",
    Kind.COUNTER,
    "processes",
    "Processes before this one that a supervisor replaced: they died, or it restarted them.",
    (Label("cause", ("died", "restarted")),),
)

_PROCESS = (
    ("process_virtual_memory_bytes", Kind.GAUGE, "bytes", "Virtual memory size in bytes."),
    ("process_resident_memory_bytes", Kind.GAUGE, "bytes", "Resident memory size in bytes."),
    (
        "process_start_time_seconds",
        Kind.GAUGE,
        "seconds",
        "Start time of the process since unix epoch in seconds.",
    ),
    (
        "process_cpu_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Total user and system CPU time spent in seconds.",
    ),
    ("process_open_fds", Kind.GAUGE, "files", "Number of open file descriptors."),
    ("process_max_fds", Kind.GAUGE, "files", "Maximum number of open file descriptors."),
)
PROCESS = tuple(Metric(name, kind, unit, text, foreign=True) for name, kind, unit, text in _PROCESS)

CATALOGUE: tuple[Metric, ...] = (
    *(value for value in tuple(globals().values()) if isinstance(value, Metric)),
    *CACHE_SERVER,
    *LLM,
    *PROCESS,
)
"""Every metric, in the order in which it stands here."""
