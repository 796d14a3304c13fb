from __future__ import annotations

from itertools import islice

import pytest

from tests.sites import reader_of, small_site
from vitrine.domain.event import Event
from vitrine.operations.simulated_traffic import schedule
from vitrine.usecases.simulate import simulate

SITE = small_site()


def test_everything_that_visitors_do_is_sent_once_and_in_order_of_time() -> None:
    sent = list(schedule(SITE, 1, "run", rate=2.0, speed=5.0, visitors=40))
    times = [sendable.at_s for sendable in sent]
    assert times == sorted(times)
    ids = [event["event_id"] for sendable in sent for event in sendable.events]
    assert len(ids) == len(set(ids)) == sum(len(v.events) for v in simulate(SITE, 1, 40))


def test_visitors_are_said_to_be_simulated_and_look_like_browsers() -> None:
    for sendable in schedule(SITE, 1, "run", rate=2.0, speed=5.0, visitors=10):
        assert sendable.key.startswith("simulated-run-")
        assert sendable.headers["User-Agent"].startswith("Mozilla/5.0")
        assert {event["user_pseudo_id"] for event in sendable.events} == {sendable.key}


def test_the_service_takes_them_at_the_time_of_arrival() -> None:
    reader = reader_of(SITE)
    for sendable in schedule(SITE, 2, "run", rate=2.0, speed=5.0, visitors=10):
        for body in sendable.events:
            event, dropped = reader.read(body, "pseudonym", 1_000)
            assert isinstance(event, Event)
            assert (event.at, event.clocked, dropped) == (1_000, False, ())


def test_visits_begin_at_the_rate_that_was_asked_for() -> None:
    sent = list(schedule(SITE, 3, "run", rate=4.0, speed=1_000.0, visitors=800))
    assert sent[-1].at_s == pytest.approx(200, rel=0.15)


def test_speed_makes_a_visit_shorter() -> None:
    slow, fast = (
        list(schedule(SITE, 4, "run", rate=1.0, speed=speed, visitors=1)) for speed in (1, 10)
    )
    assert fast[-1].at_s - fast[0].at_s < slow[-1].at_s - slow[0].at_s


def test_without_a_number_of_visitors_it_never_ends() -> None:
    endless = schedule(SITE, 5, "run", rate=50.0, speed=100.0, visitors=None)
    assert len(list(islice(endless, 2_000))) == 2_000
