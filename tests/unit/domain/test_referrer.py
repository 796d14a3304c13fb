import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.domain.referrer import CLASSES, DIRECT, INTERNAL, OTHER, referrer_class


@pytest.mark.parametrize(
    ("referrer", "kind"),
    [
        ("", DIRECT),
        ("-", DIRECT),
        ("https://www.google.com/search?q=a", "search"),
        ("http://www.google.co.uk/", "search"),
        ("https://r.duckduckgo.com/l/", "search"),
        ("https://github.com/someone/something", "developer"),
        ("https://gist.github.com/", "developer"),
        ("https://www.linkedin.com/feed/", "professional"),
        ("https://cs.example.edu/course", "education"),
        ("https://moodle.school.example/", "education"),
        ("https://t.co/abc", "social"),
        ("https://arxiv.org/abs/1", "research"),
        ("HTTPS://NEWS.YCOMBINATOR.COM/", "developer"),
        ("android-app://com.linkedin.android/", OTHER),
        ("https://notgithub.com/", OTHER),
        ("https://github.com.evil.example/", "developer"),
        ("google", OTHER),
        ("https://", OTHER),
        ("http://[bad", OTHER),
    ],
)
def test_a_referrer_has_the_class_of_its_host(referrer: str, kind: str) -> None:
    assert referrer_class(referrer) == kind


def test_the_longest_name_that_fits_a_host_decides() -> None:
    assert referrer_class("https://mail.google.com/") == "email"
    assert referrer_class("https://scholar.google.de/") == "research"
    assert referrer_class("https://maps.google.com/") == "search"


@pytest.mark.parametrize("own", ["me.example", "www.me.example"])
def test_a_site_s_own_hosts_are_internal_with_and_without_www(own: str) -> None:
    assert referrer_class("https://www.me.example/a", {own}) == INTERNAL
    assert referrer_class("https://me.example/a", {own}) == INTERNAL
    assert referrer_class("https://other.example/a", {own}) == OTHER


def test_a_site_may_name_hosts_of_its_own_and_overrule_the_common_ones() -> None:
    more = {"club.example": "club", "gist.github.com": "snippets", "github.com": "code"}
    assert referrer_class("https://sub.club.example/", (), more) == "club"
    assert referrer_class("https://gist.github.com/", (), more) == "snippets"
    assert referrer_class("https://github.com/", (), more) == "code"


def test_the_classes_are_closed_and_hold_the_three_that_no_host_has() -> None:
    assert len(set(CLASSES)) == len(CLASSES)
    assert {DIRECT, INTERNAL, OTHER} < set(CLASSES)


@given(st.text(st.characters()))
def test_whatever_a_browser_sends_has_one_of_the_classes(referrer: str) -> None:
    assert referrer_class(referrer, {"me.example"}) in CLASSES
    assert referrer_class(f"https://{referrer}", {"me.example"}) in CLASSES
