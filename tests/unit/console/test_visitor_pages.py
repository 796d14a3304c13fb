"""Visitors, rules, preview, insights, the experiment and the off switch."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.console import ConsoleParts, Person, csrf_of
from tests.service import NOON, RECRUITED, batch
from tests.unit.console.test_service_pages import words
from vitrine.signals import (
    PersonalizationServed,
    PersonalizationSwitched,
    RuleOverridden,
    StoreFailed,
)
from vitrine.usecases.override import KINDS


@pytest.fixture
def parts() -> ConsoleParts:
    return ConsoleParts()


@pytest.fixture
async def person(parts: ConsoleParts) -> Person:
    person = parts.person()
    await person.log_in()
    return person


async def shown(person: Person, path: str) -> str:
    reply = await person.get(path)
    assert reply.status == 200, (path, reply.status)
    return words(reply.text)


# Visitors


async def test_without_visitors_the_page_says_so_and_still_judges_the_model(
    person: Person,
) -> None:
    said = await shown(person, "/console/visitors")
    assert "Nobody was here in this time." in said
    assert "Nobody has come yet." in said
    assert "Of 100 visitors simulated from your site file, 90 % are decided, and 92 %" in said


async def test_visits_are_shown_by_segment_with_what_they_did(
    parts: ConsoleParts, person: Person
) -> None:
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    page = (await person.get("/console/visitors?days=30")).text
    said = words(page)
    title = next(one.title for one in parts.site.segments if one.id == "RECRUITER")
    assert f"{title} RECRUITER 100 % 1 1 100.0 %" in said
    assert "download resume 1" in said
    assert f"/console/visitors/{parts.pseudonym('ada')}" in page
    assert "last 30 days" in said
    assert (await person.get("/console/visitors?days=zork")).status == 200


@pytest.mark.parametrize("by", ["id", "pseudonym"])
async def test_one_visitor_is_found_by_id_or_pseudonym_and_told_step_by_step(
    parts: ConsoleParts, person: Person, by: str
) -> None:
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    pseudonym = parts.pseudonym("ada")
    who = "ada" if by == "id" else pseudonym
    found = await person.submit("/console/visitors", "/console/visitors/find", who=who)
    assert (found.status, found.headers["location"]) == (303, f"/console/visitors/{pseudonym}")
    said = await shown(person, found.headers["location"])
    assert "RECRUITER with" in said
    assert "download resume" in said
    assert "The visitor … How much Says" in said
    assert "downloaded the résumé" in said


async def test_who_was_never_here_has_no_story(person: Person) -> None:
    found = await person.submit("/console/visitors", "/console/visitors/find", who="nobody")
    missing = await person.get(found.headers["location"])
    assert missing.status == 404
    assert "No visit of that visitor is known." in words(missing.text)
    assert (await person.get("/console/visitors/not-a-pseudonym")).status == 404
    bad = await person.submit("/console/visitors", "/console/visitors/find", who="x" * 200)
    assert bad.status == 422


async def test_a_held_out_visitor_is_said_to_be_one() -> None:
    parts = ConsoleParts(held_out=lambda _visitor: True)
    person = parts.person()
    await person.log_in()
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    said = await shown(person, f"/console/visitors/{parts.pseudonym('ada')}")
    assert "Held out: sees the default page" in said


# Rules


async def test_every_rule_is_listed_with_where_it_comes_from(
    parts: ConsoleParts, person: Person
) -> None:
    page = (await person.get("/console/rules")).text
    said = words(page)
    assert "The default page" in said
    assert said.count("from signs alone") == len(parts.site.segments)
    for segment in parts.site.segment_ids:
        assert f"/console/rules/{segment}?language=en" in page


async def test_a_rule_is_compared_with_the_sites_order_and_with_the_signs_alone(
    parts: ConsoleParts, person: Person
) -> None:
    said = await shown(person, "/console/rules/RECRUITER")
    for heading in ("Shown now", "The site's own order", "From the signs alone"):
        assert said.count(heading) == len(KINDS)
    assert "up " in said
    assert "down " in said
    assert "overridden" not in said
    assert (await person.get("/console/rules/NOBODY")).status == 404


async def override(person: Person, segment: str = "RECRUITER", **fields: Any) -> Any:
    page = await person.get(f"/console/rules/{segment}")
    version = re.findall(r'name="version" value="(\d+)"', page.text)[0]
    form = {"csrf": csrf_of(page), "version": version, **fields}
    return await person.post(f"/console/rules/{segment}", form)


async def test_an_override_changes_what_visitors_are_answered_and_restoring_gives_it_back(
    parts: ConsoleParts, person: Person
) -> None:
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    before = (await parts.client.ask("ada")).json
    order = ["pixel-game", "learn-git", "sql-course"]
    done = await override(person, action="pin", pinned="project", project=order)
    assert (done.status, done.headers["location"]) == (303, "/console/rules/RECRUITER")
    pinned = (await parts.client.ask("ada")).json
    assert pinned["featured_projects"] == order
    assert pinned["priority_sections"] == before["priority_sections"]
    said = await shown(person, "/console/rules/RECRUITER")
    assert "You have overridden: project. Everything else is derived." in said
    assert "projects: pixel-game, learn-git, sql-course" in said
    assert "overridden" in await shown(person, "/console/rules")
    assert (await override(person, action="restore")).status == 303
    assert (await parts.client.ask("ada")).json == before
    assert "restored" in await shown(person, "/console/rules/RECRUITER")
    assert [one.pinned for one in parts.of(RuleOverridden)] == [True, False]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"pinned": "project", "project": ["invented"]}, 422, "the site has no 'invented'"),
        ({"pinned": "project", "project": ["learn-git", "learn-git"]}, 422, "twice"),
        ({"pinned": "project"}, 422, "name at least one"),
        ({"pinned": "project", "project": ["learn-git"], "version": "9"}, 409, "meanwhile"),
        ({"pinned": "project", "project": ["learn-git"], "version": "x"}, 422, "which overrides"),
    ],
)
async def test_an_override_that_cannot_be_is_refused_in_words(
    parts: ConsoleParts, person: Person, fields: dict[str, Any], status: int, said: str
) -> None:
    done = await override(person, action="pin", **fields)
    assert done.status == status
    assert said in words(done.text)
    assert parts.of(RuleOverridden) == []


async def test_an_override_that_pins_nothing_gives_everything_back(
    parts: ConsoleParts, person: Person
) -> None:
    await override(person, action="pin", pinned="project", project=["learn-git"])
    await override(person, action="pin", project=["learn-git"])
    assert (await parts.people.override.current()).pins == {}


# Preview


async def test_a_preview_shows_the_order_of_a_segment_and_counts_nothing(
    parts: ConsoleParts, person: Person
) -> None:
    for segment in parts.site.segments:
        page = (await person.get(f"/console/preview?segment={segment.id}")).text
        said = words(page)
        assert "As it is shown to them" in said
        assert "As everybody else sees it The page as its owner arranged it." in said
        rule = parts.rules.rule(segment.id, "en")
        titles = [parts.site.sections[one].title for one in rule.priority_sections]
        found = re.findall(r"<li[^>]*><span>(.*?)</span>", page)
        assert found[: len(titles)] == titles
    assert parts.of(PersonalizationServed) == []
    assert (await person.get("/console/preview?segment=NOBODY")).status == 404


# Insights


async def test_insights_come_from_local_rules_and_cost_nothing(
    parts: ConsoleParts, person: Person
) -> None:
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    said = await shown(person, "/console/insights")
    assert "1 of 1 visits were decided, 100.0 percent." in said
    assert "So what" in said
    assert "What to do" in said
    assert "Nobody has asked one since the service started." in said
    assert parts.questions == []


async def test_a_model_is_asked_only_by_its_button(parts: ConsoleParts, person: Person) -> None:
    done = await person.submit("/console/insights", "/console/insights", days="30")
    assert (done.status, done.headers["location"]) == (303, "/console/insights?days=30")
    assert parts.questions == [30]
    said = await shown(person, "/console/insights?days=30")
    assert "Answered by flash (gemini)" in said
    assert "Nobody has asked one" in await shown(person, "/console/insights?days=7")
    bad = await person.submit("/console/insights", "/console/insights", days="31")
    assert bad.status == 422


# Does it help?

ARMS = {"exposed": 100, "converted": 7}, {"exposed": 0, "converted": 0}


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            {"state": "not_enough_data", "more_needed": 1_234},
            "About 1,234 more visitors are needed",
        ),
        ({"state": "not_enough_data", "more_needed": None}, "It cannot be said"),
        ({"state": "not_enough_data", "more_needed": None, "share": 0.0}, "Nobody is held out"),
        ({"state": "split_is_off", "p": 1e-5}, "The split is off"),
        (
            {"state": "measured", "difference": 0.031, "low": 0.012, "high": 0.05},
            "It helps. The true difference lies between +1.20 and +5.00 points",
        ),
        ({"state": "measured", "difference": -0.03, "low": -0.05, "high": -0.01}, "It harms."),
        (
            {"state": "measured", "difference": 0.001, "low": -0.01, "high": 0.012},
            "No difference worth knowing of.",
        ),
    ],
)
async def test_whether_it_helps_is_said_for_every_verdict(
    parts: ConsoleParts, person: Person, verdict: dict[str, Any], said: str
) -> None:
    personalized, holdout = ARMS
    parts.measured.update(share=0.1, since_ms=NOON, personalized=personalized, holdout=holdout)
    parts.measured.update(verdict)
    page = await shown(person, "/console/experiment")
    assert said in page
    assert "personalized 100 7 7.0 %" in page
    assert "held out 0 0 no visitors yet" in page


# Off switch


async def test_personalization_is_turned_off_only_on_purpose_and_on_again(
    parts: ConsoleParts, person: Person
) -> None:
    await person.submit("/console/switch", "/console/switch", to="off")
    assert parts.switch.on
    done = await person.submit("/console/switch", "/console/switch", to="off", sure="yes")
    assert (done.status, parts.switch.on) == (303, False)
    for page in ("/console/switch", "/console", "/console/rules"):
        assert "Personalization is off: everybody sees the default page." in await shown(
            person, page
        )
    await person.submit("/console/switch", "/console/switch", to="on")
    assert parts.switch.on
    assert parts.of(PersonalizationSwitched) == [
        PersonalizationSwitched(on=False),
        PersonalizationSwitched(on=True),
    ]
    bad = await person.submit("/console/switch", "/console/switch", to="sideways", sure="yes")
    assert bad.status == 422


async def test_a_database_that_is_away_is_a_page_that_says_so(
    parts: ConsoleParts, person: Person
) -> None:
    parts.notes.fails = True
    reply = await person.get("/console/rules")
    assert reply.status == 503
    assert "The database does not answer (OperationalError); try again in a moment." in words(
        reply.text
    )
    assert reply.headers["retry-after"] == "2"
    assert parts.of(StoreFailed) == [StoreFailed("console", "OperationalError")]
