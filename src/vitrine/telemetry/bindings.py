"""The one table from signal to metrics and log line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vitrine.catalogue.cache_server import SERVER_FALLBACKS
from vitrine.catalogue.labels import NO_CATEGORY, NO_SEGMENT
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.metrics import (
    API_LIMITED,
    CACHE_EVICTIONS,
    CACHE_HITS,
    CACHE_MISSES,
    CONSOLE_VIEWS,
    DB_ERRORS,
    EVENTS_BOTS,
    EVENTS_EXPIRED,
    EVENTS_FORGOTTEN,
    EVENTS_RECEIVED,
    EVENTS_REJECTED,
    EVENTS_VISITS,
    LOGINS,
    PERSONALIZATION_CALIBRATION,
    PERSONALIZATION_CALIBRATION_ERROR,
    PERSONALIZATION_CONFIDENCE,
    PERSONALIZATION_DECIDED,
    PERSONALIZATION_DEFAULTS,
    PERSONALIZATION_ON,
    PERSONALIZATION_RULES,
    PERSONALIZATION_SERVED,
    PERSONALIZATION_STOPPED,
    SERVICE_FAILURES,
    STARTED,
    WORKER_REPLACEMENTS,
)
from vitrine.domain.event import RejectionReason
from vitrine.signals import (
    AdminActed,
    AlertSilenced,
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
    CalibrationJudged,
    ConnectionWaited,
    DashboardViewed,
    DatabaseLooked,
    DutyFailed,
    EventsReceived,
    FingerprintsLooked,
    JobFinished,
    JobsLooked,
    LimitReached,
    LoginResult,
    LoginTried,
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
    VisitorForgotten,
    VisitSegmented,
    VisitsExpired,
    WorkerDied,
    WorkerKilled,
    WorkerNotReady,
    WorkerRestarted,
    WorkerStarted,
)
from vitrine.telemetry import cache_server, database, jobs, llm
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Cell, Registry

FIRST_REFUSAL = 400
"""The lowest status of an answer that says no."""

Count = Callable[[Any], None]
Level = str | Callable[[Any], str]


def _nothing(_registry: Registry) -> Count:
    return lambda _signal: None


class Binding(NamedTuple):
    """What a signal counts as, and the log line that it makes (`None`: counted only).

    `counting` is given the registry once and returns what counts one signal. `types` are those
    of the `fields` where they are not the signal's own. `visitor` is the field that names one.
    """

    counting: Callable[[Registry], Count]
    message: str | None = None
    level: Level = "INFO"
    fields: Callable[[Any], Mapping[str, Any]] = lambda signal: signal._asdict()
    types: Mapping[str, type] | None = None
    visitor: str = ""


def _visit(*, first: bool) -> str:
    return "first" if first else "later"


def _events(registry: Registry) -> Count:
    received, rejected = registry[EVENTS_RECEIVED], registry[EVENTS_REJECTED]
    visits = registry[EVENTS_VISITS].cell()

    def count(signal: EventsReceived) -> None:
        for (name, receipt, reason), events in signal.counts.items():
            received.inc(name, receipt.value, by=events)
            if reason is not None:
                rejected.inc(reason.value, by=events)
        visits.value += signal.visits_started

    return count


RECEIPTS = {
    **{receipt.value: int for receipt in Receipt},
    **{f"rejected_{reason.value}": int for reason in RejectionReason},
    "visits_started": int,
}


def _receipts(signal: EventsReceived) -> Mapping[str, Any]:
    receipts: Counter[str] = Counter()
    for (_name, receipt, reason), events in signal.counts.items():
        receipts[f"rejected_{reason}" if reason else receipt.value] += events
    return {**receipts, "visits_started": signal.visits_started}


def _received_level(signal: EventsReceived) -> str:
    refused = any(receipt is Receipt.REJECTED for _name, receipt, _reason in signal.counts)
    return "INFO" if refused else "DEBUG"


def _bots(registry: Registry) -> Count:
    bots = registry[EVENTS_BOTS]
    return lambda signal: bots.inc(
        signal.reason.value, signal.category or NO_CATEGORY, by=signal.events
    )


def _limited(registry: Registry) -> Count:
    limited = registry[API_LIMITED]
    return lambda signal: limited.inc(signal.limit.value, by=signal.amount)


def _segmented(registry: Registry) -> Count:
    decided = registry[PERSONALIZATION_DECIDED]
    confidence = registry[PERSONALIZATION_CONFIDENCE].histogram()

    def count(signal: VisitSegmented) -> None:
        confidence.observe(signal.confidence)
        if signal.first_decision and signal.segment is not None:
            decided.inc(signal.segment, _visit(first=signal.first_visit))

    return count


SEGMENTATION = {"user_id": str, "segment": str, "confidence": float, "events": int}


def _segmentation(signal: VisitSegmented) -> Mapping[str, Any]:
    return {
        "user_id": signal.user_id,
        "segment": signal.segment,
        "confidence": signal.confidence,
        "events": signal.events,
    }


def _served(registry: Registry) -> Count:
    served, defaults = registry[PERSONALIZATION_SERVED], registry[PERSONALIZATION_DEFAULTS]
    cells: dict[Any, tuple[Cell, Cell | None]] = {}

    def find(signal: PersonalizationServed) -> tuple[Cell, Cell | None]:
        segment = signal.segment or NO_SEGMENT
        visit = _visit(first=signal.first_visit)
        reason = None if signal.reason is None else defaults.cell(signal.reason.value)
        return served.cell(segment, signal.variant.value, visit), reason

    def count(signal: PersonalizationServed) -> None:
        found = cells.get(signal)
        if found is None:
            found = cells[signal] = find(signal)
        found[0].value += 1
        if found[1] is not None:
            found[1].value += 1

    return count


def _looked(registry: Registry) -> Count:
    hits, misses = registry[CACHE_HITS], registry[CACHE_MISSES]
    cells: dict[CacheLooked, Cell] = {}

    def count(signal: CacheLooked) -> None:
        found = cells.get(signal)
        if found is None:
            family = hits if signal.hit else misses
            found = cells[signal] = family.cell(signal.key_pattern)
        found.value += 1

    return count


def _by(metric: Metric, *fields: str) -> Callable[[Registry], Count]:
    """Count on the metric, its labels being these fields of the signal."""

    def counting(registry: Registry) -> Count:
        family = registry[metric]
        return lambda signal: family.inc(*(getattr(signal, field) for field in fields))

    return counting


def _expired(registry: Registry) -> Count:
    expired = registry[EVENTS_EXPIRED].cell()

    def count(signal: VisitsExpired) -> None:
        expired.value += signal.events

    return count


def _forgotten(registry: Registry) -> Count:
    family = registry[EVENTS_FORGOTTEN]
    return lambda signal: family.inc(by=signal.events)


def _stopped(registry: Registry) -> Count:
    family = registry[PERSONALIZATION_STOPPED]
    return lambda signal: family.inc(signal.segment or NO_SEGMENT)


def _refreshed(registry: Registry) -> Count:
    family = registry[PERSONALIZATION_RULES]
    return lambda signal: family.inc("yes" if signal.changed else "no")


def _calibrated(registry: Registry) -> Count:
    right, error = (
        registry[PERSONALIZATION_CALIBRATION],
        registry[PERSONALIZATION_CALIBRATION_ERROR],
    )

    def count(signal: CalibrationJudged) -> None:
        error.cell("simulated").value = signal.error
        for edge, share in signal.right.items():
            right.cell(f"{edge:.1f}").value = share

    return count


JUDGED = {"visitors": int, "error": float}


def _judged(signal: CalibrationJudged) -> Mapping[str, Any]:
    return {"visitors": signal.visitors, "error": round(signal.error, 4)}


def _switched(registry: Registry) -> Count:
    state = registry[PERSONALIZATION_ON]
    state.set(1.0)
    return lambda signal: state.set(float(signal.on))


def _started(registry: Registry) -> Count:
    return lambda signal: registry[STARTED].set(signal.at_ms / 1000)


def _worker_started(registry: Registry) -> Count:
    replaced = registry[WORKER_REPLACEMENTS]

    def count(signal: WorkerStarted) -> None:
        # The supervisor counts, and has no metrics of its own: each place shows its own share.
        replaced.set(signal.deaths, "died")
        replaced.set(signal.restarts, "restarted")

    return count


def _failed(kind: str) -> Callable[[Registry], Count]:
    def counting(registry: Registry) -> Count:
        cell = registry[SERVICE_FAILURES].cell(kind)

        def count(_signal: Any) -> None:
            cell.value += 1

        return count

    return counting


BINDINGS: Mapping[type[Signal], Binding] = {
    EventsReceived: Binding(_events, "Events received", _received_level, _receipts, RECEIPTS),
    LimitReached: Binding(_limited),
    BotRecognised: Binding(_bots, "Bot recognised"),
    VisitSegmented: Binding(
        _segmented,
        "Segmentation completed for user",
        "INFO",
        _segmentation,
        SEGMENTATION,
        visitor="user_id",
    ),
    PersonalizationServed: Binding(_served, "Personalization served", "DEBUG"),
    VisitorForgotten: Binding(_forgotten, "Visitor forgotten"),
    VisitsExpired: Binding(_expired, "Old visits deleted"),
    ReportMailed: Binding(_nothing, "Report mailed"),
    RuleStopped: Binding(_stopped, "Rule stopped by a page", "WARNING"),
    CacheLooked: Binding(_looked),
    CacheEvicted: Binding(_by(CACHE_EVICTIONS, "reason"), "Cache entry evicted", "DEBUG"),
    CacheServerPassedOver: Binding(_by(SERVER_FALLBACKS, "use")),
    CacheServerLost: Binding(cache_server.lost, "Cache server away", "WARNING"),
    CacheServerFound: Binding(cache_server.found, "Cache server in use"),
    CacheServerRead: Binding(cache_server.read),
    StoreFailed: Binding(
        _by(DB_ERRORS, "operation"),
        "Store did not answer",
        lambda failed: "DEBUG" if failed.again else "ERROR",
    ),
    StoreAnswered: Binding(_nothing, "Store answers again"),
    StatementExecuted: Binding(database.executed),
    StatementSlow: Binding(database.slow, "Slow statement", "WARNING"),
    PlanFound: Binding(database.planned, "Statement planned"),
    DatabaseLooked: Binding(database.looked),
    StatementTimed: Binding(database.timed),
    JobFinished: Binding(jobs.finished, "Job finished", jobs.level),
    JobsLooked: Binding(jobs.looked),
    ConnectionWaited: Binding(database.waited),
    DutyFailed: Binding(_failed("duty"), "Duty failed", "ERROR"),
    RequestFailed: Binding(_failed("request"), "Request failed", "ERROR"),
    RowDamaged: Binding(
        _failed("row"), "Row is damaged", lambda damaged: "DEBUG" if damaged.again else "ERROR"
    ),
    RulesRefreshed: Binding(_refreshed, "Rules refreshed"),
    CalibrationJudged: Binding(_calibrated, "Calibration judged", "INFO", _judged, JUDGED),
    PersonalizationSwitched: Binding(_switched, "Personalization switched", "WARNING"),
    ModelAttempted: Binding(
        llm.attempted, "Model attempted", llm.attempt_level, llm.attempt, llm.ATTEMPT
    ),
    ModelSkipped: Binding(llm.skipped, "Model skipped", "DEBUG"),
    QuestionAnswered: Binding(llm.answered, "Question answered", "DEBUG"),
    ModelFellBack: Binding(llm.fell_back, "Model fell back", llm.fallback_level),
    BreakerChanged: Binding(llm.broke, "Circuit breaker changed", llm.breaker_level),
    BudgetCounted: Binding(llm.budgeted),
    BudgetSpent: Binding(llm.exhausted, "Daily model budget spent", "WARNING"),
    ModelUnusable: Binding(_nothing, "Model cannot be used", "ERROR"),
    FingerprintsLooked: Binding(llm.looked, "Unsure visits looked at", "DEBUG"),
    AdminActed: Binding(
        _nothing,
        "Admin acted",
        lambda acted: "INFO" if acted.status < FIRST_REFUSAL else "WARNING",
    ),
    AlertSilenced: Binding(_nothing, "Alert silenced", "WARNING"),
    RuleOverridden: Binding(_nothing, "Rule overridden", "WARNING"),
    DashboardViewed: Binding(_by(CONSOLE_VIEWS, "dashboard")),
    LoginTried: Binding(
        _by(LOGINS, "result"),
        "Login tried",
        lambda tried: "INFO" if tried.result is LoginResult.SUCCESS else "WARNING",
    ),
    ServiceStarted: Binding(_started, "Service started"),
    ServiceStopped: Binding(_nothing, "Service stopped"),
    WorkerStarted: Binding(_worker_started, "Worker started"),
    WorkerDied: Binding(_nothing, "Worker died", "ERROR"),
    WorkerRestarted: Binding(_nothing, "Worker restarted"),
    WorkerNotReady: Binding(_nothing, "Worker did not get ready", "ERROR"),
    WorkerKilled: Binding(_nothing, "Worker killed", "WARNING"),
}


def _nobody(_visitor: str) -> None:
    """Name no visitor in a line."""


def _fields(binding: Binding, name: Callable[[str], str | None]) -> Callable[[Any], Any]:
    """Return what gives a line's fields, with a visitor called as lines call them."""
    fields, visitor = binding.fields, binding.visitor
    if not visitor:
        return fields

    def named(signal: Any) -> Mapping[str, Any]:
        told = fields(signal)
        return {**told, visitor: name(told[visitor])}

    return named


class Telemetry:
    """The `emit` of a running program: counts each signal and logs what has a message.

    The log line's call site is that of the code which announced. `followers` are told of the
    kinds of signals that they name. `name` says what stands in lines for a visitor.
    """

    def __init__(
        self,
        log: JsonLog,
        registry: Registry,
        followers: Mapping[type[Signal], Count] = MappingProxyType({}),
        name: Callable[[str], str | None] = _nobody,
    ) -> None:
        self._log = log
        self._bound = {
            kind: (
                binding.counting(registry),
                followers.get(kind),
                binding.message,
                binding.level,
                _fields(binding, name),
            )
            for kind, binding in BINDINGS.items()
        }

    def __call__(self, signal: Signal) -> None:
        count, follow, message, level, fields = self._bound[type(signal)]
        count(signal)
        if follow is not None:
            follow(signal)
        if message is None:
            return
        said = level if isinstance(level, str) else level(signal)
        if not self._log.takes(said):
            return
        frame = sys._getframe(1)  # noqa: SLF001 - the standard way to a caller's place
        logger = str(frame.f_globals["__name__"])
        self._log.write(said, logger, message, frame.f_code, frame.f_lineno, fields(signal))
