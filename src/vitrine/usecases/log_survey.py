"""The first of two rounds over an access log: what only the whole of it shows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable

from vitrine.domain.access_log import Entry, parse_line
from vitrine.domain.bot import Habit, behaviour, habit_of
from vitrine.domain.log_line import LineReader
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.signals import BotReason

STEP = 5_000
HOUR_MS = 3_600_000
Progress = Callable[[int], None]


class LogSurvey:
    """What a log shows of its visitors as a whole, and how many lines each hour has.

    It holds a flag per visitor (about 150 bytes), however many lines there are.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.lines_by_hour: Counter[int] = Counter()
        self._habits: dict[str, Habit] = {}
        self._assets_logged = False

    def note(self, entry: Entry, visitor: str, reader: LineReader) -> None:
        """Take a line in."""
        self.lines_by_hour[entry.at_ms // HOUR_MS] += 1
        habit = habit_of(reader.kind(entry), entry.path)
        self._assets_logged = self._assets_logged or habit is Habit.ASSET
        self._habits[visitor] = self._habits.get(visitor, Habit.NONE) | habit

    def bot(self, visitor: str) -> BotReason | None:
        """Return how the visitor's behaviour gives it away, once all lines were noted."""
        found = behaviour(self._habits[visitor], assets_logged=self._assets_logged)
        return BotReason(found.value) if found else None


async def survey(
    lines: Iterable[bytes], reader: LineReader, pseudonyms: Pseudonyms, progress: Progress
) -> LogSurvey:
    """Return what the whole log shows; the other rounds may then go line by line."""
    found = LogSurvey()
    async for line in in_steps(lines, progress):
        found.lines += 1
        entry = parse_line(line)
        if entry is not None:
            found.note(entry, visitor_of(entry, pseudonyms), reader)
    return found


def visitor_of(entry: Entry, pseudonyms: Pseudonyms) -> str:
    """Return the pseudonym of the address and agent that a line shows."""
    return pseudonyms.in_log(entry.address, entry.agent or "")


async def in_steps(lines: Iterable[bytes], progress: Progress) -> AsyncIterator[bytes]:
    """Yield the lines; every few thousand report how many, and let others run (and cancel)."""
    since = 0
    for line in lines:
        yield line
        since += 1
        if since == STEP:
            progress(since)
            since = 0
            await asyncio.sleep(0)
    progress(since)
