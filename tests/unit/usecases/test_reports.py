from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from vitrine.adapters.memory import MemoryNotes
from vitrine.domain.period import Period
from vitrine.signals import ReportMailed, Signal
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.reports import AGAIN_AFTER_MS, LEASE_MS, MOST_CLAIMS, Reports

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


class FullNotes(MemoryNotes):
    """Takes no note while it is `full`."""

    full = True

    async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
        if self.full:
            raise StoreUnavailableError("full")
        return await super().swap(name, before, after)


def quiet(_signal: Signal) -> None: ...


async def dies(_period: Period) -> None:
    """Is how a process ends over a report: nothing that comes after is run."""
    raise asyncio.CancelledError


async def die_over_it(notes: MemoryNotes, now_ms: int) -> None:
    with suppress(asyncio.CancelledError):
        await Reports((Period.DAILY,), dies, notes, quiet).look(now_ms)


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


async def test_a_report_that_cannot_be_noted_is_not_mailed_until_it_can() -> None:
    mailbox, notes = Mailbox(), FullNotes()
    reports = Reports((Period.DAILY,), mailbox, notes, quiet)
    for minute in (0, 10, 20):
        with pytest.raises(StoreUnavailableError, match="full"):
            await reports.look(MONDAY_MS + minute * 60_000)
    assert not mailbox.taken
    notes.full = False
    await reports.look(MONDAY_MS + 30 * 60_000)
    await reports.look(MONDAY_MS + 40 * 60_000)
    assert mailbox.taken == [Period.DAILY]


async def test_what_one_process_mails_no_other_mails_meanwhile() -> None:
    notes, going, go_on = MemoryNotes(), asyncio.Event(), asyncio.Event()

    async def slowly(_period: Period) -> None:
        going.set()
        await go_on.wait()

    mailing = asyncio.create_task(Reports((Period.DAILY,), slowly, notes, quiet).look(MONDAY_MS))
    await going.wait()
    other = Mailbox()
    await Reports((Period.DAILY,), other, notes, quiet).look(MONDAY_MS)
    go_on.set()
    await mailing
    assert not other.taken


async def test_a_report_that_fails_keeps_no_other_back() -> None:
    taken: list[Period] = []

    async def mail(period: Period) -> None:
        if period is Period.DAILY:
            raise OSError("no daily")
        taken.append(period)

    reports = Reports(BOTH, mail, MemoryNotes(), quiet)
    for minute in (0, 10):
        with pytest.raises(OSError, match="no daily"):
            await reports.look(MONDAY_MS + minute * 60_000)
    assert taken == [Period.WEEKLY]


async def test_a_run_in_parts_mails_each_period_that_is_wanted_and_due_on_its_day() -> None:
    mailbox, notes = Mailbox(), MemoryNotes()
    reports = Reports((*BOTH, Period.MONTHLY), mailbox, notes, quiet)
    for part in (*range(4), 0):  # a part may be done again, when its worker died
        await reports.run(MONDAY_MS, part)
    assert mailbox.taken == [Period.DAILY, Period.WEEKLY]


async def test_a_report_whose_process_died_over_it_is_mailed_by_one_other_half_an_hour_later() -> (
    None
):
    notes, mailbox = MemoryNotes(), Mailbox()
    heard: list[Signal] = []
    await die_over_it(notes, MONDAY_MS)
    others = [Reports((Period.DAILY,), mailbox, notes, heard.append) for _ in range(3)]
    for other in others:
        await other.look(MONDAY_MS + LEASE_MS - 1)
    assert not mailbox.taken
    await asyncio.gather(*(other.look(MONDAY_MS + LEASE_MS) for other in others))
    await others[0].look(MONDAY_MS + 2 * LEASE_MS)
    assert mailbox.taken == [Period.DAILY]
    assert heard == [ReportMailed(Period.DAILY, claim=2)]


async def test_nobody_mails_a_report_any_more_over_which_three_have_died() -> None:
    notes, mailbox = MemoryNotes(), Mailbox()
    for number in range(MOST_CLAIMS):
        await die_over_it(notes, MONDAY_MS + number * LEASE_MS)
    reports = Reports((Period.DAILY,), mailbox, notes, quiet)
    await reports.look(MONDAY_MS + MOST_CLAIMS * LEASE_MS)
    assert not mailbox.taken
    await reports.look(MONDAY_MS + 24 * HOUR_MS)
    assert mailbox.taken == [Period.DAILY]


async def test_a_mail_that_failed_is_tried_as_often_as_there_is_time() -> None:
    notes, mailbox = MemoryNotes(), Mailbox()
    reports = Reports((Period.DAILY,), mailbox, notes, quiet)
    mailbox.away = True
    for number in range(MOST_CLAIMS + 2):
        with pytest.raises(OSError, match="nobody takes mail"):
            await reports.look(MONDAY_MS + number * AGAIN_AFTER_MS)
    mailbox.away = False
    await reports.look(MONDAY_MS + (MOST_CLAIMS + 2) * AGAIN_AFTER_MS)
    assert mailbox.taken == [Period.DAILY]


async def test_who_fails_after_its_time_leaves_the_claim_of_the_next_one_alone() -> None:
    notes, mailbox = MemoryNotes(), Mailbox()

    async def too_slow(_period: Period) -> None:
        await die_over_it(notes, MONDAY_MS + LEASE_MS)  # somebody else's claim
        raise OSError("timed out")

    with pytest.raises(OSError, match="timed out"):
        await Reports((Period.DAILY,), too_slow, notes, quiet).look(MONDAY_MS)
    await Reports((Period.DAILY,), mailbox, notes, quiet).look(MONDAY_MS + LEASE_MS + 1)
    assert not mailbox.taken
