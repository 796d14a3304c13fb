"""The stages of a drill: healthy, pending, firing, told, healed, resolved, told again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from vitrine.catalogue.alert import Alert, Severity
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.drill import Ballast, Drill
from vitrine.domain.failure import Failure
from vitrine.monitoring.compressed import SHORTEST_S, factor_of, windows_of
from vitrine.operations.drill.parts import CannotDrillError
from vitrine.operations.drill.rehearsal import EVERY_S, UNANSWERED, Rehearsal, rehearsal
from vitrine.operations.drill.sinks import CHANNELS, MAIL, SLACK, Message

LOOK_EVERY_S = 0.25
GRACE_S = 45.0
"""Beyond an alert's own windows, for two cores that four stacks share."""
QUIET_S = 3.0
LATE_SCRAPE_S = 3.0 * EVERY_S
BEATS_STOP_S = 4.0
LOOKS_FOR_BLOCKS_EVERY_S = 60.0
"""How often Prometheus looks whether its directory has other blocks."""
TOO_SLOW = "machine too slow"


@dataclass(slots=True)
class Course:
    """What became of one alert: seconds after the fault began, or after it was mended."""

    alert: str
    factor: float
    pending_s: float | None = None
    firing_s: float | None = None
    slack_s: float | None = None
    mail_s: float | None = None
    resolved_s: float | None = None
    slack_over_s: float | None = None
    mail_over_s: float | None = None
    inhibited: bool = False
    now: str = ""


@dataclass(slots=True)
class Outcome:
    """How a drill went; without `problems` it was passed."""

    drill: Drill
    courses: dict[str, Course]
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def hold(drill: Drill, home: Path, say: Callable[[str], None]) -> Outcome:
    """Hold one drill in a new `home`; `say` is told of each stage."""
    raised = [alert for alert in ALERTS if alert.name in drill.raises]
    courses = {alert.name: Course(alert.name, factor_of(alert)) for alert in raised}
    outcome = Outcome(drill, courses)
    began = time.monotonic()
    try:
        async with rehearsal(drill, home) as stack:
            act = _Silence(stack, outcome, say) if drill.silences else _Drilled(stack, outcome, say)
            await act.run()
    except CannotDrillError as problem:
        outcome.problems.append(str(problem))
    outcome.seconds = time.monotonic() - began
    return outcome


def longest_s(alerts: list[Alert]) -> float:
    """Return the seconds of the longest compressed window of some alerts."""
    spans = [span / factor_of(alert) for alert in alerts for span in windows_of(alert)]
    return max(spans, default=SHORTEST_S)


class _StageError(Failure):
    """A stage did not come in time."""


class _Drilled:
    """One drill of alerts that fire and resolve."""

    def __init__(self, stack: Rehearsal, outcome: Outcome, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._outcome = outcome
        self._fault = outcome.drill.fault
        self._courses = outcome.courses
        self._say = say
        self._since = time.monotonic()
        self._healed = False
        self._unexpected: set[str] = set()

    async def run(self) -> None:
        longest = longest_s([alert for alert in ALERTS if alert.name in self._courses])
        fault_takes = LOOKS_FOR_BLOCKS_EVERY_S if isinstance(self._fault, Ballast) else 0.0
        within_s = longest + fault_takes + GRACE_S
        await self._settled()
        started = time.monotonic()
        watching = asyncio.create_task(self._watch())
        try:
            self._say(f"healthy traffic for {longest:.0f} s")
            await asyncio.sleep(longest + 2 * EVERY_S)
            self._fail_on_early()
            self._say("the fault begins")
            self._since = time.monotonic()
            await self._stack.injure()
            await self._until(self._told, "to fire and be told", within_s)
            self._say("fired and told; the fault ends")
            self._healed, self._since = True, time.monotonic()
            await self._stack.heal()
            await self._until(self._over, "to resolve and be told", within_s)
        except _StageError as problem:
            self._outcome.problems.append(str(problem))
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        self._outcome.problems += [f"{name} fired too" for name in sorted(self._unexpected)]
        await self._judge_machine(time.monotonic() - started)

    async def _settled(self) -> None:
        """Return when the service is scraped: Prometheus starts 5 s late, and says it is down."""
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError, KeyError):
                told = [one for one in await self._stack.alerts() if not _is_heartbeat(one)]
                if not told and await self._stack.scrapes(SHORTEST_S):
                    return
            await asyncio.sleep(LOOK_EVERY_S)
        self._outcome.problems.append(f"{TOO_SLOW}: no scrape within {GRACE_S:.0f} s")

    def _fail_on_early(self) -> None:
        early = [course.alert for course in self._courses.values() if course.firing_s is not None]
        if early:
            raise _StageError(f"fired in healthy traffic: {', '.join(early)}")

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError, KeyError):
                await self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        active: dict[str, str] = {}
        for one in await self._stack.alerts():
            name = one["labels"]["alertname"]
            active[name] = "firing" if "firing" in (one["state"], active.get(name)) else "pending"
            if _is_heartbeat(one):
                continue
            if name not in self._courses and one["state"] == "firing":
                self._unexpected.add(name)
        inhibited = await self._stack.inhibited()
        after = time.monotonic() - self._since
        for name, course in self._courses.items():
            course.now = active.get(name, "")
            course.inhibited = course.inhibited or name in inhibited
            self._note(course, after)

    def _note(self, course: Course, after: float) -> None:
        messages = {channel: self._stack.sinks.of(channel, course.alert) for channel in CHANNELS}
        if not self._healed:
            if course.now and course.pending_s is None:
                course.pending_s = after
            if course.now == "firing" and course.firing_s is None:
                course.firing_s = after
            course.slack_s = course.slack_s or self._first(messages[SLACK], over=False)
            course.mail_s = course.mail_s or self._first(messages[MAIL], over=False)
            return
        course.resolved_s = None if course.now == "firing" else course.resolved_s or after
        course.slack_over_s = self._last_over(messages[SLACK])
        course.mail_over_s = self._last_over(messages[MAIL])

    def _first(self, messages: list[Message], *, over: bool) -> float | None:
        return next((one.at - self._since for one in messages if one.over is over), None)

    def _last_over(self, messages: list[Message]) -> float | None:
        """Return when the end was told, if that is the last that was told."""
        last = messages[-1] if messages else None
        return max(last.at - self._since, 0.0) if last is not None and last.over else None

    def _told(self) -> list[str]:
        return [
            course.alert
            for course in self._courses.values()
            if course.firing_s is None
            or not (course.inhibited or (course.slack_s and course.mail_s))
        ]

    def _over(self) -> list[str]:
        return [
            course.alert
            for course in self._courses.values()
            if course.resolved_s is None
            or not (
                course.inhibited
                or (course.slack_over_s is not None and course.mail_over_s is not None)
            )
        ]

    async def _until(self, missing: Callable[[], list[str]], what: str, within_s: float) -> None:
        """Return when nothing is missing for a while; raises `_StageError` in time's end."""
        deadline = time.monotonic() + within_s
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < (QUIET_S if self._healed else 0.0) or missing():
            if missing():
                quiet_since = time.monotonic()
            if time.monotonic() > deadline:
                raise _StageError(f"not within {within_s:.0f} s {what}: {', '.join(missing())}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _judge_machine(self, seconds: float) -> None:
        """Fail as too slow where scrapes came late or not at all: that says nothing of alerts."""
        unanswered = UNANSWERED & self._courses.keys() or self._outcome.drill.restarts
        scrapes = await self._stack.scrapes(seconds)
        gaps = [later[0] - one[0] for one, later in pairwise(scrapes)]
        missed = sum(not success for _, success in scrapes)
        allowed = len(scrapes) if unanswered else 0
        if max(gaps, default=0.0) > LATE_SCRAPE_S or missed > allowed:
            self._outcome.problems.append(
                f"{TOO_SLOW}: {missed} scrapes failed, the longest pause between two was"
                f" {max(gaps, default=0.0):.1f} s"
            )


def _is_heartbeat(alert: Mapping[str, Any]) -> bool:
    return bool(alert["labels"]["severity"] == Severity.HEARTBEAT)


class _Silence(_Drilled):
    """The drill of the watchdog: its heartbeat stops with the alerting, and comes back."""

    async def run(self) -> None:
        (course,) = self._courses.values()
        try:
            await self._beats(self._beating, "a heartbeat to arrive")
            self._say("the heart beats; the fault begins")
            course.firing_s = 0.0
            self._since = time.monotonic()
            await self._stack.injure()
            await self._beats(self._silent, "the heartbeat to stop")
            course.slack_s = time.monotonic() - self._since
            self._say("silence; the fault ends")
            self._since = time.monotonic()
            await self._stack.heal()
            await self._beats(self._beating, "the heartbeat to come back")
            course.resolved_s = time.monotonic() - self._since
        except _StageError as problem:
            self._outcome.problems.append(str(problem))

    def _silent(self) -> bool:
        beats = self._stack.sinks.heartbeats
        return time.monotonic() - max([self._since, *beats]) > BEATS_STOP_S

    def _beating(self) -> bool:
        return any(beat > self._since for beat in self._stack.sinks.heartbeats)

    async def _beats(self, seen: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 2 * GRACE_S
        while not seen():
            if time.monotonic() > deadline:
                raise _StageError(f"not within {2 * GRACE_S:.0f} s: {what}")
            await asyncio.sleep(LOOK_EVERY_S)
