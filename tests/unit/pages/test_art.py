from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.pages import PORTFOLIO
from vitrine.pages.art import art


@pytest.mark.parametrize("project", PORTFOLIO.projects)
def test_every_project_has_a_picture_of_its_own_that_is_always_the_same(project: str) -> None:
    tags = PORTFOLIO.projects[project].tags
    drawn = art(project, tags)
    assert drawn == art(project, frozenset(sorted(tags, reverse=True)))
    assert drawn not in [art(other, tags) for other in PORTFOLIO.projects if other != project]


@pytest.mark.parametrize("tag", ["vitrine", "game", "mobile", "vision", "nlp", "none of these"])
def test_a_picture_is_whole_and_needs_nothing_from_elsewhere(tag: str) -> None:
    drawn = str(art("seed", (tag,)))
    root = ET.fromstring(drawn)
    assert root.attrib["aria-hidden"] == "true"
    assert "{" not in drawn
    assert "href" not in drawn
    assert "style" not in drawn


def test_no_seed_can_write_into_the_page() -> None:
    assert "<script" not in art('"><script>', ("game",))
