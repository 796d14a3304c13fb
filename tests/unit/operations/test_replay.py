from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from tests.sites import small_site
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.site import LogMapping, PathRule, Site
from vitrine.operations.replay import AGENT_UNKNOWN, Replay
from vitrine.operations.traffic import Sendable, TrafficError
from vitrine.signals import BotReason
from vitrine.usecases.log_survey import survey

BROWSER = "Mozilla/5.0 (X11; rv:125.0) Firefox/125.0"
ADDRESS = "192.0.2.7"
PSEUDONYMS = Pseudonyms(b"k" * 32, "small")
URL = "http://service.example"


class TwoCrawlers:
    def match(self, agent: str) -> str | None:
        return {"Crawler/1.0": "search-engine", "curl/8.0": "http-library"}.get(agent)


def site() -> Site:
    mapping = LogMapping(
        pages=(PathRule(re.compile(r"^/$"), "section_view", {"section_id": "home"}),),
        assets=(re.compile(r"\.css$"),),
    )
    return replace(small_site(), log=mapping)


def line(
    target: str = "/", *, time: str = "10:05:03", address: str = ADDRESS, agent: str = BROWSER
) -> bytes:
    return (
        f"{address} - - [17/May/2015:{time} +0000] "
        f'"GET {target} HTTP/1.1" 200 512 "https://www.google.com/" "{agent}"\n'
    ).encode()


STYLE = line("/style.css")
MIXED = [
    STYLE,
    line(),
    b"broken\n",
    line("/elsewhere"),
    line(agent="Crawler/1.0"),
    line(agent="curl/8.0"),
    line(agent="-"),
    line(address="192.0.2.8"),
    line(address="192.0.2.9"),
    line("/robots.txt", address="192.0.2.9"),
]


def replaying() -> Replay:
    return Replay(site(), PSEUDONYMS, TwoCrawlers())


async def planned(
    lines: Sequence[bytes], *, speed: float = 1.0, limit: int | None = None
) -> tuple[list[Sendable], Replay]:
    replay = replaying()
    found = await survey(lines, LineReader(site()), PSEUDONYMS, lambda _lines: None)
    replay.receipt.lines = found.lines
    return list(replay.schedule(lines, found, speed=speed, limit=limit)), replay


async def test_an_hours_lines_are_spread_evenly_in_file_order_whatever_their_stamps() -> None:
    lines = [line(time=time) for time in ("10:05:40", "10:05:02", "10:05:59", "10:05:00")]
    sendables, _ = await planned([*lines, line(time="11:05:00"), STYLE])
    assert [sendable.at_s for sendable in sendables] == [0, 720, 1440, 2160, 3600]


async def test_lines_that_are_no_events_take_their_share_of_the_hour() -> None:
    sendables, _ = await planned([STYLE, line(), STYLE, line()])
    assert [sendable.at_s for sendable in sendables] == [0, 1800]


async def test_hours_without_lines_stay_empty() -> None:
    sendables, _ = await planned([STYLE, line(), line(time="13:05:00")])
    assert [sendable.at_s for sendable in sendables] == [0, 3 * 3600 - 1800]


@pytest.mark.parametrize(("speed", "at_s"), [(60.0, 30.0), (0.5, 3600.0), (math.inf, 0.0)])
async def test_speed_compresses_time(speed: float, at_s: float) -> None:
    sendables, _ = await planned([line(), STYLE, line(), STYLE], speed=speed)
    assert [sendable.at_s for sendable in sendables] == [0.0, at_s]


async def test_a_late_line_never_turns_time_back() -> None:
    lines = [STYLE, line(), line(time="11:05:00"), line(time="10:05:50"), line(time="11:06:00")]
    due = [sendable.at_s for sendable in (await planned(lines))[0]]
    assert due == sorted(due)


async def test_an_event_names_its_visitor_by_pseudonym_and_bears_no_time_and_no_address() -> None:
    (sendable,), _ = await planned([STYLE, line()])
    assert sendable.key == PSEUDONYMS.in_log(ADDRESS, BROWSER)
    assert sendable.events == [
        {
            "event_name": "section_view",
            "event_params": {"section_id": "home", "page_referrer": "https://www.google.com/"},
            "user_pseudo_id": sendable.key,
            "event_id": "2",
        }
    ]
    assert sendable.headers == {"User-Agent": BROWSER}


async def test_listed_bots_go_to_the_service_and_the_others_stay_here() -> None:
    sendables, replay = await planned(MIXED)
    assert [s.headers["User-Agent"] for s in sendables] == [BROWSER, "Crawler/1.0", ""]
    assert replay.receipt.bots == {
        BotReason.LISTED: 1,
        BotReason.NO_ASSET: 1,
        BotReason.ROBOTS_TXT: 1,
    }
    assert replay.receipt.others == {
        LineKind.ASSET: 1,
        LineKind.UNMAPPED: 1,
        LineKind.MACHINE: 1,
    }
    assert (replay.receipt.malformed, replay.receipt.malformed_lines) == (1, [3])
    assert replay.receipt.gone_through == replay.receipt.lines == len(MIXED)


async def test_a_limit_leaves_the_rest_unreached() -> None:
    sendables, replay = await planned([STYLE, *[line()] * 5], limit=2)
    assert len(sendables) == replay.receipt.sent == 2
    assert replay.receipt.not_reached == 3


async def test_an_agent_that_fits_in_no_header_is_made_to() -> None:
    agent = "Br\u00f6wser \x01 " + "x" * 600
    common = b'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512\n'
    sendables, _ = await planned([line("/a.css", agent=agent), line(agent=agent)])
    assert sendables[0].headers["User-Agent"].startswith("Br?wser ? xxx")
    assert len(sendables[0].headers["User-Agent"]) == 512
    (nameless,), _ = await planned([common])
    assert nameless.headers["User-Agent"] == AGENT_UNKNOWN


def answering(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/health":
        return httpx.Response(200, json={"site": "small"})
    bot = request.headers["User-Agent"] in ("", "Crawler/1.0")
    result, reason = ("rejected", "bot") if bot else ("accepted", None)
    receipts = [{"result": result, "reason": reason} for _ in json.loads(request.content)["events"]]
    return httpx.Response(202, json={"receipts": receipts})


SERVICE = httpx.MockTransport(answering)


async def test_every_line_and_every_answer_is_accounted_for() -> None:
    calls: list[int] = []
    replay = replaying()
    receipt = await replay.run(
        MIXED, URL, speed=math.inf, told=lambda: calls.append(1), transport=SERVICE
    )
    assert receipt.tally.receipts == {("accepted", None): 1, ("rejected", "bot"): 2}
    assert (receipt.not_reached, receipt.unanswered) == (0, 0)
    assert receipt is replay.receipt
    assert calls
    assert receipt.as_dict() == {
        "lines": 10,
        "malformed": 1,
        "malformed_lines": [3],
        "bots": {"listed": 1, "no_asset": 1, "robots_txt": 1},
        "unmapped": 1,
        "not_a_page": 0,
        "asset": 1,
        "feed": 0,
        "machine": 1,
        "sent": 3,
        "not_reached": 0,
        "unanswered": 0,
        "receipts": [
            {"result": "rejected", "reason": "bot", "events": 2},
            {"result": "accepted", "reason": None, "events": 1},
        ],
    }


async def test_a_service_that_is_not_there_is_said_in_one_line() -> None:
    def refusing(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    away = httpx.MockTransport(refusing)
    with pytest.raises(TrafficError) as caught:
        await replaying().run([STYLE, line()], URL, speed=math.inf, transport=away)
    assert URL in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_nothing_is_sent_to_a_service_of_another_site() -> None:
    asked: list[str] = []

    def other(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"site": "shop"})

    with pytest.raises(TrafficError, match="serves the site 'shop', not 'small'"):
        await replaying().run(
            [STYLE, line()], URL, speed=math.inf, transport=httpx.MockTransport(other)
        )
    assert asked == ["/health"]


async def test_a_log_without_events_sends_nothing() -> None:
    receipt = await replaying().run([b"\n", STYLE], URL, speed=math.inf, transport=SERVICE)
    assert (receipt.sent, receipt.tally.requests, receipt.gone_through) == (0, 0, 2)
