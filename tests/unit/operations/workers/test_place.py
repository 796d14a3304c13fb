from __future__ import annotations

import json
from pathlib import Path

from vitrine.operations.workers.place import Place
from vitrine.operations.workers.targets import FILE, scrape_targets


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(2, (20_001, 20_002), 3, 4, 5).after_death().after_restart()
    assert Place.read(place.written()) == place
    assert (place.name, place.port) == ("2", 20_002)
    assert (place.deaths, place.restarts) == (1, 1)


def test_prometheus_finds_each_worker_for_as_long_as_they_run(tmp_path: Path) -> None:
    with scrape_targets(tmp_path, (20_001, 20_002)):
        assert json.loads((tmp_path / FILE).read_text()) == [
            {"targets": ["127.0.0.1:20001"], "labels": {"worker": "1"}},
            {"targets": ["127.0.0.1:20002"], "labels": {"worker": "2"}},
        ]
    assert not list(tmp_path.iterdir())
