from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.sites import small_site
from vitrine.domain.log_line import LineReader
from vitrine.domain.site import LogMapping, PathRule, Site
from vitrine.usecases.example_paths import example_paths, page


def mapped(*rules: tuple[str, str, dict[str, str]]) -> Site:
    pages = tuple(PathRule(re.compile(pattern), event, fixed) for pattern, event, fixed in rules)
    return replace(small_site(), log=LogMapping(pages))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (r"^/$", "/"),
        (r"^/(de/)?$", "/"),
        (r"^/index\.html$", "/index.html"),
        (r"^/(?:home|start)/?$", "/home"),
        (r"^/(home|start)$", "/home"),
        (r"^/$|^/index\.html$", "/"),
        (r"^/year/\d{4}$", None),
        (r"^/\d+/[a-z]+$", "/1/a"),
        (r"^/archive/.*", "/archive/"),
        (r"^/(?=look)\w", None),
    ],
)
def test_a_rule_is_turned_round_or_left_out(pattern: str, path: str | None) -> None:
    found = example_paths(mapped((pattern, "section_view", {"section_id": "home"})))
    assert list(found.values()) == ([] if path is None else [path])


def test_a_named_group_gives_a_path_for_each_id() -> None:
    site = mapped((r"^/portfolio/(?P<project_id>[a-z(]+(?:-[a-z]+)*)/?$", "project_click", {}))
    paths = example_paths(site)
    assert (
        paths["project_click", frozenset({("project_id", "shop-front")})] == "/portfolio/shop-front"
    )
    assert len(paths) == len(site.projects)


def test_every_path_reads_back_as_its_event() -> None:
    site = mapped(
        (r"^/cv\.pdf$", "download_resume", {}),
        (r"^/(?P<section_id>writing|contact)(?:/[a-z0-9-]+)*/?$", "section_view", {}),
    )
    reader = LineReader(site)
    paths = example_paths(site)
    assert sorted(paths.values()) == ["/contact", "/cv.pdf", "/writing"]
    for (name, params), path in paths.items():
        event = {"event_name": name, "event_params": dict(params)}
        assert reader.raw_event(page(path)) == event


def test_a_site_without_rules_has_no_paths() -> None:
    assert example_paths(mapped()) == {}
