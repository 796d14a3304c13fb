from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.evidence import Evidence
from vitrine.domain.log_line import LineKind
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.site import LogMapping, PathRule, Site
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.signals import (
    BotReason,
    BotRecognised,
    EventsReceived,
    Receipt,
    Signal,
    VisitSegmented,
)
from vitrine.usecases import import_log
from vitrine.usecases.import_log import ImportLog
from vitrine.usecases.import_receipt import ImportReceipt
from vitrine.usecases.log_survey import STEP

BROWSER = "Mozilla/5.0 (X11; rv:125.0) Firefox/125.0"
ADDRESS = "192.0.2.7"


def site() -> Site:
    mapping = LogMapping(
        pages=(
            PathRule(re.compile(r"^/projects/(?P<project_id>[^/]+)$"), "project_click", {}),
            PathRule(re.compile(r"^/(?P<section_id>writing|skills)/"), "section_view", {}),
            PathRule(re.compile(r"^/$"), "section_view", {"section_id": "home"}),
        ),
        assets=(re.compile(r"\.css$"),),
        feeds=(re.compile(r"flav=rss"),),
    )
    return replace(small_site(), log=mapping)


class OneCrawler:
    def match(self, agent: str) -> str | None:
        return "search-engine" if "Crawler" in agent else None


class Importing:
    """An import into a store in memory, with all that it announced."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.told: list[int] = []
        declared = site()
        folding = Folding(
            Evidence(declared, FITTED), declared.threshold, declared.conversions, lambda _v: False
        )
        self.store = MemoryVisitStore(folding)
        self._import = ImportLog(
            declared, self.store, Pseudonyms(b"k" * 32, "small"), OneCrawler(), self.signals.append
        )

    async def __call__(self, lines: Sequence[bytes]) -> ImportReceipt:
        return await self._import(lines, self.told.append)


def line(
    target: str = "/",
    *,
    address: str = ADDRESS,
    agent: str = BROWSER,
    time: str = "10:05:03",
    method: str = "GET",
    status: int = 200,
    day: int = 17,
) -> bytes:
    return (
        f"{address} - - [{day}/May/2015:{time} +0000] "
        f'"{method} {target} HTTP/1.1" {status} 512 "-" "{agent}"\n'
    ).encode()


STYLE = line("/style.css")
OF_EVERY_CLASS = [
    STYLE,
    line("/"),
    line("/projects/vision-api"),
    line("/projects/no-such-project"),
    line("/elsewhere/deep/below"),
    line("/?flav=rss"),
    line("/sitemap.xml"),
    line("/", method="POST"),
    line("/", status=404),
    b'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512 "-" "unclosed\n',
    b"\n",
    line("/", address="192.0.2.8", agent="Crawler/1.0"),
    line("/style.css", address="192.0.2.9", agent="-"),
    line("/", address="192.0.2.10"),
    line("/robots.txt", address="192.0.2.11"),
    line("/style.css", address="192.0.2.11"),
    line("/", address="192.0.2.11"),
]


async def test_every_line_is_in_exactly_one_class() -> None:
    receipt = await Importing()(OF_EVERY_CLASS)
    assert receipt.lines == len(OF_EVERY_CLASS)
    assert receipt.adds_up
    assert receipt.accepted == 2
    assert receipt.others == {
        LineKind.ASSET: 1,
        LineKind.UNMAPPED: 2,
        LineKind.FEED: 1,
        LineKind.MACHINE: 1,
        LineKind.NOT_A_PAGE: 2,
    }
    assert (receipt.malformed, receipt.malformed_lines) == (2, [10, 11])
    assert receipt.bots == {
        (BotReason.LISTED, "search-engine"): 1,
        (BotReason.NO_AGENT, ""): 1,
        (BotReason.NO_ASSET, ""): 1,
        (BotReason.ROBOTS_TXT, ""): 3,
    }


async def test_a_receipt_that_lost_a_line_does_not_add_up() -> None:
    receipt = await Importing()(OF_EVERY_CLASS)
    receipt.others[LineKind.ASSET] -= 1
    assert not receipt.adds_up


async def test_an_event_bears_a_pseudonym_the_logs_time_and_its_parameters() -> None:
    importing = Importing()
    await importing([STYLE, line("/projects/vision-api")])
    ((event, _),) = importing.store.events
    assert event.visitor == Pseudonyms(b"k" * 32, "small").in_log(ADDRESS, BROWSER)
    assert event.at == 1_431_857_103_000
    assert event.params == {"project_id": "vision-api", "page_referrer": "direct"}
    assert ADDRESS not in repr(importing.store.events) + repr(importing.signals)


async def test_importing_a_log_twice_adds_nothing() -> None:
    importing = Importing()
    first = await importing(OF_EVERY_CLASS)
    events, visits = list(importing.store.events), dict(importing.store.visits)
    again = await importing(OF_EVERY_CLASS)
    assert (importing.store.events, importing.store.visits) == (events, visits)
    assert (again.accepted, again.duplicates, again.visits) == (0, first.accepted, 0)
    assert again.adds_up


async def test_lines_that_are_equal_are_events_of_their_own() -> None:
    importing = Importing()
    assert (await importing([STYLE, line(), line(), line()])).accepted == 3
    assert (await importing([STYLE, line(), line(), line()])).accepted == 0
    assert (await importing([STYLE, line(), line(), line(), line()])).accepted == 1


async def test_logs_that_overlap_add_each_line_once() -> None:
    log = [STYLE, *(line(time=f"{hour}:00:00") for hour in range(10, 24))]
    importing = Importing()
    await importing(log[:10])
    second = await importing([STYLE, *log[5:]])
    assert len(importing.store.events) == len(log) - 1
    assert second.duplicates == 5


async def test_the_end_of_a_line_is_no_part_of_it() -> None:
    importing = Importing()
    await importing([STYLE, line()])
    assert (await importing([STYLE, line().rstrip() + b"\r\n"])).duplicates == 1


async def test_visits_end_after_half_an_hour_of_silence() -> None:
    times = ["10:00:00", "10:20:00", "10:40:00", "12:00:00"]
    receipt = await Importing()([STYLE, *(line(time=time) for time in times)])
    assert (receipt.visitors, receipt.visits, receipt.first_visits) == (1, 2, 1)


async def test_a_visit_counts_as_decided_after_the_event_that_decided_it() -> None:
    pages = ["/projects/vision-api", "/projects/paper-search", "/projects/train-tracker"]
    once = Importing()
    receipt = await once([STYLE, *(line(page) for page in pages * 3)])
    live = Importing()
    decided_live = None
    for number, page in enumerate(pages * 3, 1):
        await live([STYLE, line(page, time=f"10:05:{number:02}")])
        (visit,) = live.store.visits.values()
        decided_live = decided_live or visit.decided_after
    assert receipt.decided == {"ML_ENGINEER": 1}
    assert receipt.decided_after == {decided_live: 1}
    assert receipt.decided_in_first_visit == 1.0


async def test_a_log_without_visits_has_no_share_of_decided_ones() -> None:
    receipt = await Importing()([])
    assert receipt.decided_in_first_visit is None
    assert receipt.adds_up
    assert (receipt.lines, receipt.first_at) == (0, None)


async def test_a_common_log_without_assets_calls_nobody_a_bot() -> None:
    common = b'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512\n'
    importing = Importing()
    receipt = await importing([common])
    assert receipt.accepted == 1
    ((event, _),) = importing.store.events
    assert event.params == {"section_id": "home"}


async def test_a_visitor_is_known_by_the_whole_log_not_by_what_came_first() -> None:
    assert (await Importing()([line(), STYLE])).accepted == 1
    assert (await Importing()([line(), line("/robots.txt")])).accepted == 0


async def test_the_owner_learns_where_unmapped_pages_lie() -> None:
    receipt = await Importing()([STYLE, *[line("/a/b/c")] * 3, line("/x"), line("/a/b/d")])
    assert receipt.unmapped_prefixes == [("/a/b", 4), ("/x", 1)]


async def test_only_the_first_malformed_lines_are_named() -> None:
    receipt = await Importing()([b"bad\n"] * 30)
    assert receipt.malformed == 30
    assert receipt.malformed_lines == list(range(1, 21))


async def test_what_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(TypeError, match="read twice"):
        await Importing()(iter([line()]))  # type: ignore[arg-type]


async def test_big_logs_are_stored_in_several_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_log, "UNIT_EVENTS", 4)
    importing = Importing()
    receipt = await importing([STYLE, *(line(time=f"10:05:{s:02}") for s in range(10))])
    units = [signal for signal in importing.signals if isinstance(signal, EventsReceived)]
    assert [sum(unit.counts.values()) for unit in units] == [4, 4, 2]
    assert (receipt.accepted, receipt.visits) == (10, 1)


async def test_progress_hears_of_every_line_in_both_rounds() -> None:
    importing = Importing()
    await importing([STYLE] * (STEP + 10))
    assert sum(importing.told) == 2 * (STEP + 10)
    assert max(importing.told) == STEP


async def test_what_happened_is_announced() -> None:
    importing = Importing()
    await importing(OF_EVERY_CLASS)
    events = [signal for signal in importing.signals if isinstance(signal, EventsReceived)]
    bots = [signal for signal in importing.signals if isinstance(signal, BotRecognised)]
    visits = [signal for signal in importing.signals if isinstance(signal, VisitSegmented)]
    assert [dict(signal.counts) for signal in events] == [
        {
            ("section_view", Receipt.ACCEPTED, None): 1,
            ("project_click", Receipt.ACCEPTED, None): 1,
        }
    ]
    assert sum(signal.events for signal in bots) == 6
    assert [(signal.events, signal.first_visit) for signal in visits] == [(2, True)]


async def test_a_receipt_for_machines_holds_plain_values() -> None:
    told = (await Importing()(OF_EVERY_CLASS)).as_dict()
    assert told["bots"][0] == {"reason": "robots_txt", "category": None, "lines": 3}
    assert (told["lines"], told["adds_up"], told["not_a_page"]) == (17, True, 2)
    assert told["unmapped_prefixes"] == {"/projects/no-such-project": 1, "/elsewhere/deep": 1}


@given(st.lists(st.sampled_from(OF_EVERY_CLASS) | st.binary(max_size=40), max_size=40))
@settings(max_examples=50)
async def test_whatever_a_log_holds_every_line_is_accounted_for(lines: list[bytes]) -> None:
    importing = Importing()
    receipt = await importing(lines)
    assert receipt.lines == len(lines)
    assert receipt.adds_up
    assert (await importing(lines)).accepted == 0
