"""`POST /api/events`, durable on PostgreSQL, against `COPY` of the same rows by psql."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.events import BATCH, sending
from bench.load import ROUNDS, requests_per_second, service
from bench.result import Result
from tests.postgres import PostgresServer, programs
from vitrine.operations.postgres_server import PASSWORD

COLUMNS = "visit, started, name, at, params, key"


def measure() -> Result:
    """Send batches of 20 for one visitor each; then copy the rows that came of it."""
    pairs = []
    for round_ in range(ROUNDS):
        server = PostgresServer("shared_buffers=256MB", "max_wal_size=4GB")
        try:
            with tempfile.TemporaryDirectory() as folder:
                pairs.append(_both(server, Path(folder), round_))
        finally:
            server.remove()
    ours, theirs = (median(values) for values in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    what = "POST /api/events on PostgreSQL, batches of 20"
    return Result(what, f"{ours:,.0f} events/s", f"COPY {theirs:,.0f}/s", ratio, 0.30)


def _both(server: PostgresServer, folder: Path, round_: int) -> tuple[float, float]:
    url = server.database()
    name = url.rpartition("/")[2]
    with service(folder / "home", DATABASE_URL=url) as address:
        rate = requests_per_second(address, sending(folder, round_))
    stored = int(server.sql("SELECT count(*) FROM events", name))
    keys = int(server.sql("SELECT count(DISTINCT (visit, key)) FROM events", name))
    assert stored == keys > 0, "every event that was counted must be stored, once"
    rows = folder / "rows"
    _psql(server, name, f"\\copy (SELECT {COLUMNS} FROM events) TO '{rows}'")
    server.sql("TRUNCATE events", name)
    began = time.perf_counter()
    _psql(server, name, f"\\copy events ({COLUMNS}) FROM '{rows}'")
    return rate * BATCH, stored / (time.perf_counter() - began)


def _psql(server: PostgresServer, database: str, command: str) -> None:
    where = f"host=127.0.0.1 port={server.port} user=vitrine dbname={database}"
    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
    subprocess.run(
        [programs() / "psql", where, "-XAtqc", command],
        check=True,
        env=environment,
        capture_output=True,
    )


if __name__ == "__main__":
    print(measure().row())
