"""`POST /api/events`, durable, against raw `sqlite3.executemany` of the same rows."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.load import ROUNDS, requests_per_second, service
from bench.result import Result
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite.engine import sqlite_engine
from vitrine.domain.event import Event
from vitrine.usecases.record import event_key

BATCH = 20
BATCHES = 30_000
VISITORS = 5_000
RAW_BATCHES = 3_000
PARAMS = '{"project_id":"vision-api"}'

SCRIPT = """
local bodies, number = {}, 0
for line in io.lines("{bodies}") do bodies[#bodies + 1] = line end
local headers = {["content-type"] = "application/json", ["user-agent"] = "Mozilla/5.0 (bench)"}
request = function()
  number = number + 1
  return wrk.format("POST", "/api/events", headers, bodies[number])
end
"""


def measure() -> Result:
    """Send batches of 20 for one visitor each, every event with an id of its own."""
    pairs = []
    for round_ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append((_over_http(Path(folder), round_), _raw(Path(folder))))
    ratio = median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (median(values) for values in zip(*pairs, strict=True))
    what = "POST /api/events, batches of 20, durable"
    return Result(what, f"{ours:,.0f} events/s", f"sqlite3 {theirs:,.0f}/s", ratio, 0.30)


def _over_http(folder: Path, round_: int) -> float:
    script = sending(folder, round_)
    with service(folder / "home") as url:
        rate = requests_per_second(url, script)
    with closing(sqlite3.connect(folder / "home" / "vitrine.db")) as database:
        stored = database.execute("SELECT count(*) FROM events").fetchone()[0]
        keys = database.execute(
            "SELECT count(*) FROM (SELECT DISTINCT visit, key FROM events)"
        ).fetchone()[0]
    assert stored == keys > 0, "every event that was counted must be stored, once"
    return rate * BATCH


def sending(folder: Path, round_: int) -> Path:
    """Return a script for wrk that sends batches, each event with an id of its own."""
    bodies, script = folder / "bodies", folder / "send.lua"
    bodies.write_text("\n".join(_body(round_, number) for number in range(BATCHES)))
    script.write_text(SCRIPT.replace("{bodies}", str(bodies)))
    return script


def _body(round_: int, number: int) -> str:
    events = [
        {
            "event_name": "project_click",
            "user_pseudo_id": f"visitor-{number % VISITORS}",
            "event_id": f"{round_}-{number}-{index}",
            "event_params": {"project_id": "vision-api"},
        }
        for index in range(BATCH)
    ]
    return json.dumps({"events": events})


def _raw(folder: Path) -> float:
    """Return rows per second into the same table, one commit a batch, with the same pragmas."""
    path = folder / "raw.db"
    engine = sqlite_engine(path, 1)
    migrate(engine)
    engine.dispose()
    insert = "INSERT INTO events (visit, name, at, params, key) VALUES (?, ?, ?, ?, ?)"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        rows = [_rows(number) for number in range(RAW_BATCHES)]
        began = time.perf_counter()
        for batch in rows:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(insert, batch)
            database.execute("COMMIT")
        return RAW_BATCHES * BATCH / (time.perf_counter() - began)


def _rows(number: int) -> list[tuple[int, str, int, str, str]]:
    """Return a batch as the service stores it."""
    found = []
    for index in range(BATCH):
        event = Event("", "project_click", number, {}, f"{number}-{index}")
        key = event_key(event)
        assert key is not None
        found.append((number % VISITORS, event.name, event.at, PARAMS, key[1]))
    return found


if __name__ == "__main__":
    print(measure().row())
