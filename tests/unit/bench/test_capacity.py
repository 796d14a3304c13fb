from __future__ import annotations

from pathlib import Path

import pytest

from bench.capacity import AT_HAND, MEASURED, PREDICTED, BeyondError, Model, Point

DOCUMENT = Path(__file__).parents[3] / "docs" / "scaling.md"


def made(visitors: int, events: int) -> Point:
    """Return a point of a world in which the model is true."""
    return Point(
        visitors=visitors,
        events=events,
        bytes=300.0 * visitors + 120.0 * events,
        store_s=3e-5 * events,
        analyse_s=1.0 + 3e-5 * visitors,
        mib=100.0 + 0.002 * min(visitors, AT_HAND),
    )


SMALL = (made(10_000, 100_000), made(10_000, 400_000), made(100_000, 1_000_000))
LARGE = made(1_000_000, 10_000_000)


def test_what_each_visitor_and_event_is_worth_is_found_again() -> None:
    worth = Model(SMALL).worth
    assert worth["bytes"] == pytest.approx({"a visitor": 300.0, "an event": 120.0})
    assert worth["analyse_s"] == pytest.approx({"always": 1.0, "a visitor": 3e-5})


def test_a_size_that_was_not_fitted_is_predicted_and_says_how_well() -> None:
    model = Model((*SMALL, LARGE))
    assert model.predict("mib", 10_000_000, 100_000_000) == pytest.approx(LARGE.mib)
    ((size, ratios),) = model.proof().items()
    assert size == (LARGE.visitors, LARGE.events)
    assert all(ratio == pytest.approx(1.0) for ratio in ratios.values())


def test_a_large_size_proves_the_model_and_does_not_make_it() -> None:
    doubled = LARGE._replace(bytes=2 * LARGE.bytes)
    assert Model((*SMALL, doubled)).worth == Model(SMALL).worth
    assert Model((*SMALL, doubled)).proof()[1_000_000, 10_000_000]["bytes"] == pytest.approx(0.5)


@pytest.mark.parametrize("size", [(10_000_001, 10), (10, 100_000_001)])
def test_nothing_is_claimed_beyond_ten_times_what_was_measured(size: tuple[int, int]) -> None:
    with pytest.raises(BeyondError, match="nothing is claimed beyond"):
        Model((*SMALL, LARGE)).predict("bytes", *size)


def test_the_table_of_the_document_is_what_the_model_says() -> None:
    model = Model(MEASURED)
    document = DOCUMENT.read_text()
    assert model.table(PREDICTED) in document
    assert model.proof_table() in document
