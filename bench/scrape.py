"""What a scrape costs, and how many series there are, after very many hostile requests."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import httpx

from bench.load import requests_per_second, service
from bench.result import Result

SECONDS = 10
SCRAPES = 9
MOST_S = 0.05
MOST_SERIES = 3_000

SCRIPT = """
local number = 0
local headers = {["content-type"] = "application/json", ["user-agent"] = "Mozilla/5.0 (x)"}
request = function()
  number = number + 1
  headers["x-n"] = tostring(number)
  if number % 3 == 0 then
    local body = '{"event_name":"e' .. number .. '","user_pseudo_id":"u' .. number .. '"}'
    return wrk.format("POST", "/api/events", headers, body)
  end
  return wrk.format(number % 2 == 0 and "PURGE" or "GET", "/p" .. number .. "/x", headers)
end
"""


def measure() -> list[Result]:
    """Invent a path, or an event and a visitor, with every request, then scrape."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "hostile.lua"
        script.write_text(SCRIPT)
        with service(Path(folder) / "home") as url:
            rate = requests_per_second(url, script, SECONDS, errors=True)
            scrapes = [_scrape(url) for _ in range(SCRAPES)]
    took = median(seconds for seconds, _ in scrapes)
    series = scrapes[-1][1]
    after = f"after {rate * SECONDS:,.0f} requests"
    return [
        Result(
            f"scrape {after}", f"{took * 1e3:.1f} ms", "50 ms", took / MOST_S, 1.0, at_most=True
        ),
        Result(
            f"series {after}",
            f"{series:,}",
            f"{MOST_SERIES:,}",
            series / MOST_SERIES,
            1.0,
            at_most=True,
        ),
    ]


def _scrape(url: str) -> tuple[float, int]:
    began = time.perf_counter()
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    took = time.perf_counter() - began
    return took, sum(not line.startswith("#") for line in lines)


if __name__ == "__main__":
    print("\n".join(result.row() for result in measure()))
