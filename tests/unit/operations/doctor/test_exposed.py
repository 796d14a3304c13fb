"""What a doctor finds of a page of metrics."""

from __future__ import annotations

import pytest

from tests.sites import small_site
from vitrine.operations.doctor.exposed import look_at_page
from vitrine.operations.doctor.finding import Level
from vitrine.telemetry.exposition import Exposition
from vitrine.wiring.metrics import build_registry


@pytest.fixture(scope="module")
def page() -> str:
    return Exposition(build_registry(small_site(), (), "sqlite")).render("", "").body.decode()


def test_the_page_of_a_service_is_that_of_the_catalogue(page: str) -> None:
    (found,) = look_at_page(page)
    assert (found.level, "and no other" in found.found) == (Level.OK, True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cache_entries", "cache_entriez", "cache_entries is not there"),
        ("cache_entries", "cache_entriez", "cache_entriez is of no catalogue"),
        ("cache_entries gauge", "cache_entries untyped", "cache_entries is another"),
        ('cache_hits_total{key_pattern="', 'cache_hits_total{key="', "cache_hits_total is another"),
    ],
)
def test_a_page_that_differs_from_the_catalogue_is_a_problem(
    page: str, before: str, after: str, said: str
) -> None:
    assert before in page
    (found,) = look_at_page(page.replace(before, after))
    assert (found.level, said in found.found) == (Level.PROBLEM, True)


def test_a_page_that_is_not_well_formed_is_a_problem(page: str) -> None:
    (found,) = look_at_page(page.replace("cache_entries 0.0", 'cache_entries{of="'))
    assert (found.level, "cannot be read" in found.found) == (Level.PROBLEM, True)


def test_several_workers_on_a_page_are_told_apart_by_their_label(page: str) -> None:
    joined = page.replace("cache_entries 0.0", 'cache_entries{worker="1"} 0.0')
    (found,) = look_at_page(joined)
    assert found.level is Level.OK
