from __future__ import annotations

from dataclasses import replace

from tests.service import NOON, PERSON, RECRUITED, Parts
from vitrine.domain.visit import TIMEOUT_MS


async def recruited(parts: Parts, visitor: str = "ann") -> str:
    await parts.ingest([{**event, "user_pseudo_id": visitor} for event in RECRUITED], PERSON)
    return parts.pseudonym(visitor)


async def test_a_visitor_gets_everything_in_words() -> None:
    parts = Parts()
    found = await parts.desk._export(await recruited(parts), "en")
    assert found["since"] == "2023-11-15T12:00:00+00:00"
    assert found["off"] is False
    assert [event["what"] for event in found["events"]] == [
        "viewed a section",
        "explored the career timeline",
        "looked at a skill",
        "downloaded the résumé",
        "looked for a way to get in touch",
    ]
    assert found["events"][0]["about"] == "Experience"
    assert found["events"][0]["event_params"] == {"section_id": "experience"}
    now = found["now"]
    assert (now["segment"], now["title"]) == ("RECRUITER", "Recruiter")
    assert (now["variant"], now["sureness"]) == ("personalized", "very sure")
    assert now["evidence"][0]["says"] == "speaks strongly for it"
    assert found["visits"][0]["features"]


async def test_the_words_are_in_the_language_that_is_asked_for() -> None:
    parts = Parts()
    found = await parts.desk._export(await recruited(parts), "de")
    assert found["events"][0]["what"] == "hat einen Abschnitt angesehen"
    assert found["now"]["sureness"] == "sehr sicher"


async def test_who_is_not_known_gets_an_empty_page() -> None:
    found = await Parts().desk._export("f" * 32, "en")
    assert (found["since"], found["now"], found["visits"], found["events"]) == (None, None, [], [])


async def test_who_is_held_out_is_told_so_and_sees_the_default_reasoning() -> None:
    parts = Parts(held_out=lambda _visitor: True)
    found = await parts.desk._export(await recruited(parts), "en")
    assert found["now"]["variant"] == "holdout"
    assert found["now"]["reasoning"] == parts.rules.rule(None, "en").reasoning


async def test_an_undecided_visit_has_no_segment_and_says_how_sure_it_would_take() -> None:
    parts = Parts()
    await parts.ingest([{"event_name": "scroll_depth", "event_params": {"percent": 50}}], PERSON)
    visitor = await parts.identify.visitor(None, PERSON, NOON)
    found = await parts.desk._export(str(visitor), "en")
    assert found["now"]["segment"] is None
    assert found["now"]["variant"] == "default"
    assert found["now"]["sureness"] == "not sure enough"
    assert found["now"]["threshold"] == parts.site.threshold


async def test_every_visit_is_there_oldest_first() -> None:
    parts = Parts()
    await recruited(parts)
    parts.now += TIMEOUT_MS + 1
    found = await parts.desk._export(await recruited(parts), "en")
    assert [visit["visit"] for visit in found["visits"]] == [1, 2]
    assert len(found["events"]) == 2 * len(RECRUITED)


async def test_a_title_of_the_site_may_differ_by_language() -> None:
    parts = Parts()
    german = replace(parts.site.sections["experience"], title="Erfahrung")
    german_site = replace(parts.site, sections={**parts.site.sections, "experience": german})
    parts.desk._export._sites = lambda language: german_site if language == "de" else parts.site
    found = await parts.desk._export(await recruited(parts), "de")
    assert found["events"][0]["about"] == "Erfahrung"
