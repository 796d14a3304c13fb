from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from random import Random

import pytest

from tests.service import NOON
from tests.sites import small_site
from vitrine.adapters.memory import MemoryNotes, MemoryVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.signals import RulesRefreshed, Signal
from vitrine.usecases.analyse import Analyse
from vitrine.usecases.ports import Unit
from vitrine.usecases.sharded import ShardedAnalysis, shards

SITE = small_site()
EVIDENCE = Evidence(SITE, FITTED)


@pytest.mark.parametrize("number", [1, 2, 3, 8, 100])
def test_each_visitor_is_in_one_shard_and_shards_are_about_as_large(number: int) -> None:
    ranges = shards(number)
    assert (ranges[0][0], ranges[-1][1]) == ("", None)
    assert all(one[1] == following[0] for one, following in pairwise(ranges))
    firsts, untils = zip(*ranges, strict=True)
    assert list(firsts) == sorted(set(firsts))
    random, counts = Random(4), [0] * number
    for _ in range(2_000 * number):
        visitor = random.randbytes(16).hex()
        place = bisect_left(firsts, visitor) - 1
        assert untils[place] is None or visitor < untils[place]
        counts[place] += 1
    assert max(counts) < 1.2 * min(counts)


async def test_parts_give_the_rules_that_the_whole_gives_once_the_last_is_made() -> None:
    heard: list[Signal] = []
    store = MemoryVisitStore(Folding(EVIDENCE, 0.5, SITE.conversions, lambda _visitor: False))
    random, skills = Random(5), list(SITE.skills)
    for _ in range(200):
        visitor = random.randbytes(16).hex()
        used = [random.choice(skills) for _ in range(6)]
        events = [Event(visitor, "skill_hover", NOON, {"skill_id": skill}) for skill in used]
        await store.record(Unit(events))

    def analyse(notes: MemoryNotes) -> Analyse:
        return Analyse(
            site=SITE,
            evidence=EVIDENCE,
            store=store,
            notes=notes,
            emit=heard.append,
            clock=lambda: NOON,
        )

    whole = await analyse(MemoryNotes())()
    notes = MemoryNotes()
    sharded = ShardedAnalysis(SITE, analyse(notes), notes, 4)
    assert [await sharded(NOON, shard) for shard in (2, 0, 3)] == [None] * 3
    found = await sharded(NOON, 1)
    assert found is not None
    assert (found.rules.version, found.visits) == (whole.rules.version, 200)
    assert await sharded(NOON + 1, 0) is None, "a part of an earlier run is none of this one"
    assert len([signal for signal in heard if isinstance(signal, RulesRefreshed)]) == 2
