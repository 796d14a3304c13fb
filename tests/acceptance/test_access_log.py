"""A real access log goes the whole way: imported, and replayed as live traffic."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live import LiveService, vitrine

SITE = "semicomplete"
CLASSES = ("malformed", "unmapped", "not_a_page", "asset", "feed", "machine", "accepted")


def imported(log: Path | str, home: Path, stdin: bytes | None = None) -> dict[str, Any]:
    code, out, err = vitrine("import", log, "--site", SITE, "--home", home, "--json", stdin=stdin)
    assert code == 0, err
    receipt: dict[str, Any] = json.loads(out)
    return receipt


def lines_of(receipt: dict[str, Any]) -> int:
    bots = sum(bot["lines"] for bot in receipt["bots"])
    return int(bots + receipt["duplicates"] + sum(receipt[name] for name in CLASSES))


def stored_events(home: Path) -> int:
    with closing(sqlite3.connect(home / "vitrine.db")) as database:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])


def test_every_line_is_accounted_for_and_importing_twice_adds_nothing(
    log_path: Path, tmp_path: Path
) -> None:
    total = log_path.read_bytes().count(b"\n")
    receipt = imported(log_path, tmp_path / "home")
    assert receipt["lines"] == total == lines_of(receipt)
    assert receipt["malformed"] == len(receipt["malformed_lines"]) == 1
    assert receipt["accepted"] == stored_events(tmp_path / "home") > 500
    assert receipt["bots"]
    assert receipt["decided"]
    again = imported(log_path, tmp_path / "home")
    assert (again["accepted"], again["duplicates"]) == (0, receipt["accepted"])
    assert stored_events(tmp_path / "home") == receipt["accepted"]


def test_a_log_is_the_same_gzipped_and_from_standard_input(log_path: Path, tmp_path: Path) -> None:
    start = b"".join(log_path.read_bytes().splitlines(keepends=True)[:2_000])
    plain, zipped = tmp_path / "access.log", tmp_path / "access.log.gz"
    plain.write_bytes(start)
    zipped.write_bytes(gzip.compress(start, mtime=0))
    receipts = [
        imported(plain, tmp_path / "plain"),
        imported(zipped, tmp_path / "zipped"),
        imported("-", tmp_path / "stdin", stdin=start),
    ]
    assert receipts[0]["lines"] == 2_000
    assert receipts[0] == receipts[1] == receipts[2]


def test_no_address_of_the_log_is_stored(log_path: Path, tmp_path: Path) -> None:
    imported(log_path, tmp_path / "home")
    addresses = {line.split(b" ", 1)[0] for line in log_path.read_bytes().splitlines()}
    assert len(addresses) > 100
    content = b"".join(path.read_bytes() for path in (tmp_path / "home").iterdir())
    assert not [address for address in addresses if len(address) > 9 and address in content]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.log", None, "no such file"),
        ("binary.log", b"\x00\x01\x02" * 100, "binary"),
        ("fake.gz", b"not gzip at all", "gzip"),
        ("cut.gz", gzip.compress(b"x" * 10_000, mtime=0)[:40], "gzip"),
    ],
)
def test_a_file_that_is_no_log_is_one_clear_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, _, err = vitrine("import", path, "--site", SITE, "--home", tmp_path / "home")
    assert code == 1
    assert err.strip().count("\n") == 0
    assert said in err.lower()


def test_the_log_is_replayed_as_live_traffic_with_every_line_accounted_for(
    log_path: Path, start_service: Callable[..., LiveService]
) -> None:
    service = start_service(site=SITE)
    code, out, err = vitrine(
        "replay", log_path, "--site", SITE, "--url", service.url, "--speed", "max", "--json"
    )
    assert code == 0, err
    receipt = json.loads(out)
    total = log_path.read_bytes().count(b"\n")
    assert receipt["lines"] == total
    received = service.counts("events_received_total", "receipt")
    assert received["accepted"] == stored_events(service.home) > 500
    assert sum(received.values()) == receipt["sent"]


def test_decisions_shared_by_a_segments_visitors_are_nearly_always_in_the_cache(
    log_path: Path, start_service: Callable[..., LiveService]
) -> None:
    """Cached per visitor, this log could reach 44 % hits at best: 1 - 1,014 / 1,857."""
    service = start_service(site=SITE)
    code, _, err = vitrine(
        "replay", log_path, "--site", SITE, "--url", service.url, "--speed", "max"
    )
    assert code == 0, err
    hits = service.counts("cache_hits_total")[""]
    misses = service.counts("cache_misses_total")[""]
    assert hits / (hits + misses) > 0.9


def test_a_replay_without_a_service_is_one_clear_line(log_path: Path) -> None:
    code, _, err = vitrine(
        "replay", log_path, "--site", SITE, "--url", "http://127.0.0.1:9", "--speed", "max"
    )
    assert code == 1
    assert "127.0.0.1:9" in err
    assert "Traceback" not in err
