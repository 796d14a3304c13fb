"""What can happen: frozen records with closed sets of reasons.

Code announces (`emit(signal)`); who listens is decided in `telemetry/bindings.py` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from vitrine.domain.breaker import BreakerState
from vitrine.domain.cost import Cost, Usage
from vitrine.domain.event import RejectionReason
from vitrine.domain.limit import LimitName
from vitrine.domain.period import Period
from vitrine.domain.question import FailureReason, QuestionKind, SkipReason

UNKNOWN_EVENT_NAME = "unknown"
"""Stands for every event name that the site does not declare: visitors choose those words."""


class Receipt(StrEnum):
    """What became of one event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Variant(StrEnum):
    """What a visitor is shown."""

    DEFAULT = "default"
    PERSONALIZED = "personalized"
    HOLDOUT = "holdout"


class DefaultReason(StrEnum):
    """Why a visitor got the default page."""

    UNKNOWN_VISITOR = "unknown_visitor"
    UNDECIDED = "undecided"
    OPTED_OUT = "opted_out"
    BOT = "bot"
    OFF = "off"
    OVER_LIMIT = "over_limit"
    DEADLINE = "deadline"
    STORE_FAILED = "store_failed"


class BotReason(StrEnum):
    """How a bot was recognised; `LISTED` ones are told apart by the list's own categories."""

    LISTED = "listed"
    NO_AGENT = "no_agent"
    BURST = "burst"
    NO_ASSET = "no_asset"
    ROBOTS_TXT = "robots_txt"


class LoginResult(StrEnum):
    """What became of a try to log in to the console."""

    SUCCESS = "success"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a result, not a secret
    LIMITED = "limited"


class Access(StrEnum):
    """How the planner reaches the rows of a statement; `NONE` where there are none to find."""

    INDEX = "index"
    PRIMARY_KEY = "primary_key"
    FULL_SCAN = "full_scan"
    NONE = "none"


class EventsReceived(NamedTuple):
    """One request's events after its commit, counted by (event name, receipt, reason)."""

    counts: Mapping[tuple[str, Receipt, RejectionReason | None], int]
    visits_started: int


class LimitReached(NamedTuple):
    """So much was refused, or answered with less, because a limit was reached."""

    limit: LimitName
    amount: int


class BotRecognised(NamedTuple):
    reason: BotReason
    category: str
    events: int


class VisitSegmented(NamedTuple):
    """A visit was assessed; `segment` is None where the confidence was below the threshold."""

    user_id: str
    segment: str | None
    confidence: float
    events: int
    first_visit: bool
    first_decision: bool


class PersonalizationServed(NamedTuple):
    segment: str | None
    variant: Variant
    first_visit: bool
    reason: DefaultReason | None


class CacheLooked(NamedTuple):
    key_pattern: str
    hit: bool


class CacheEvicted(NamedTuple):
    reason: str


class CacheServerUse(StrEnum):
    """What a cache server is asked for."""

    CACHE = "cache"
    LIMITS = "limits"


class LossReason(StrEnum):
    """Why a cache server cannot be used; `REFUSED` are answers that are errors."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    REFUSED = "refused"


class CacheServerPassedOver(NamedTuple):
    """Something was answered by what is in the process, because the cache server is away."""

    use: CacheServerUse


class CacheServerLost(NamedTuple):
    """The cache server went away; nobody waits for it any more until it is found again."""

    place: str
    reason: LossReason
    problem: str


class CacheServerFound(NamedTuple):
    """The cache server is used from now on, after so many seconds without it."""

    place: str
    away_s: float


class CacheServerRead(NamedTuple):
    """What the cache server says of itself, of all who use it.

    A limit of 0 bytes is none, and of 0 seconds left on average nothing is known.
    """

    memory_bytes: int
    limit_bytes: int
    hits: int
    misses: int
    evicted: int
    expired: int
    clients: int
    keys: int
    expiring: int
    ttl_s: float


class VisitorForgotten(NamedTuple):
    """What was kept of a visitor was erased, because they or the owner asked."""

    visits: int
    events: int


class VisitsExpired(NamedTuple):
    """Visits were deleted with their events: they ended more than so many days ago."""

    visits: int
    events: int
    days: int


class ReportMailed(NamedTuple):
    """The report of a period was taken by the mail server.

    `claim` is above 1 where processes died over it, which may have mailed it, too.
    """

    period: Period
    claim: int = 1


class RuleStopped(NamedTuple):
    """A page says that moving its parts shifted its layout by more than it may.

    `segment` is what the visit is taken for now; None where that is undecided again.
    """

    segment: str | None
    shift: float


class StoreFailed(NamedTuple):
    """The store did not answer; `operation` names what was asked, `problem` the kind of error.

    `again` are those after the first in a row of an operation that goes on trying.
    """

    operation: str
    problem: str
    again: bool = False


class StoreAnswered(NamedTuple):
    """The store answers an operation again, after so many seconds in which it did not."""

    operation: str
    away_s: float


class RowDamaged(NamedTuple):
    """The JSON in a row of a table is not what was written there; it was read as nothing.

    `again` are those within an hour of the first.
    """

    table: str
    again: bool = False


class StatementExecuted(NamedTuple):
    operation: str
    table: str
    seconds: float


class StatementSlow(NamedTuple):
    """A statement took 100 ms or more; `db_query` is its text, without any value."""

    fingerprint: str
    db_query: str
    seconds: float


class PlanFound(NamedTuple):
    """The planner said how it executes a statement; once for each."""

    fingerprint: str
    access: Access
    db_query: str


class TableState(NamedTuple):
    """What a database says of one table: rows, dead ones not yet cleaned up, scans so far."""

    live: int
    dead: int
    index_scans: int
    full_scans: int


class DatabaseLooked(NamedTuple):
    """What a database said of itself; `longest_transaction_s` is of those open now."""

    size_bytes: int
    longest_transaction_s: float
    tables: Mapping[str, TableState]


class StatementTimed(NamedTuple):
    """What the database's own statistics say of a statement since they were reset."""

    fingerprint: str
    mean_s: float


class JobName(StrEnum):
    """Every job that workers do."""

    ANALYSE = "analyse"
    SUGGEST = "suggest"
    CONSULT = "consult"
    RETAIN = "retain"
    REPORT = "report"
    RESCUE = "rescue"
    CLEAN = "clean"


class JobOutcome(StrEnum):
    """How a job ended: `retried` failed and is tried again, `failed` is not."""

    SUCCEEDED = "succeeded"
    RETRIED = "retried"
    FAILED = "failed"


class JobFinished(NamedTuple):
    """A worker ended a job; `problem` is empty where it succeeded."""

    job: JobName
    outcome: JobOutcome
    seconds: float
    attempt: int
    problem: str


class JobState(NamedTuple):
    """How many of one job wait, run and have failed for good."""

    waiting: int
    running: int
    failed: int


class JobsLooked(NamedTuple):
    """What the queue holds; `oldest_waiting_s` is of jobs that are due, `workers` are alive."""

    jobs: Mapping[JobName, JobState]
    oldest_waiting_s: float
    workers: int


class ConnectionWaited(NamedTuple):
    """Work waited for its turn and a connection, and obtained one or gave up."""

    seconds: float
    obtained: bool


class DutyFailed(NamedTuple):
    """Something that the service does beside answering raised an error."""

    duty: str
    problem: str


class RequestFailed(NamedTuple):
    """A request met an error that nobody expected; `exception` is its traceback."""

    exception: str


class RulesRefreshed(NamedTuple):
    version: str
    visits: int
    changed: bool


class CalibrationJudged(NamedTuple):
    """How far confidence can be relied on: `right` by the upper edge of what was said."""

    visitors: int
    error: float
    right: Mapping[float, float]


class PersonalizationSwitched(NamedTuple):
    on: bool


class ModelAttempted(NamedTuple):
    """An attempt at a provider ended; `reason` is None where its answer was used.

    `cost` is that of the attempt, also where its answer had to be thrown away.
    """

    provider: str
    model: str
    reason: FailureReason | None
    seconds: float
    usage: Usage
    cost: Cost


class ModelSkipped(NamedTuple):
    """A provider was not asked."""

    provider: str
    reason: SkipReason


class QuestionAnswered(NamedTuple):
    """The chain answered; `leg` is a provider or `rules`.

    `waited` are the seconds that other legs had taken before the answering one was asked.
    """

    kind: QuestionKind
    leg: str
    waited: float
    seconds: float


class ModelFellBack(NamedTuple):
    """A leg gave no answer and the next one that was asked is `to`."""

    origin: str
    to: str
    reason: FailureReason | SkipReason


class BreakerChanged(NamedTuple):
    provider: str
    state: BreakerState
    open_for_s: float


class BudgetCounted(NamedTuple):
    """What of today's budget is reserved and spent, in US dollars."""

    limit_usd: float
    reserved_usd: float
    spent_usd: float


class BudgetSpent(NamedTuple):
    """Today's budget does not allow another call; local rules answer until midnight UTC."""

    day: str
    limit_usd: float


class ModelUnusable(NamedTuple):
    """A model cannot work until a setting changes; `advice` says which."""

    provider: str
    model: str
    reason: FailureReason
    advice: str


class FingerprintsLooked(NamedTuple):
    """Unsure visits whose fingerprint had an answer already, and those that had to be asked."""

    known: int
    asked: int


class LoginTried(NamedTuple):
    """Somebody tried to log in to the console; from where is nobody's business."""

    result: LoginResult


class Actor(StrEnum):
    """By what somebody showed that they may act for the owner; `NOBODY` showed nothing."""

    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    SESSION = "session"
    NOBODY = "nobody"


class AdminActed(NamedTuple):
    """Somebody did, or tried to do, what only the owner may: one for each such request.

    `network` is all that is said of where from; `subject` what it was about, and never a
    visitor. `status` is that of the answer; by `audit` such lines are found in the log.
    """

    action: str
    subject: str
    actor: Actor
    network: str
    status: int
    audit: bool = True


class AlertSilenced(NamedTuple):
    """Somebody had an alert not be told for so long; 0 where its silence was ended."""

    alert: str
    minutes: int


class RuleOverridden(NamedTuple):
    """The owner gave a segment another order, or gave back the derived one."""

    segment: str
    pinned: bool


class DashboardViewed(NamedTuple):
    """Somebody opened a dashboard in the console."""

    dashboard: str


class ServiceStarted(NamedTuple):
    version: str
    site: str
    home: str
    at_ms: int


class ServiceStopped(NamedTuple):
    reason: str


class WorkerStarted(NamedTuple):
    """A process began to work in a place; how often one before it died, or was restarted."""

    deaths: int
    restarts: int


class WorkerDied(NamedTuple):
    """A worker ended that nobody had asked to; another one starts after the pause."""

    worker: str
    process: int
    ended_by: str
    pause_s: float


class WorkerRestarted(NamedTuple):
    """A new worker has taken over from one that was asked to end."""

    worker: str
    process: int


class WorkerNotReady(NamedTuple):
    """A new worker did not get ready; the one before it goes on."""

    worker: str
    process: int


class WorkerKilled(NamedTuple):
    """A worker did not end in time after it was asked to."""

    worker: str
    process: int
    after_s: float


Signal = (
    EventsReceived
    | LimitReached
    | BotRecognised
    | VisitSegmented
    | PersonalizationServed
    | CacheLooked
    | CacheEvicted
    | CacheServerPassedOver
    | CacheServerLost
    | CacheServerFound
    | CacheServerRead
    | VisitorForgotten
    | VisitsExpired
    | ReportMailed
    | RuleStopped
    | StoreFailed
    | StoreAnswered
    | RowDamaged
    | StatementExecuted
    | StatementSlow
    | PlanFound
    | DatabaseLooked
    | StatementTimed
    | JobFinished
    | JobsLooked
    | ConnectionWaited
    | DutyFailed
    | RequestFailed
    | RulesRefreshed
    | CalibrationJudged
    | PersonalizationSwitched
    | ModelAttempted
    | ModelSkipped
    | QuestionAnswered
    | ModelFellBack
    | BreakerChanged
    | BudgetCounted
    | BudgetSpent
    | ModelUnusable
    | FingerprintsLooked
    | LoginTried
    | AdminActed
    | AlertSilenced
    | RuleOverridden
    | DashboardViewed
    | ServiceStarted
    | ServiceStopped
    | WorkerStarted
    | WorkerDied
    | WorkerRestarted
    | WorkerNotReady
    | WorkerKilled
)
Emit = Callable[[Signal], None]
