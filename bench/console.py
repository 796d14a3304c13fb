"""The console in Chromium on loopback: words and figures cold, 20 plots cold and warm.

The service is the real one, with one dashboard more: twenty plots of the declared ones, each
with its own queries, which a real Prometheus answers.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from playwright.sync_api import Browser, sync_playwright

from bench.load import running
from bench.result import Result
from vitrine.catalogue.dashboard import Dashboard, PanelKind
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.monitoring.prometheus import Scrape, prometheus_yml
from vitrine.monitoring.rules import rule_files
from vitrine.operations.prometheus import Prometheus, find_prometheus
from vitrine.operations.server import free_port

UID = "twenty-plots"
PLOTS = 20
ROUNDS = 5
WATCHED_S = 20
WORDS_S, COLD_S, WARM_S = 1.0, 3.0, 1.0
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WATCH = """
window.seen = {};
new MutationObserver(() => {
  const board = document.getElementById("board");
  for (const what of ["said", "drawn"]) {
    if (board?.dataset[what] && !window.seen[what]) {
      requestAnimationFrame(() => { window.seen[what] ??= performance.now(); });
    }
  }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""Notes the moment at which a person sees the words, and all plots, since the navigation."""


def twenty() -> Dashboard:
    """Return a dashboard of twenty plots, the first that are declared."""
    panels = (
        panel
        for board in DASHBOARDS
        for panel in board.panels
        if panel.kind not in (PanelKind.TABLE, PanelKind.COUNTER)
    )
    return Dashboard(UID, "Twenty plots", "For measuring.", tuple(islice(panels, PLOTS)), True)


class Seen(NamedTuple):
    """Seconds since the navigation until words and figures, and until all plots were seen."""

    words: float
    plots: float


def measure() -> list[Result]:
    """Open the dashboard in fresh browsers and again in the same ones; take medians."""
    cold, warm = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        _watched(Path(folder)) as (url, password),
        sync_playwright() as playwright,
    ):
        for _ in range(ROUNDS):
            browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
            seen = _looks(browser, url, password)
            cold.append(seen[0])
            warm.append(min(seen[1:], key=lambda one: one.plots))
            browser.close()
    words = statistics.median(one.words for one in cold)
    plots = statistics.median(one.plots for one in cold)
    again = statistics.median(one.plots for one in warm)
    return [
        _row("console: words and figures, cold", words, WORDS_S),
        _row(f"console: {PLOTS} plots, cold", plots, COLD_S),
        _row(f"console: {PLOTS} plots, warm", again, WARM_S),
    ]


def _chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        raise RuntimeError("make bench needs chromium: apt-get install chromium")
    return found


def _row(what: str, took_s: float, most_s: float) -> Result:
    ratio = took_s / most_s
    return Result(what, f"{took_s:.2f} s", f"{most_s:g} s", ratio, 1.0, at_most=True)


def _looks(browser: Browser, url: str, password: str) -> list[Seen]:
    """Log in, and look at the dashboard three times: first with nothing kept, then again."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.goto(f"{url}/console/login")
    page.fill("#password", password)
    page.click("text=Log in")
    page.wait_for_url("**/console")
    page.add_init_script(WATCH)
    seen = []
    for _ in range(3):
        page.goto(f"{url}/console/dashboards/{UID}?from=now-5m&refresh=")
        page.wait_for_selector("#board[data-drawn]", timeout=60_000)
        page.wait_for_timeout(200)
        found: dict[str, Any] = page.evaluate("window.seen")
        drawn = page.evaluate("document.querySelectorAll('.main-svg').length > 0")
        if not drawn or "drawn" not in found:
            raise RuntimeError(f"nothing was drawn: {found}")
        seen.append(Seen(found["said"] / 1_000, found["drawn"] / 1_000))
    context.close()
    return seen


@contextmanager
def _watched(root: Path) -> Iterator[tuple[str, str]]:
    """Run the service with the dashboard, and a Prometheus that has watched it for a while."""
    binary = find_prometheus()
    if binary is None:
        raise RuntimeError("make bench needs prometheus: deploy/debian/install-quietly prometheus")
    port, beside = free_port(), free_port()
    home = root / "home"
    command = ["-m", "bench.console", str(home), str(port), f"http://127.0.0.1:{beside}"]
    with running(command, port, "/ready") as url:
        for name, text in rule_files().items():
            (root / name).write_text(text)
        scrape = Scrape("vitrine", f"127.0.0.1:{port}", home / "metrics-token")
        program = Prometheus(binary, root / "prometheus", beside, "")
        program.home.mkdir()
        rules = [str(root / name) for name in rule_files()]
        (program.home / "prometheus.yml").write_text(prometheus_yml([scrape], 1, rules))
        process = subprocess.Popen(program.command(), stderr=subprocess.DEVNULL)
        try:
            _visit(url, WATCHED_S)
            yield url, (home / "admin-password").read_text()
        finally:
            process.terminate()
            process.wait(20)


def _visit(url: str, seconds: float) -> None:
    """Be a few visitors for so long, so that there is something to draw."""
    until = time.monotonic() + seconds
    number = 0
    with httpx.Client(base_url=url, trust_env=False) as client:
        while time.monotonic() < until:
            number += 1
            who = f"visitor-{number % 40}"
            event = {"event_name": "download_resume", "user_pseudo_id": who}
            client.post("/api/events", json=event)
            client.get("/api/personalization", params={"user_id": who})
            client.get("/nowhere")
            time.sleep(0.02)


def serve(home: str, port: str, prometheus: str) -> None:
    """Run the service as `vitrine serve` does, with one dashboard more."""
    from vitrine.operations.server import run
    from vitrine.settings import Settings
    from vitrine.wiring.application import application
    from vitrine.wiring.log import standard_log

    settings = Settings.load(home=Path(home), prometheus_url=prometheus)
    settings.make_home()
    log = standard_log(settings)
    try:
        app = application(settings, log, dashboards=(*DASHBOARDS, twenty()))
        run(app, "127.0.0.1", int(port), ending=log.recent.close)
    finally:
        log.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(*sys.argv[1:])
    else:
        for result in measure():
            print(result.row())
