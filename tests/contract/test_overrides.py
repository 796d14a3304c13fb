"""Overrides of rules, on notes in memory and in a real database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.contract.conftest import Opened
from tests.service import NOON
from tests.sites import small_site
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.memory import MemoryNotes
from vitrine.signals import RuleOverridden, Signal
from vitrine.usecases.analyse import load_rules
from vitrine.usecases.override import (
    MOST_CHANGES,
    NOTE,
    Override,
    OverrideRefusedError,
    Overrides,
    StaleOverrideError,
    overrides_of,
)
from vitrine.usecases.ports import Notes

SITE = small_site()
ORDER = {"project": ("pixel-game", "learn-git")}


@pytest.fixture
def notes(opening: Opened | None) -> Notes:
    return MemoryNotes() if opening is None else SqlNotes(opening())


@pytest.fixture
def heard() -> list[Signal]:
    return []


@pytest.fixture
def override(notes: Notes, heard: list[Signal]) -> Override:
    async def reload() -> None:
        await asyncio.sleep(0)

    return Override(site=SITE, notes=notes, clock=lambda: NOON, emit=heard.append, reload=reload)


async def test_a_pinned_order_comes_first_and_the_rest_follows_as_derived(
    override: Override, notes: Notes
) -> None:
    before = await load_rules(SITE, notes)
    await override.pin("RECRUITER", ORDER, 0)
    after = await load_rules(SITE, notes)
    assert after.version != before.version
    derived = before.rule("RECRUITER", "en")
    pinned = after.rule("RECRUITER", "en")
    assert pinned.featured_projects[:2] == ("pixel-game", "learn-git")
    assert pinned.priority_sections == derived.priority_sections
    assert pinned.highlight_skills == derived.highlight_skills
    assert after.rule("STUDENT", "en") == before.rule("STUDENT", "en")
    assert after.rule(None, "en") == before.rule(None, "en")


async def test_what_is_restored_is_as_it_was(override: Override, notes: Notes) -> None:
    before = await load_rules(SITE, notes)
    await override.pin("RECRUITER", ORDER, 0)
    await override.restore("RECRUITER", 1)
    assert (await load_rules(SITE, notes)).version == before.version
    assert (await override.current()).pins == {}


async def test_every_change_is_kept_with_its_time_and_announced(
    override: Override, heard: list[Signal]
) -> None:
    await override.pin("RECRUITER", ORDER, 0)
    await override.pin("STUDENT", {"skill": ("git",)}, 1)
    await override.restore("RECRUITER", 2)
    now = await override.current()
    assert now.version == 3
    assert [(one.at_ms, one.segment, bool(one.order)) for one in now.changes] == [
        (NOON, "RECRUITER", True),
        (NOON, "STUDENT", True),
        (NOON, "RECRUITER", False),
    ]
    assert heard == [
        RuleOverridden("RECRUITER", pinned=True),
        RuleOverridden("STUDENT", pinned=True),
        RuleOverridden("RECRUITER", pinned=False),
    ]


async def test_the_last_changes_are_kept_and_no_more(override: Override) -> None:
    for version in range(MOST_CHANGES + 3):
        await override.restore("RECRUITER", version)
    now = await override.current()
    assert len(now.changes) == MOST_CHANGES
    assert now.version == MOST_CHANGES + 3


async def test_who_did_not_see_the_last_change_changes_nothing(
    override: Override, heard: list[Signal]
) -> None:
    await override.pin("RECRUITER", ORDER, 0)
    with pytest.raises(StaleOverrideError, match="look at them again"):
        await override.pin("RECRUITER", {"project": ("sql-course",)}, 0)
    with pytest.raises(StaleOverrideError):
        await override.restore("RECRUITER", 7)
    assert (await override.current()).pins["RECRUITER"] == ORDER
    assert len(heard) == 1


async def test_of_two_at_once_one_wins_and_the_other_is_told(override: Override) -> None:
    results = await asyncio.gather(
        *(override.pin("RECRUITER", ORDER, 0) for _ in range(5)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, StaleOverrideError) for result in results) == 4


@pytest.mark.parametrize(
    ("segment", "order", "said"),
    [
        ("NOBODY", ORDER, "no segment 'NOBODY'"),
        ("RECRUITER", {"project": ("invented",)}, "project: the site has no 'invented'"),
        ("RECRUITER", {"project": ("learn-git", "learn-git")}, "twice"),
        ("RECRUITER", {"project": ()}, "name at least one"),
        ("RECRUITER", {"planet": ("mars",)}, "there is no kind 'planet'"),
    ],
)
async def test_what_the_site_does_not_declare_is_refused(
    override: Override, segment: str, order: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(OverrideRefusedError, match=said):
        await override.pin(segment, order, 0)
    assert await override.current() == Overrides()


async def test_what_the_site_no_longer_declares_is_left_out(
    override: Override, notes: Notes
) -> None:
    await override.pin("RECRUITER", ORDER, 0)
    projects = {name: item for name, item in SITE.projects.items() if name != "pixel-game"}
    smaller = replace(SITE, projects=projects)
    found = overrides_of(smaller, await notes.get(NOTE))
    assert found.pins == {"RECRUITER": {"project": ("learn-git",)}}
    none = replace(SITE, segments=SITE.segments[:1])
    assert overrides_of(none, await notes.get(NOTE)).pins == {}


@pytest.mark.parametrize("stored", [None, b"", b"{", b"[]", b'{"version": 1}', b'{"pins": 3}'])
def test_what_cannot_be_read_pins_nothing(stored: bytes | None) -> None:
    assert overrides_of(SITE, stored) == Overrides()
