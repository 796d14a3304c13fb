from __future__ import annotations

from itertools import product
from random import Random

import pytest

from tests.sites import small_site
from vitrine.domain.event import Event, ParameterKind
from vitrine.domain.referrer import CLASSES, INTERNAL, referrer_class
from vitrine.domain.site import Item
from vitrine.usecases.behaviour import PERCENTS, Behaviour, Draw, address_of, words_of
from vitrine.usecases.personas import STYLES

SITE = small_site()
READER = next(style for style in STYLES if style.name == "paper reader")
LOST = next(style for style in STYLES if style.name == "lost")


def every_event(behaviour: Behaviour) -> list[Event]:
    """Return each event that an untimed page can report, but for what says nothing."""
    found = []
    for name, kind in SITE.event_types.items():
        choices: dict[str, tuple[str | int, ...]] = {
            parameter.name: behaviour.items[parameter.kind].values
            if parameter.kind in behaviour.items
            else PERCENTS
            for parameter in kind.parameters
            if parameter.kind in {*behaviour.items, ParameterKind.PERCENT}
        }
        found += [
            Event("somebody", name, 0, dict(zip(choices, values, strict=True)))
            for values in product(*choices.values())
        ]
    return found


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("style", [READER, LOST])
@pytest.mark.parametrize("noise", [0.0, 0.4])
@pytest.mark.parametrize("aimless", [True, False])
def test_the_likelihoods_of_all_that_can_happen_add_up_to_one(
    style: object, noise: float, aimless: bool, first: bool
) -> None:
    behaviour = Behaviour(SITE, READER if style is READER else LOST, noise, aimless=aimless)
    total = sum(
        behaviour.likelihood(event, SITE.event_types[event.name], first=first)
        for event in every_event(behaviour)
    )
    assert total == pytest.approx(1.0)


def test_what_is_drawn_is_as_frequent_as_its_likelihood_says() -> None:
    behaviour, random, draws = Behaviour(SITE, READER), Random(3), 20_000
    bodies = [behaviour.body(random, first=True, timed=False) for _ in range(draws)]
    home = {"event_name": "section_view", "event_params": {"section_id": "home"}}
    event = Event("somebody", "section_view", 0, {"section_id": "home"})
    said = behaviour.likelihood(event, SITE.event_types["section_view"], first=True)
    assert bodies.count(home) / draws == pytest.approx(said, abs=0.015)


def test_an_interest_shows_in_what_is_picked_and_noise_blurs_it() -> None:
    keen, blurred = (
        Behaviour(SITE, READER, noise).items[ParameterKind.PROJECT].probability["vision-api"]
        for noise in (0.0, 0.9)
    )
    assert keen > blurred > 1 / len(SITE.projects) / 2


def test_the_aimless_do_rare_things_as_readily_as_common_ones() -> None:
    aimless = Behaviour(SITE, READER, noise=1.0, aimless=True)
    for draw in (aimless.acts, aimless.items[ParameterKind.SKILL]):
        even = 1 / len(draw.values)
        assert list(draw.probability.values()) == pytest.approx([even] * len(draw.values))
    habitual = Behaviour(SITE, READER, noise=1.0).acts.probability
    assert habitual["section_view"] > 10 * habitual["download_resume"]


def test_a_draw_without_weights_of_its_own_is_the_average() -> None:
    assert Draw.mixed(0.9, {}, {"a": 1.0, "b": 3.0}).probability == {"a": 0.25, "b": 0.75}


def test_a_long_reading_time_is_likelier_for_a_reader_than_for_the_lost() -> None:
    kind = SITE.event_types["section_view"]
    params: dict[str, str | int] = {"section_id": "writing", "duration_ms": 40_000}
    event = Event("somebody", "section_view", 0, params)
    untimed = event._replace(params={"section_id": "writing"})
    gains = [
        behaviour.likelihood(event, kind, first=False)
        / behaviour.likelihood(untimed, kind, first=False)
        for behaviour in (Behaviour(SITE, READER), Behaviour(SITE, LOST))
    ]
    assert gains[0] > gains[1]


def test_words_are_met_in_ids_titles_and_tags() -> None:
    item = Item("vision-api", "Seeing for machines", frozenset({"deep-learning"}))
    assert {"vision-api", "vision", "seeing", "machines", "deep-learning", "deep"} <= set(
        words_of(item)
    )


@pytest.mark.parametrize("name", [name for name in CLASSES if name != INTERNAL])
def test_every_class_of_referrer_has_an_address(name: str) -> None:
    assert referrer_class(address_of(name)) == name
