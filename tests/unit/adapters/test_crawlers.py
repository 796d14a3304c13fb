from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.adapters.crawlers import LONGEST_AGENT, CrawlerList

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"


@pytest.fixture(scope="module")
def crawlers() -> CrawlerList:
    return CrawlerList()


@pytest.mark.parametrize(
    ("agent", "category"),
    [
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "search-engine",
        ),
        ("python-requests/2.31.0", "http-library"),
        ("Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/119.0 Safari/537.36", "browser-automation"),
        (BROWSER, None),
        ("", None),
    ],
)
def test_an_agent_gets_the_category_of_the_list(
    crawlers: CrawlerList, agent: str, category: str | None
) -> None:
    assert crawlers.match(agent) == category
    assert crawlers.match(agent) == category


def test_what_comes_after_the_longest_agent_is_not_looked_at(crawlers: CrawlerList) -> None:
    assert crawlers.match("x" * (LONGEST_AGENT - 20) + " Googlebot/2.1") == "search-engine"
    assert crawlers.match("x" * LONGEST_AGENT + " Googlebot/2.1") is None


def test_few_agents_are_remembered_and_all_are_answered() -> None:
    crawlers = CrawlerList(remembered=2)
    for number in range(5):
        assert crawlers.match(f"{BROWSER} {number}") is None
    assert crawlers.match("curl/8.0") == "http-library"


def test_the_list_is_loaded_at_the_first_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "crawleruseragents", raising=False)
    crawlers = CrawlerList()
    assert "crawleruseragents" not in sys.modules
    crawlers.warm()
    assert "crawleruseragents" in sys.modules


@given(st.text(max_size=700))
@settings(max_examples=50)
def test_no_agent_makes_it_raise(crawlers: CrawlerList, agent: str) -> None:
    assert crawlers.match(agent) is None or crawlers.match(agent)
