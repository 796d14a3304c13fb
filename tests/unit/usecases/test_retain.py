from __future__ import annotations

from tests.service import NOON
from tests.sites import small_site
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.signals import Signal, VisitsExpired
from vitrine.usecases.ports import Unit
from vitrine.usecases.retain import DAY_MS, Retain


async def test_a_visit_goes_once_it_ended_more_days_ago_than_it_is_kept() -> None:
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)
    store, heard = MemoryVisitStore(folding), list[Signal]()
    await store.record(Unit([Event("a" * 32, "download_resume", NOON, {})]))
    now = NOON + 30 * DAY_MS
    retain = Retain(store, 30, lambda: now, heard.append)
    assert await retain() == (0, 0)
    now += 1
    assert await retain() == (1, 1)
    assert await retain() == (0, 0)
    assert heard == [VisitsExpired(1, 1, 30)]
