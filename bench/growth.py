"""Ingest, classify and store 1,000,000 events against 10,000: what does growth cost?"""

from __future__ import annotations

import asyncio
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.result import Result

FEW, MANY = 10_000, 1_000_000
EVENTS_A_VISITOR = 10
BATCH = 100
AT_ONCE = 16
MOST_MIB = 1_024


def measure() -> list[Result]:
    """Run both sizes in processes of their own and compare the cost of an event."""
    few = min(_run(FEW)[0] for _ in range(3))
    many, mib = _run(MANY)
    return [
        Result(
            "ingest, classify, store 1,000,000 events",
            f"{many:.1f} us/event",
            f"10,000: {few:.1f} us/event",
            many / few,
            1.3,
            at_most=True,
        ),
        Result(
            "its peak memory", f"{mib:,.0f} MiB", f"{MOST_MIB} MiB", mib / MOST_MIB, 1.0,
            at_most=True,
        ),
    ]  # fmt: skip


def _run(events: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.growth", str(events)],
        capture_output=True,
        check=True,
        text=True,
    )
    cost, mib = json.loads(done.stdout)
    return cost, mib


async def _ingest(events: int) -> tuple[float, float]:
    """Return microseconds per event and the process's peak memory in MiB."""
    from vitrine.settings import Settings
    from vitrine.telemetry.logs import JsonLog
    from vitrine.usecases.identify import Sender
    from vitrine.wiring.home import open_home
    from vitrine.wiring.metrics import build_registry
    from vitrine.wiring.service import service

    sender = Sender("127.0.0.1", "Mozilla/5.0 (bench)", local=True)
    with tempfile.TemporaryDirectory() as folder:
        log = JsonLog(io.BytesIO(), "ERROR")
        home = open_home(Settings.load(home=Path(folder)))
        built = service(home, log, build_registry(home.site))
        await built.start()
        batches = iter(range(events // BATCH))

        async def work() -> None:
            for number in batches:
                found = await built.ingest(_events(number, events), sender)
                assert found.receipts[-1].result == "accepted"

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        took = time.perf_counter() - began
        await built.stop()
        log.close()
    return took / events * 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _events(batch: int, events: int) -> list[dict[str, object]]:
    """Return a batch of 100 events of ten visitors, as ten batches a visitor need."""
    visitors = events // EVENTS_A_VISITOR
    projects = ("vision-api", "team-board", "first-steps", "trail-mate", "forecast-lab")
    return [
        {
            "event_name": "project_click",
            "user_pseudo_id": f"visitor-{(batch * 10 + index // 10) % visitors}",
            "event_id": f"{batch}-{index}",
            "event_params": {"project_id": projects[(batch + index) % len(projects)]},
        }
        for index in range(BATCH)
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(_ingest(int(sys.argv[1])))))
    else:
        print("\n".join(result.row() for result in measure()))
