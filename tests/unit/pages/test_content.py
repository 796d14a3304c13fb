from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.pages import PORTFOLIO
from vitrine.pages import content, render
from vitrine.pages.content import Content, editions

EDITIONS = editions(PORTFOLIO)


def shape(value: Any) -> Any:
    """Return what a text file declares, without its texts."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value)


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [str(value)]


@pytest.mark.parametrize("folder", [content.PORTFOLIO, render.WORDS], ids=["portfolio", "words"])
def test_all_languages_say_the_same_things(folder: Any) -> None:
    read = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
    assert len(read) == 2
    assert shape(read[0]) == shape(read[1])
    assert all(text.strip() for part in read for text in texts(part))
    placeholders = [[sorted(re.findall(r"{(\w+)}", text)) for text in texts(part)] for part in read]
    assert placeholders[0] == placeholders[1]


@pytest.mark.parametrize("language", EDITIONS)
def test_the_portfolio_says_something_of_everything_that_its_site_file_declares(
    language: str,
) -> None:
    said: Content = EDITIONS[language].content
    assert list(said.sections) == list(said.leads) == list(PORTFOLIO.sections)
    assert list(said.projects) == list(PORTFOLIO.projects)
    assert list(said.skills) == list(PORTFOLIO.skills)
    assert set(said.timeline) == PORTFOLIO.timeline
    assert set(said.contact) <= PORTFOLIO.channels
    assert set(said.segments) == set(PORTFOLIO.segment_ids)
    assert {skill for project in said.projects.values() for skill in project.skills} <= set(
        PORTFOLIO.skills
    )
    linked = {entry.project for entries in said.lists.values() for entry in entries}
    assert linked - {None} <= set(PORTFOLIO.projects)


def test_there_is_about_a_dozen_of_projects_with_a_story_each() -> None:
    for edition in EDITIONS.values():
        assert len(edition.content.projects) >= 12
        assert all(len(project.story) >= 3 for project in edition.content.projects.values())


def test_the_first_language_has_no_prefix_and_each_has_titles_of_its_own() -> None:
    assert [edition.prefix for edition in EDITIONS.values()] == ["", "/de"]
    english, german = EDITIONS["en"].site, EDITIONS["de"].site
    assert english.sections["career"].title == "Career"
    assert german.sections["career"].title == "Werdegang"
    assert german.projects["vision-api"].tags == PORTFOLIO.projects["vision-api"].tags
    assert german.segments[0].signs == PORTFOLIO.segments[0].signs


def test_nobody_real_is_named() -> None:
    for edition in EDITIONS.values():
        for channel in edition.content.contact.values():
            assert re.search(r"\.example\b|^tel:\+4930231250", channel.href), channel.href
