from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vitrine.adapters.memory import MemoryNotes
from vitrine.domain.period import Period
from vitrine.signals import ReportMailed, Signal
from vitrine.usecases.reports import AGAIN_AFTER_MS, Reports

HOUR_MS = 3_600_000
MONDAY_MS = int(datetime(2026, 11, 30, 6, tzinfo=UTC).timestamp()) * 1_000
BOTH = (Period.DAILY, Period.WEEKLY)


class Mailbox:
    """Takes reports unless it is `away`."""

    def __init__(self) -> None:
        self.taken: list[Period] = []
        self.away = False

    async def __call__(self, period: Period) -> None:
        if self.away:
            raise OSError("nobody takes mail")
        self.taken.append(period)


def quiet(_signal: Signal) -> None: ...


async def test_what_is_due_is_mailed_once_also_by_the_process_that_comes_after() -> None:
    mailbox, notes = Mailbox(), MemoryNotes()
    heard: list[Signal] = []
    for minute in range(3):
        reports = Reports(BOTH, mailbox, notes, heard.append)
        await reports.look(MONDAY_MS + minute * 60_000)
        await reports.look(MONDAY_MS + minute * 60_000)
    assert mailbox.taken == [Period.DAILY, Period.WEEKLY]
    assert heard == [ReportMailed(Period.DAILY), ReportMailed(Period.WEEKLY)]
    await reports.look(MONDAY_MS + 24 * HOUR_MS)
    assert mailbox.taken == [Period.DAILY, Period.WEEKLY, Period.DAILY]


async def test_nothing_is_mailed_before_its_hour_and_nothing_six_hours_later() -> None:
    mailbox = Mailbox()
    reports = Reports((Period.WEEKLY,), mailbox, MemoryNotes(), quiet)
    await reports.look(MONDAY_MS - 1)
    await reports.look(MONDAY_MS + 7 * HOUR_MS)
    assert not mailbox.taken


async def test_what_nobody_took_is_tried_again_after_ten_minutes() -> None:
    mailbox = Mailbox()
    reports = Reports((Period.DAILY,), mailbox, MemoryNotes(), quiet)
    mailbox.away = True
    with pytest.raises(OSError, match="nobody takes mail"):
        await reports.look(MONDAY_MS)
    mailbox.away = False
    await reports.look(MONDAY_MS + AGAIN_AFTER_MS - 1)
    assert not mailbox.taken
    await reports.look(MONDAY_MS + AGAIN_AFTER_MS)
    assert mailbox.taken == [Period.DAILY]


async def test_a_run_in_parts_mails_each_period_that_is_wanted_and_due_on_its_day() -> None:
    mailbox, notes = Mailbox(), MemoryNotes()
    reports = Reports((*BOTH, Period.MONTHLY), mailbox, notes, quiet)
    for part in (*range(4), 0):  # a part may be done again, when its worker died
        await reports.run(MONDAY_MS, part)
    assert mailbox.taken == [Period.DAILY, Period.WEEKLY]
