from __future__ import annotations

from tests.sites import small_site
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.usecases.chain import RULES, LocalRules
from vitrine.usecases.review import DAY_MS, Report, Review

SITE = small_site()
NOW = 1_700_000_000_000


def visit(visitor: str, ordinal: int = 1, days_ago: int = 0, **changes: object) -> Visit:
    at = NOW - days_ago * DAY_MS
    found = Visit(visitor, ordinal, at, at, events=1)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


async def report_on(*visits: Visit) -> Report:
    evidence = Evidence(SITE, FITTED)
    store = MemoryVisitStore(Folding(evidence, 0.5, SITE.conversions, lambda _: False))
    store.visits = {(one.visitor, one.ordinal): one for one in visits}
    review = Review(site=SITE, store=store, analyst=LocalRules(), clock=lambda: NOW)
    return await review(7)


async def test_the_figures_count_people_of_the_period() -> None:
    report = await report_on(
        visit("a", segment="STUDENT", features={"project:learn-git": 2.0}),
        visit("a", 2, segment="STUDENT", conversions=2, features={"project:learn-git": 1.0}),
        visit("b", features={"skill:git": 1.0}),
        visit("c", bot=True, segment="STUDENT"),
        visit("d", days_ago=8, segment="RECRUITER"),
    )
    assert report.figures == {
        "visits": 3,
        "visitors": 2,
        "decided": 2,
        "decided_percent": 66.7,
        "decided_in_first_visit": 1,
        "conversions": 2,
        **{f"{name}.visits": 2 * (name == "STUDENT") for name in SITE.segment_ids},
        **{f"{name}.percent": 100.0 * (name == "STUDENT") for name in SITE.segment_ids},
        "largest_segment": "STUDENT",
        "most_used_project": "learn-git",
        "most_used_project.visits": 2,
        "most_used_skill": "git",
        "most_used_skill.visits": 1,
    }
    assert report.leg == RULES
    assert "2 of 3 visits" in report.insights[0].what


async def test_a_period_without_visits_says_so() -> None:
    report = await report_on()
    assert report.figures["visits"] == 0
    assert "Nobody visited" in report.insights[0].what
