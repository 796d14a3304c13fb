from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.site import Site

SITE = replace(small_site(), languages=("en", "de", "pt-br"))


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,de;q=0.5", "de"),
        ("fr-CA;q=0.9 , pt;q=0.4", "pt-br"),
        ("fr", "en"),
        ("*", "en"),
        (";;,,", "en"),
    ],
)
def test_a_visitor_gets_the_nearest_language_that_the_site_speaks(
    wanted: str | None, spoken: str
) -> None:
    assert SITE.language(wanted) == spoken


@given(st.text())
def test_whatever_a_browser_wants_it_gets_a_language_of_the_site(wanted: str) -> None:
    assert SITE.language(wanted) in SITE.languages


def test_segment_ids_stand_in_the_order_of_the_file() -> None:
    assert SITE.segment_ids == tuple(segment.id for segment in SITE.segments)


def test_a_site_does_not_change() -> None:
    site: Site = SITE
    with pytest.raises(FrozenInstanceError):
        site.threshold = 0.1  # type: ignore[misc]
