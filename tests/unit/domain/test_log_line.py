from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.sites import small_site
from vitrine.domain.access_log import Entry
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.site import LogMapping, PathRule

ENTRY = Entry("192.0.2.7", 1_431_857_103_000, "GET", "/", "", 200, 10, "", "Browser")


def reader() -> LineReader:
    mapping = LogMapping(
        pages=(
            PathRule(
                re.compile(r"^/projects/fixed$"), "project_click", {"project_id": "sql-course"}
            ),
            PathRule(re.compile(r"^/projects/(?P<project_id>[^/]+)$"), "project_click", {}),
            PathRule(re.compile(r"^/(?:(?P<section_id>writing|skills)/)"), "section_view", {}),
            PathRule(re.compile(r"^/$"), "section_view", {"section_id": "home"}),
        ),
        assets=(re.compile(r"\.(css|png)$"),),
        feeds=(re.compile(r"flav=rss"),),
    )
    return LineReader(replace(small_site(), log=mapping))


def kind(path: str, query: str = "", method: str = "GET", status: int = 200) -> LineKind:
    return reader().kind(ENTRY._replace(path=path, query=query, method=method, status=status))


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/", "", LineKind.EVENT),
        ("/", "page=2", LineKind.EVENT),
        ("/", "flav=rss20", LineKind.FEED),
        ("/style.css", "v=3", LineKind.ASSET),
        ("/", "x=style.css", LineKind.EVENT),
        ("/robots.txt", "", LineKind.MACHINE),
        ("/sitemap-news.xml", "", LineKind.MACHINE),
        ("/.well-known/security.txt", "", LineKind.MACHINE),
        ("/elsewhere", "", LineKind.UNMAPPED),
        ("/projects/vision-api", "", LineKind.EVENT),
        ("/projects/nobody-knows", "", LineKind.UNMAPPED),
    ],
)
def test_a_path_is_what_the_owner_says(path: str, query: str, expected: LineKind) -> None:
    assert kind(path, query) is expected


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("GET", 304, LineKind.EVENT),
        ("GET", 404, LineKind.NOT_A_PAGE),
        ("GET", 301, LineKind.NOT_A_PAGE),
        ("HEAD", 200, LineKind.NOT_A_PAGE),
        ("POST", 200, LineKind.NOT_A_PAGE),
        ("", 400, LineKind.NOT_A_PAGE),
    ],
)
def test_only_a_page_that_was_shown_is_a_page(method: str, status: int, expected: LineKind) -> None:
    assert kind("/", method=method, status=status) is expected


def test_a_missing_asset_is_an_asset_still() -> None:
    assert kind("/gone.png", status=404) is LineKind.ASSET


def test_the_first_matching_rule_decides() -> None:
    event = reader().event(ENTRY._replace(path="/projects/fixed"), "v", "e")
    assert (event.name, event.params["project_id"]) == ("project_click", "sql-course")


def test_named_groups_fill_parameters_and_the_referrer_is_kept_as_its_class() -> None:
    entry = ENTRY._replace(path="/writing/x", referrer="https://www.google.com/search?q=secret")
    event = reader().event(entry, "v", "e")
    assert event.params == {"section_id": "writing", "page_referrer": "search"}
    assert (event.visitor, event.event_id, event.at) == ("v", "e", ENTRY.at_ms)


def test_a_log_without_referrers_claims_none() -> None:
    assert "page_referrer" not in reader().event(ENTRY._replace(referrer=None), "v", "e").params
    assert reader().event(ENTRY, "v", "e").params["page_referrer"] == "direct"


def test_the_clock_of_a_log_is_not_the_visitors() -> None:
    assert not reader().event(ENTRY, "v", "e").clocked
