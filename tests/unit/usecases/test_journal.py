"""What is written down of changes, and that it outlives the process."""

from __future__ import annotations

import asyncio

import pytest

from tests.service import NOON, FailingNotes
from vitrine.domain.question import FailureReason
from vitrine.signals import (
    Actor,
    AdminActed,
    AlertSilenced,
    ModelUnusable,
    PersonalizationSwitched,
    RuleOverridden,
    RulesRefreshed,
    ServiceStarted,
    Signal,
)
from vitrine.usecases.journal import MOST, NOTE, SAID, Entry, Journal
from vitrine.usecases.ports import StoreUnavailableError

SIGNALS: list[tuple[Signal, str, str]] = [
    (ServiceStarted("0.1.0", "small", ".vitrine", NOON), "Service started", "version 0.1.0"),
    (RulesRefreshed("ab12", 1_200, True), "Rules changed", "version ab12, from 1,200 visits"),
    (
        PersonalizationSwitched(False),
        "Personalization turned off",
        "everybody sees the default page",
    ),
    (PersonalizationSwitched(True), "Personalization turned on", ""),
    (RuleOverridden("RECRUITER", pinned=True), "Order pinned", "RECRUITER"),
    (RuleOverridden("RECRUITER", pinned=False), "Order given back", "RECRUITER"),
    (
        AdminActed("forget", "visits: 1, events: 5", Actor.TOKEN, "198.51.100", 200),
        "Visitor erased by the owner",
        "visits: 1, events: 5",
    ),
    (
        AdminActed("log_level", "DEBUG", Actor.TOKEN, "198.51.100", 200),
        "Log level changed",
        "DEBUG",
    ),
    (AlertSilenced("HighLatency", 60), "Alert silenced", "HighLatency for 60 min"),
    (AlertSilenced("HighLatency", 0), "Silence ended", "HighLatency"),
    (
        ModelUnusable("gemini", "flash", FailureReason.UNAUTHORIZED, "set another key"),
        "Model of gemini cannot be used",
        "set another key",
    ),
]


def journal(notes: FailingNotes) -> Journal:
    return Journal(notes, lambda: NOON)


@pytest.mark.parametrize(("signal", "what", "detail"), SIGNALS, ids=lambda value: str(value)[:30])
def test_a_change_is_said_in_words(signal: Signal, what: str, detail: str) -> None:
    kept = journal(FailingNotes())
    kept.followers[type(signal)](signal)
    assert kept.entries == (Entry(NOON, what, detail),)


def test_every_change_has_an_example_here() -> None:
    assert {type(signal) for signal, _, _ in SIGNALS} == set(SAID)


@pytest.mark.parametrize(
    ("action", "status"), [("forget", 503), ("log_level", 401), ("theme", 303)]
)
def test_what_was_refused_or_changed_nothing_is_no_change(action: str, status: int) -> None:
    kept = journal(FailingNotes())
    kept.note(AdminActed(action, "", Actor.TOKEN, "198.51.100", status))
    assert kept.entries == ()


def test_an_analysis_that_changed_nothing_is_no_change() -> None:
    kept = journal(FailingNotes())
    kept.note(RulesRefreshed("ab12", 100, False))
    assert kept.entries == ()


async def test_what_is_saved_is_there_after_a_restart_the_last_first() -> None:
    notes = FailingNotes()
    first = journal(notes)
    first.note(PersonalizationSwitched(False))
    await first.share()
    second = journal(notes)
    second.note(PersonalizationSwitched(True))
    await second.share()
    assert [entry.what for entry in second.entries] == [
        "Personalization turned on",
        "Personalization turned off",
    ]


async def test_each_process_sees_the_changes_of_all_in_their_order() -> None:
    notes, times = FailingNotes(), iter([NOON, NOON + 1, NOON + 2])
    one, other = (Journal(notes, lambda: next(times)) for _ in range(2))
    one.note(PersonalizationSwitched(False))
    other.note(RuleOverridden("RECRUITER", pinned=True))
    one.note(PersonalizationSwitched(True))
    for process in (one, other, one):
        await process.share()
    assert one.entries == other.entries
    assert [entry.at_ms - NOON for entry in one.entries] == [2, 1, 0]


async def test_nothing_is_written_where_nothing_is_new() -> None:
    notes = FailingNotes()
    await journal(notes).share()
    assert await notes.get(NOTE) is None


async def test_what_could_not_be_saved_is_saved_the_next_time() -> None:
    class Refusing(FailingNotes):
        refuses = True

        async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
            if self.refuses:
                raise StoreUnavailableError("OperationalError")
            return await super().swap(name, before, after)

    notes = Refusing()
    kept = journal(notes)
    kept.note(PersonalizationSwitched(False))
    with pytest.raises(StoreUnavailableError):
        await kept.share()
    notes.refuses = False
    await kept.share()
    assert b"turned off" in (await notes.get(NOTE) or b"")


@pytest.mark.parametrize("stored", [b"", b"{", b"[1]", b'[["x", 1]]', b'{"a": 1}'])
async def test_what_cannot_be_read_is_forgotten(stored: bytes) -> None:
    notes = FailingNotes()
    await notes.put(NOTE, stored)
    kept = journal(notes)
    await kept.share()
    assert kept.entries == ()


def test_no_more_than_so_many_changes_are_kept() -> None:
    kept = journal(FailingNotes())
    for number in range(MOST + 5):
        kept.note(PersonalizationSwitched(number % 2 == 0))
    assert len(kept.entries) == MOST


async def test_what_was_stored_by_a_share_that_was_cut_off_is_not_said_twice() -> None:
    class Slow(FailingNotes):
        async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
            await super().swap(name, before, after)
            raise asyncio.CancelledError

    notes = Slow()
    kept = journal(notes)
    kept.note(AlertSilenced("HighLatency", 60))
    with pytest.raises(asyncio.CancelledError):
        await kept.share()
    await kept.share()
    assert len(kept.entries) == 1
