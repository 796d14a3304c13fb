from __future__ import annotations

import inspect
import io
import json
from typing import Any, get_args

import pytest

from tests.service import PERSON, RECRUITED, Parts
from tests.sites import small_site
from vitrine.catalogue.cache_server import READ
from vitrine.domain.breaker import BreakerState
from vitrine.domain.cost import Cost, Provenance, Usage
from vitrine.domain.event import RejectionReason
from vitrine.domain.limit import LimitName
from vitrine.domain.period import Period
from vitrine.domain.question import FailureReason, QuestionKind, SkipReason
from vitrine.signals import (
    Access,
    Actor,
    AdminActed,
    AlertSilenced,
    BotReason,
    BotRecognised,
    BreakerChanged,
    BudgetCounted,
    BudgetSpent,
    CacheEvicted,
    CacheLooked,
    CacheServerFound,
    CacheServerLost,
    CacheServerPassedOver,
    CacheServerRead,
    CacheServerUse,
    CalibrationJudged,
    ConnectionWaited,
    DashboardViewed,
    DatabaseLooked,
    DefaultReason,
    DutyFailed,
    EventsReceived,
    FingerprintsLooked,
    JobFinished,
    JobName,
    JobOutcome,
    JobsLooked,
    JobState,
    LimitReached,
    LoginResult,
    LoginTried,
    LossReason,
    ModelAttempted,
    ModelFellBack,
    ModelSkipped,
    ModelUnusable,
    PersonalizationServed,
    PersonalizationSwitched,
    PlanFound,
    QuestionAnswered,
    Receipt,
    ReportMailed,
    RequestFailed,
    RowDamaged,
    RuleOverridden,
    RulesRefreshed,
    RuleStopped,
    ServiceStarted,
    ServiceStopped,
    Signal,
    StatementExecuted,
    StatementSlow,
    StatementTimed,
    StoreAnswered,
    StoreFailed,
    TableState,
    Variant,
    VisitorForgotten,
    VisitSegmented,
    VisitsExpired,
    WorkerDied,
    WorkerKilled,
    WorkerNotReady,
    WorkerRestarted,
    WorkerStarted,
)
from vitrine.telemetry.bindings import BINDINGS, Telemetry
from vitrine.telemetry.logs import JsonLog
from vitrine.wiring.metrics import build_registry

OWN = ["timestamp", "level", "logger", "message", "module", "function", "line"]
EXAMPLES: list[Signal] = [
    AdminActed("switch", "off", Actor.SESSION, "198.51.100", 303),
    EventsReceived(
        {
            ("project_click", Receipt.ACCEPTED, None): 3,
            ("project_click", Receipt.DUPLICATE, None): 1,
            ("unknown", Receipt.REJECTED, RejectionReason.UNKNOWN_EVENT): 2,
        },
        1,
    ),
    LimitReached(LimitName.SITE_EVENTS, 3),
    BotRecognised(BotReason.LISTED, "search-engine", 4),
    VisitSegmented("0f" * 16, "STUDENT", 0.8123, 5, True, True),
    PersonalizationServed(None, Variant.DEFAULT, True, DefaultReason.UNKNOWN_VISITOR),
    VisitorForgotten(1, 7),
    RuleStopped("STUDENT", 0.03),
    CacheLooked("decision", True),
    CacheEvicted("bytes"),
    CacheServerLost("127.0.0.1:6379", LossReason.TIMEOUT, "TimeoutError"),
    CacheServerPassedOver(CacheServerUse.LIMITS),
    CacheServerFound("127.0.0.1:6379", 12.5),
    CacheServerRead(1_000, 2_000, 10, 5, 1, 3, 2, 40, 30, 60.5),
    StoreFailed("record", "OperationalError"),
    StoreAnswered("jobs", 12.5),
    StatementExecuted("select", "visits", 0.002),
    StatementSlow("select_visits_00ff", "SELECT value FROM visits", 0.2),
    PlanFound("select_visits_00ff", Access.INDEX, "SELECT value FROM visits"),
    VisitsExpired(3, 12, 395),
    ReportMailed(Period.WEEKLY),
    JobFinished(JobName.CONSULT, JobOutcome.RETRIED, 0.5, 1, "TimeoutError()"),
    JobsLooked({JobName.CONSULT: JobState(2, 1, 3)}, 4.5, 2),
    DatabaseLooked(1_000, 0.5, {"visits": TableState(10, 2, 30, 1)}),
    StatementTimed("select_visits_00ff", 0.001),
    ConnectionWaited(0.001, obtained=False),
    RulesRefreshed("ab12", 100, True),
    CalibrationJudged(1_000, 0.02, {0.9: 0.88, 1.0: 0.97}),
    PersonalizationSwitched(False),
    ModelAttempted(
        "gemini",
        "flash",
        FailureReason.SCHEMA,
        1.5,
        Usage(1_000, 200, 100),
        Cost(2_500, Provenance.UNPRICED),
    ),
    ModelSkipped("gemini", SkipReason.BREAKER_OPEN),
    QuestionAnswered(QuestionKind.SEGMENTS, "deepseek", 1.5, 2.0),
    ModelFellBack("gemini", "deepseek", FailureReason.SCHEMA),
    BreakerChanged("gemini", BreakerState.OPEN, 30.0),
    BudgetCounted(1.0, 0.25, 0.5),
    BudgetSpent("2026-03-01", 1.0),
    ModelUnusable("gemini", "flash", FailureReason.MODEL_RETIRED, "set GEMINI_MODEL"),
    FingerprintsLooked(3, 2),
    LoginTried(LoginResult.WRONG_PASSWORD),
    AlertSilenced("HighLatency", 60),
    RuleOverridden("RECRUITER", pinned=True),
    DashboardViewed("vitrine-api"),
    ServiceStarted("0.1.0", "small", ".vitrine", 1_700_000_000_000),
    ServiceStopped("asked to"),
    WorkerStarted(2, 1),
    WorkerDied("2", 4711, "signal SIGKILL", 0.25),
    WorkerRestarted("2", 4711),
    WorkerNotReady("2", 4711),
    WorkerKilled("2", 4711, 10.0),
    DutyFailed("analyse", "ValueError()"),
    RowDamaged("visits"),
    RequestFailed("Traceback: ValueError"),
]


AT_START = ("vitrine_build_info", "personalization_on", "vitrine_worker_up")
SUPERVISED = (WorkerDied, WorkerRestarted, WorkerNotReady, WorkerKilled)
BY_PEOPLE = (AdminActed, AlertSilenced, RuleOverridden)
UNCOUNTED = (StoreAnswered, ServiceStopped, ModelUnusable, ReportMailed, *BY_PEOPLE, *SUPERVISED)
"""The end of a process is no number that anybody could still scrape, a model that cannot
work is counted by its attempts, a report comes once a day at most, and who acts as the owner is
a person, not a rate. Nobody scrapes a supervisor: whoever it starts is handed the counts, and
shows them."""


def called(visitor: str) -> str:
    """Return what stands for a visitor in these lines."""
    return visitor[::-1]


class Heard:
    """A telemetry with everything that it wrote."""

    def __init__(self, level: str = "DEBUG") -> None:
        self._stream = io.BytesIO()
        self._log = JsonLog(self._stream, level)
        self.registry = build_registry(small_site())
        self.telemetry = Telemetry(self._log, self.registry, name=called)

    def counted(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Return every series that is not 0."""
        return {
            name: found
            for name, family in self.registry.families.items()
            if name not in AT_START
            for found in (
                {
                    **{v: cell.value for v, cell in family.cells.items() if cell.value},
                    **{v: sum(h.counts) for v, h in family.histograms.items() if sum(h.counts)},
                },
            )
            if found
        }

    def lines(self) -> list[dict[str, Any]]:
        self._log.close()
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_every_signal_has_a_binding_and_every_binding_a_signal() -> None:
    assert set(BINDINGS) == set(get_args(Signal))
    assert {type(signal) for signal in EXAMPLES} == set(get_args(Signal))


@pytest.mark.parametrize("signal", EXAMPLES, ids=lambda signal: type(signal).__name__)
def test_every_signal_counts_and_makes_at_most_one_line_of_the_design(signal: Signal) -> None:
    heard = Heard()
    heard.telemetry(signal)
    switched = isinstance(signal, PersonalizationSwitched)
    assert bool(heard.counted()) == (not switched and not isinstance(signal, UNCOUNTED))
    lines = heard.lines()
    assert len(lines) == (BINDINGS[type(signal)].message is not None)
    for line in lines:
        assert list(line)[:7] == OWN
        assert line["message"] == BINDINGS[type(signal)].message
        assert line["module"] == "test_bindings"


def test_the_line_names_the_code_that_announced() -> None:
    heard = Heard()
    here = inspect.currentframe()
    assert here is not None
    line = here.f_lineno + 1
    heard.telemetry(ServiceStopped("asked to"))
    (said,) = heard.lines()
    assert said["logger"] == __name__
    assert said["module"] == "test_bindings"
    assert said["function"] == "test_the_line_names_the_code_that_announced"
    assert said["line"] == line


async def test_a_use_case_is_named_as_the_one_that_announced() -> None:
    heard = Heard("INFO")
    parts = Parts(listener=heard.telemetry)
    await parts.ingest([{**RECRUITED[0], "user_pseudo_id": "ann"}], PERSON)
    (line,) = heard.lines()
    assert list(line) == [*OWN, "user_id", "segment", "confidence", "events"]
    assert line["message"] == "Segmentation completed for user"
    assert (line["logger"], line["module"]) == ("vitrine.usecases.ingest", "ingest")
    assert line["user_id"] == called(parts.pseudonym("ann"))


async def test_lines_name_nobody_where_nothing_says_how() -> None:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    parts = Parts(listener=Telemetry(log, build_registry(small_site())))
    await parts.ingest([{**RECRUITED[0], "user_pseudo_id": "ann"}], PERSON)
    log.close()
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["user_id"] is None
    assert list(line) == [*OWN, "user_id", "segment", "confidence", "events"]


async def test_no_line_says_who_a_visitor_is() -> None:
    heard = Heard()
    parts = Parts(listener=heard.telemetry)
    secret = "ann-of-green-gables"
    raws = [{**event, "user_pseudo_id": secret, "event_id": secret} for event in RECRUITED]
    await parts.ingest([*raws, {"event_name": secret}], PERSON)
    await parts.personalize(secret, PERSON, "en")
    await parts.personalize(None, PERSON, "en")
    parts.store.fails = parts.store.forgets = True
    await parts.personalize(secret, PERSON, "en")
    told = json.dumps([heard.lines(), heard.registry.read()])
    assert called(parts.pseudonym(secret)) in told
    for word in (secret, parts.pseudonym(secret), PERSON.address, "198.51.100", PERSON.agent):
        assert word not in told


def test_every_signal_counts_where_the_catalogue_says() -> None:
    heard = Heard("ERROR")
    for signal in EXAMPLES:
        heard.telemetry(signal)
    heard.telemetry(VisitSegmented("0e" * 16, None, 0.2, 1, True, False))
    heard.telemetry(VisitSegmented("0d" * 16, "CASUAL", 0.9, 2, False, True))
    heard.telemetry(CacheLooked("decision", False))
    assert heard.registry.families["personalization_on"].cell().value == 0
    assert heard.counted() == {
        "api_limited_total": {("site_events",): 3},
        "console_dashboard_views_total": {("vitrine-api",): 1},
        "events_forgotten_total": {(): 7},
        "jobs_count": {
            ("consult", "waiting"): 2,
            ("consult", "running"): 1,
            ("consult", "failed"): 3,
        },
        "jobs_oldest_waiting_seconds": {(): 4.5},
        "jobs_workers": {(): 2},
        "jobs_finished_total": {("consult", "retried"): 1},
        "jobs_last_duration_seconds": {("consult",): 0.5},
        "events_expired_total": {(): 12},
        "personalization_rules_stopped_total": {("STUDENT",): 1},
        "cache_hits_total": {("decision",): 1},
        "cache_misses_total": {("decision",): 1},
        "cache_evictions_total": {("bytes",): 1},
        "cache_server_up": {(): 1},
        "cache_server_losses_total": {("timeout",): 1},
        "cache_server_fallbacks_total": {("limits",): 1},
        "cache_server_memory_bytes": {(): 1_000},
        "cache_server_memory_limit_bytes": {(): 2_000},
        "cache_server_keyspace_hits_total": {(): 10},
        "cache_server_keyspace_misses_total": {(): 5},
        "cache_server_evicted_keys_total": {(): 1},
        "cache_server_expired_keys_total": {(): 3},
        "cache_server_clients": {(): 2},
        "cache_server_keys": {(): 40},
        "cache_server_expiring_keys": {(): 30},
        "cache_server_keys_ttl_seconds": {(): 60.5},
        "db_errors_total": {("record",): 1},
        "db_pool_timeouts_total": {(): 1},
        "db_size_bytes": {(): 1_000},
        "db_longest_transaction_seconds": {(): 0.5},
        "db_rows": {("visits", "live"): 10, ("visits", "dead"): 2},
        "db_table_scans_total": {("visits", "index"): 30, ("visits", "full_scan"): 1},
        "db_server_statement_mean_seconds": {("select_visits_00ff",): 0.001},
        "db_pool_wait_seconds": {(): 1},
        "db_queries_total": {("select", "visits"): 1},
        "db_query_duration_seconds": {("select", "visits"): 1},
        "db_slow_statement_last_seconds": {("select_visits_00ff",): 0.2},
        "db_slow_statement_worst_seconds": {("select_visits_00ff",): 0.2},
        "db_slow_statements_total": {("select_visits_00ff",): 1},
        "db_statement_index_use": {("select_visits_00ff", "index"): 1},
        "events_bots_total": {("listed", "search-engine"): 4},
        "events_received_total": {
            ("project_click", "accepted"): 3,
            ("project_click", "duplicate"): 1,
            ("unknown", "rejected"): 2,
        },
        "events_rejected_total": {("unknown_event",): 2},
        "events_visits_total": {(): 1},
        "llm_answers_total": {("segments", "deepseek"): 1},
        "llm_answer_wait_seconds": {(): 1},
        "llm_attempt_failures_total": {("gemini", "schema"): 1},
        "llm_breaker_state": {("gemini", "open"): 1},
        "llm_budget_exhausted_total": {(): 1},
        "llm_budget_limit_usd": {(): 1.0},
        "llm_budget_reserved_usd": {(): 0.25},
        "llm_budget_spent_usd": {(): 0.5},
        "llm_cost_usd_total": {("gemini", "unpriced"): 0.0025},
        "llm_discarded_cost_usd_total": {("gemini",): 0.0025},
        "llm_fallbacks_total": {("gemini", "deepseek", "schema"): 1},
        "llm_fingerprints_total": {("known",): 3, ("asked",): 2},
        "llm_request_duration_seconds": {("gemini",): 1},
        "llm_requests_total": {("gemini", "error"): 1},
        "llm_skips_total": {("gemini", "breaker_open"): 1},
        "llm_tokens_total": {
            ("gemini", "input"): 900,
            ("gemini", "cached"): 100,
            ("gemini", "output"): 200,
        },
        "llm_unpriced_tokens_total": {("gemini",): 1_200},
        "personalization_confidence_ratio": {(): 3},
        "personalization_calibration_error_ratio": {("simulated",): 0.02},
        "personalization_calibration_ratio": {("0.9",): 0.88, ("1.0",): 0.97},
        "personalization_decisions_total": {("STUDENT", "first"): 1, ("CASUAL", "later"): 1},
        "personalization_defaults_total": {("unknown_visitor",): 1},
        "personalization_rules_refreshed_total": {("yes",): 1},
        "personalization_served_total": {("none", "default", "first"): 1},
        "vitrine_failures_total": {("request",): 1, ("duty",): 1, ("row",): 1},
        "vitrine_logins_total": {("wrong_password",): 1},
        "vitrine_start_time_seconds": {(): 1_700_000_000.0},
        "vitrine_worker_replacements_total": {("died",): 2, ("restarted",): 1},
    }


def test_who_follows_a_kind_of_signal_is_told_of_it_and_of_no_other() -> None:
    told: list[Signal] = []
    log = JsonLog(io.BytesIO(), "ERROR")
    registry = build_registry(small_site())
    telemetry = Telemetry(log, registry, {PersonalizationSwitched: told.append})
    telemetry(PersonalizationSwitched(False))
    telemetry(CacheLooked("decision", True))
    assert told == [PersonalizationSwitched(False)]
    assert registry.families["personalization_on"].cell().value == 0
    log.close()


def series(heard: Heard) -> set[str]:
    """Return the metrics on a cache server that have a series."""
    families = heard.registry.families.items()
    return {name for name, family in families if name.startswith("cache_server_") and family.cells}


def test_of_a_cache_server_there_is_nothing_where_none_is_configured() -> None:
    assert series(Heard()) == set()


def test_what_a_cache_server_said_is_gone_while_it_is_away() -> None:
    heard = Heard()
    said = CacheServerRead(1_000, 2_000, 10, 5, 1, 3, 2, 40, 30, 60.5)
    heard.telemetry(CacheServerFound("127.0.0.1:6379", 0.0))
    heard.telemetry(said)
    known = series(heard)
    heard.telemetry(CacheServerLost("127.0.0.1:6379", LossReason.CONNECTION, "ConnectionError"))
    assert known - series(heard) == {metric.name for metric in READ}
    heard.telemetry(said._replace(limit_bytes=0))
    assert known - series(heard) == {"cache_server_memory_limit_bytes"}
