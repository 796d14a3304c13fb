"""`GET /api/personalization`, all telemetry on, against a bare ASGI callable."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

import httpx

from bench.load import ROUNDS, bare_server, requests_per_second, service
from bench.result import Result

VISITORS = 2_000
BATCH = 50

SCRIPT = """
local number = 0
request = function()
  number = (number + 7919) % {visitors}
  return wrk.format("GET", "/api/personalization?user_id=visitor-" .. number)
end
"""


def measure() -> Result:
    """Ask for known visitors (three in four, all five segments) and unknown ones in turn."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ask.lua"
        script.write_text(SCRIPT.replace("{visitors}", str(VISITORS)))
        with bare_server() as bare, service(Path(folder) / "home") as url:
            _visit(url)
            requests_per_second(url, script, 1)
            pairs = [
                (requests_per_second(url, script), requests_per_second(bare, script))
                for _ in range(ROUNDS)
            ]
            dropped = _dropped(url)
    ratio = median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (median(values) for values in zip(*pairs, strict=True))
    what = f"GET /api/personalization ({dropped:.0f} lines dropped)"
    return Result(what, f"{ours:,.0f}/s", f"bare ASGI {theirs:,.0f}/s", ratio, 0.50)


def _dropped(url: str) -> float:
    """Return how many log lines were dropped, which must be none for the figure to count."""
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("log_dropped_total"))


def _visit(url: str) -> None:
    """Make three in four of the visitors known by what a visitor of some kind does."""
    projects = ("vision-api", "team-board", "first-steps")
    with httpx.Client(base_url=url, trust_env=False) as client:
        known = [number for number in range(VISITORS) if number % 4]
        for start in range(0, len(known), BATCH):
            events = [
                {
                    "event_name": "project_click",
                    "user_pseudo_id": f"visitor-{number}",
                    "event_params": {"project_id": projects[number % len(projects)]},
                }
                for number in known[start : start + BATCH]
            ]
            client.post("/api/events", json={"events": events * 2}).raise_for_status()


if __name__ == "__main__":
    print(measure().row())
