from __future__ import annotations

from collections import Counter
from itertools import islice

import orjson

from bench.openloop.mix import MOST_EVENTS, Mix
from bench.openloop.outcomes import Request
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.event import Event

HOST = "127.0.0.1:8000"
SENT = 3_000


def sent(seed: int) -> list[Request]:
    return list(islice(Mix(HOST, seed), SENT))


def bodies(requests: list[Request]) -> list[dict[str, object]]:
    """Return all events in the order in which they are sent, each as long as it says it is."""
    found: list[dict[str, object]] = []
    for request in requests:
        if request.kind == "events":
            head, content = request.data.split(b"\r\n\r\n")
            assert f"Content-Length: {len(content)}".encode() in head
            events = orjson.loads(content)["events"]
            assert 1 <= len(events) <= MOST_EVENTS
            found += events
    return found


def test_the_site_takes_every_event_and_each_has_an_id_of_its_own() -> None:
    reader = load_site(find_site("portfolio")).reader()
    events = bodies(sent(1))
    assert all(isinstance(reader.read(event, "v", 1)[0], Event) for event in events)
    assert len({event["event_id"] for event in events}) == len(events)


def test_most_requests_are_about_personalizing_and_a_few_are_pages() -> None:
    kinds = Counter(request.kind for request in sent(1))
    assert kinds["personalization"] > 0.4 * SENT
    assert kinds["events"] > 0.4 * SENT
    assert 0 < kinds["page"] < 0.1 * SENT


def test_many_visitors_come_and_those_of_another_seed_are_others() -> None:
    here, there = ({event["user_pseudo_id"] for event in bodies(sent(seed))} for seed in (1, 2))
    assert len(here) > 500
    assert not here & there


def test_the_same_seed_sends_the_same_again() -> None:
    assert sent(3) == sent(3)
