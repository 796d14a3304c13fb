"""The file in the home that tells Prometheus where each worker is scraped (`file_sd`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vitrine.catalogue.labels import WORKER

FILE = "scrape-targets.json"
HOST = "127.0.0.1"


@contextmanager
def scrape_targets(home: Path, ports: Sequence[int]) -> Iterator[None]:
    """Keep the file while the block runs: one target per worker, the first one being worker 1."""
    path = home / FILE
    groups = [
        {"targets": [f"{HOST}:{port}"], "labels": {WORKER: str(number)}}
        for number, port in enumerate(ports, start=1)
    ]
    fresh = path.with_name(f".{FILE}")
    fresh.write_text(json.dumps(groups, indent=2) + "\n")
    fresh.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
