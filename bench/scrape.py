"""What a scrape costs, and how many series there are, after very many hostile requests.

`python -m bench.scrape 120` sends them for two minutes.
"""

from __future__ import annotations

import re
import sys
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
FAILED = re.compile(r'^api_requests_total{.*status="5[^}]*} [1-9]')
"""A series of answers that say that the service failed."""

SCRIPT = """
local number = 0
local headers = {["content-type"] = "application/json", ["user-agent"] = "Mozilla/5.0 (x)"}
local told = {
  '{"event_name":"e%d","user_pseudo_id":"u%d"}',
  '{"event_name":"project_click","event_id":"i%d","event_params":{"project_id":"p%d"}}',
  '{"event_name":"download_resume","user_pseudo_id":"u%d","event_params":{"x%d":1}}',
}
request = function()
  number = number + 1
  headers["x-n"] = tostring(number)
  local way = number % 6
  if way < 3 then
    return wrk.format("POST", "/api/events", headers, told[way + 1]:format(number, number))
  elseif way == 3 then
    return wrk.format("M" .. number, "/api/personalization", headers)
  elseif way == 4 then
    return wrk.format("GET", "/api/personalization?user_id=u" .. number, headers)
  end
  return wrk.format("GET", "/p" .. number .. "/x?q" .. number, headers)
end
"""


def measure(seconds: int = SECONDS) -> list[Result]:
    """Invent a path, a method, an event, an id or a parameter with every request, then scrape."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "hostile.lua"
        script.write_text(SCRIPT)
        with service(Path(folder) / "home") as url:
            rate = requests_per_second(url, script, seconds, errors=True)
            scrapes = scraped(url, SCRAPES)
    took = median(seconds for seconds, _ in scrapes)
    series = scrapes[-1][1]
    after = f"after {rate * seconds:,.0f} requests"
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


def scraped(url: str, times: int) -> list[tuple[float, int]]:
    """Return the seconds that each scrape takes, and how many series it has.

    The client is made before: preparing for TLS would take it as long again.
    """
    found = []
    with httpx.Client(base_url=url, trust_env=False) as client:
        for _ in range(times):
            began = time.perf_counter()
            lines = client.get("/metrics").text.splitlines()
            took = time.perf_counter() - began
            failed = [line for line in lines if FAILED.search(line)]
            assert not failed, failed
            found.append((took, sum(not line.startswith("#") for line in lines)))
    return found


if __name__ == "__main__":
    print("\n".join(result.row() for result in measure(*map(int, sys.argv[1:]))))
