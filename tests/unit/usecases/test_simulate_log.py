from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.access_log import Entry, parse_line
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.site import LogMapping
from vitrine.usecases.simulate_log import BOTS, HUMANS, UnmappedSiteError, access_log

SITE = load_site(find_site("portfolio"))
STARTED = datetime(2025, 1, 1, tzinfo=UTC)
DOCUMENTATION = [
    ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    lines = access_log(SITE, 1, 2_000, STARTED)
    return [entry for line in lines if (entry := parse_line(line)) is not None]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 60))
def test_exactly_one_line_is_malformed_and_none_is_missing(seed: int, lines: int) -> None:
    written = list(access_log(SITE, seed, lines, STARTED))
    broken = [line for line in written if parse_line(line) is None]
    assert len(written) == lines
    assert len(broken) == 1
    assert broken[0].count('"') % 2 == 1


def test_the_same_seed_writes_the_same_log() -> None:
    assert list(access_log(SITE, 4, 50, STARTED)) == list(access_log(SITE, 4, 50, STARTED))
    assert list(access_log(SITE, 4, 50, STARTED)) != list(access_log(SITE, 5, 50, STARTED))


def test_lines_are_in_order_of_time_from_the_start_on(entries: list[Entry]) -> None:
    times = [entry.at_ms for entry in entries]
    assert times == sorted(times)
    assert times[0] >= STARTED.timestamp() * 1000


def test_all_addresses_are_set_aside_for_documentation(entries: list[Entry]) -> None:
    for entry in entries:
        assert any(ip_address(entry.address) in network for network in DOCUMENTATION)


def test_people_bots_and_every_kind_of_line_occur(entries: list[Entry]) -> None:
    reader = LineReader(SITE)
    kinds = Counter(reader.kind(entry) for entry in entries)
    assert {
        LineKind.EVENT,
        LineKind.ASSET,
        LineKind.FEED,
        LineKind.MACHINE,
        LineKind.NOT_A_PAGE,
    } <= kinds.keys()
    agents = {entry.agent or "-" for entry in entries}
    assert agents >= {*HUMANS, *BOTS}
    assert {entry.status for entry in entries} == {200, 404}


def test_people_come_from_elsewhere_and_go_on_from_page_to_page(entries: list[Entry]) -> None:
    inside = [e for e in entries if (e.referrer or "").startswith("https://localhost/")]
    outside = [e for e in entries if e.referrer and e not in inside]
    assert inside
    assert outside


def test_a_site_without_page_rules_is_told_so() -> None:
    with pytest.raises(UnmappedSiteError, match="site 'portfolio' has no page rule"):
        access_log(replace(SITE, log=LogMapping()), 1, 10, STARTED)
