"""What an operator needs to know about processes: those that serve, and those that do jobs."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.metrics import (
    JOBS,
    JOBS_FINISHED,
    JOBS_OLDEST,
    JOBS_WORKERS,
    WORKER_REPLACEMENTS,
)
from vitrine.catalogue.promql import delta, increase, max_by, select, sum_by, sum_of

_live = max_by(select(JOBS_WORKERS))
_oldest = max_by(select(JOBS_OLDEST))
_waiting = max_by(select(JOBS, state="waiting"), "job_name")
_failed = max_by(delta(select(JOBS, state="failed"), "2h"), "job_name")
_died = sum_of(increase(select(WORKER_REPLACEMENTS, cause="died"), "15m"))
_restarted = sum_of(increase(select(WORKER_REPLACEMENTS, cause="restarted"), "15m"))

STARTS_WITHIN_S = 12.0
"""What two workers need, one after the other, on two cores that much else shares."""

JOB_WORKERS_AWAY = Alert(
    "JobWorkersAway",
    Severity.WARNING,
    _live.equals(0),
    "5m",
    "No worker does the jobs in PostgreSQL",
    "{{ $value }} workers have said for five minutes that they live.",
    Runbook(
        "No `vitrine worker` lives, so that nothing that is due is even put into the queue.",
        "Visitors notice nothing. Rules get old, models are not asked, and nothing is deleted"
        " that is older than it may be.",
        (
            Look("workers that live", _live),
            Look("jobs that wait, by name", _waiting),
        ),
        (
            "Start one where the service's settings are: `vitrine worker`.",
            "If one runs, it hangs or does not reach the database: the end of its log says which.",
            (
                "With `docker-compose`: `docker-compose ps worker`; under systemd:"
                " `systemctl status vitrine-worker`."
            ),
            "What was due meanwhile is made up for by the next run; nothing has to be repeated.",
        ),
    ),
    (Feed(JOBS_WORKERS, value=1.0),),
    (Feed(JOBS_WORKERS, value=0.0),),
)

JOBS_WAITING = Alert(
    "JobsWaiting",
    Severity.WARNING,
    _oldest > 600,
    "5m",
    "Jobs that are due are not done",
    "The oldest job that is due has waited for {{ $value | humanizeDuration }}.",
    Runbook(
        "A job has been due for more than ten minutes, and no worker has taken it.",
        "Visitors notice nothing. Rules come late; a run that comes an hour late is left out.",
        (
            Look("seconds for which the oldest job that is due has waited", _oldest),
            Look("jobs that wait, by name", _waiting),
            Look("jobs that run, by name", max_by(select(JOBS, state="running"), "job_name")),
            Look("workers that live", _live),
        ),
        (
            "If no worker lives, go on with the runbook of JobWorkersAway.",
            (
                "If one job has been running all the time, it hangs, and its next runs wait for it:"
                " restart the workers, which gives it back to the queue."
            ),
            "If many run, the workers do not keep up: start another one with `vitrine worker`.",
            "If statements are slow, so are jobs: see the runbook of DatabaseSlowQueries.",
        ),
    ),
    (Feed(JOBS_OLDEST, value=30.0),),
    (Feed(JOBS_OLDEST, value=900.0),),
)

JOBS_FAILING = Alert(
    "JobsFailing",
    Severity.WARNING,
    _failed > 0,
    "0s",
    "A job has failed for good",
    "{{ $value | humanize }} runs of {{ $labels.job_name }} were given up in two hours.",
    Runbook(
        "A job failed, was tried five times more in six minutes, and was given up.",
        "What it should have done is left to its next run: `analyse` makes the rules, `retain`"
        " deletes what is too old, `consult` and `suggest` ask models.",
        (
            Look("runs that were given up in two hours, by name", _failed),
            Look(
                "failed runs of the last 30 days", max_by(select(JOBS, state="failed"), "job_name")
            ),
            Look(
                "ends of jobs in two hours, where the workers are scraped",
                sum_by(increase(select(JOBS_FINISHED), "2h"), "job_name", "outcome"),
            ),
        ),
        (
            (
                "The worker's lines “Job finished” of level ERROR name the error:"
                " `vitrine logs --level ERROR`."
            ),
            "If the database refused something, `vitrine doctor` says what it is short of.",
            "If it is an error of the code, report it with that line.",
            (
                "Once the cause is gone, wait for the next run; it resolves two hours after the"
                " last failure."
            ),
        ),
    ),
    (Feed(JOBS, {"job_name": "analyse", "state": "failed"}, 0.0),),
    (Feed(JOBS, {"job_name": "analyse", "state": "failed"}, 1.0),),
    labels={"job_name": "analyse"},
)

WORKERS_DYING = Alert(
    "WorkersDying",
    Severity.WARNING,
    _died > 2,
    "0s",
    "Processes of the service die again and again",
    "{{ $value | humanize }} processes of `vitrine serve --workers` died in 15 minutes.",
    Runbook(
        "Processes of `vitrine serve --workers` died, and others took their places. One that dies"
        " before it is ready is not counted here: its scrapes fail instead (ScrapesFailing).",
        "Who was just being answered got no answer and may ask again; the other processes go on.",
        (
            Look("processes that died in 15 minutes", _died),
            Look("processes that were restarted because somebody asked", _restarted),
        ),
        (
            "The lines “Worker died” of the log say by what: `vitrine logs --level ERROR`.",
            (
                "`signal SIGKILL`, and nobody did it: the system was short of memory, and `dmesg`"
                " says so. Give the machine more, or start fewer workers."
            ),
            "`signal SIGSEGV` or an exit code: the lines before it say what happened; report it.",
            (
                "Pauses before the next start grow to ten seconds, so that one that cannot live"
                " takes nothing from the others."
            ),
        ),
    ),
    (Feed(WORKER_REPLACEMENTS, {"cause": "died", "worker": "1"}, 0.0),),
    (Feed(WORKER_REPLACEMENTS, {"cause": "died", "worker": "1"}, 1.0),),
    takes_s=STARTS_WITHIN_S,
)

WORKER_ALERTS = (JOB_WORKERS_AWAY, JOBS_WAITING, JOBS_FAILING, WORKERS_DYING)
