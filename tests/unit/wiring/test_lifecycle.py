"""What a service takes over while it runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.service import NOON, SlowNotes
from tests.sites import small_site
from vitrine.usecases.override import NOTE, Override
from vitrine.wiring.lifecycle import LiveRules


async def test_rules_that_were_read_before_a_change_are_not_taken_over_after_it() -> None:
    site, notes = small_site(), SlowNotes(NOTE)
    home: Any = SimpleNamespace(site=site, notes=notes)
    rules = LiveRules(home)
    derived = rules.rule("RECRUITER", "en").featured_projects
    override = Override(
        site=site,
        notes=notes,
        clock=lambda: NOON,
        emit=lambda _signal: None,
        reload=rules.reload,
    )
    pinned = sorted(site.projects, reverse=True)
    await notes.late(rules.reload(), override.pin("RECRUITER", {"project": pinned}, 0))
    assert rules.rule("RECRUITER", "en").featured_projects != derived
