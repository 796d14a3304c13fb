"""Pictures of the console with live data.

A real Prometheus watches a service for three minutes while simulated visitors come and one of
its two models fails for a while; then the browser looks at it.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.browser import ARGUMENTS, chromium
from tests.acceptance.busy import alertmanager, decided
from tests.acceptance.live import VITRINE, LiveService, environment
from tests.acceptance.prometheus import LivePrometheus
from tests.acceptance.test_model_service import recruiters, settings
from vitrine.catalogue.external import JOB
from vitrine.monitoring.prometheus import PROMETHEUS, Scrape, prometheus_yml
from vitrine.monitoring.rules import Pace, rule_files
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.operations.server import free_port

WATCHED_S = 190
FAILING_S = 25
SHOWN_S = 120
SCRAPE_S = 2
LAPTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Console:
    """A watched service, and a browser that is logged in."""

    service: LiveService
    browser: Browser
    session: Any

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        """Give a page of somebody who is logged in."""
        kept = {"viewport": LAPTOP, "reduced_motion": "reduce", "storage_state": self.session}
        context = self.browser.new_context(**{**kept, **options})
        try:
            yield context.new_page()
        finally:
            context.close()

    def take(self, path: Path, address: str, *, whole: bool = True, **options: Any) -> None:
        """Take a picture of a page of the console, as soon as all of it is drawn."""
        with self.page(**options) as page:
            page.goto(self.service.url + address, wait_until="networkidle")
            if "/dashboards/" in address:
                page.wait_for_selector("#board[data-drawn]")
            page.screenshot(path=path, full_page=whole)


def console_overview(console: Console, path: Path) -> None:
    console.take(path, "/console")


def console_alerts_phone(console: Console, path: Path) -> None:
    options = {"viewport": PHONE, "color_scheme": "dark", "device_scale_factor": 2}
    console.take(path, "/console/alerts", whole=False, **options)


def console_visitors(console: Console, path: Path) -> None:
    console.take(path, "/console/visitors")


def console_story(console: Console, path: Path) -> None:
    """One visitor, step by step."""
    decided(console.service, "somebody")
    with console.page() as page:
        page.goto(f"{console.service.url}/console/visitors")
        page.fill("#who", "somebody-0")
        page.click("text=Tell the story")
        page.wait_for_selector("h3")
        page.screenshot(path=path, full_page=True)


def console_preview(console: Console, path: Path) -> None:
    console.take(path, "/console/preview?segment=RECRUITER", color_scheme="dark")


def console_dashboard_llm(console: Console, path: Path) -> None:
    now = int(time.time() * 1_000)
    period = f"from={now - SHOWN_S * 1_000}&to={now}&refresh="
    console.take(path, f"/console/dashboards/vitrine-llm?{period}", color_scheme="dark")


TAKEN: dict[str, Callable[[Console, Path], None]] = {
    "console-overview": console_overview,
    "console-alerts-phone": console_alerts_phone,
    "console-visitors": console_visitors,
    "console-story": console_story,
    "console-preview": console_preview,
    "console-dashboard-llm": console_dashboard_llm,
}
"""Each takes one picture, by its name."""


@contextmanager
def studio(root: Path) -> Iterator[Console]:
    """Start everything, have it watched for three minutes, and end it."""
    port = free_port()
    with alertmanager(root / "alertmanager") as silencing, ModelsServer(recruiters) as models:
        addresses = {
            "VITRINE_PROMETHEUS_URL": f"http://127.0.0.1:{port}",
            "VITRINE_ALERTMANAGER_URL": silencing.url,
        }
        service = LiveService(root / "home", **settings(models), **addresses)
        prometheus = LivePrometheus(root / "prometheus", _configuration(root, service, port), port)
        simulate = [*VITRINE, "simulate", "--url", service.url, "--forever", "--rate", "4"]
        visitors = subprocess.Popen(
            [*simulate, "--speed", "20"], env=environment(), stdout=subprocess.DEVNULL
        )
        try:
            _watch(models)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS])
                yield Console(service, browser, _logged_in(browser, service))
                browser.close()
        finally:
            visitors.terminate()
            visitors.wait(20)
            prometheus.end()
            service.end()


def _watch(models: ModelsServer) -> None:
    healthy = (WATCHED_S - FAILING_S) / 2
    for behaviour, seconds in (
        (Behaviour.OK, healthy),
        (Behaviour.PROSE, FAILING_S),
        (Behaviour.OK, healthy),
    ):
        models.behave("gemini", behaviour)
        print(f"watched with a model that is {behaviour} for {seconds:.0f} s", flush=True)
        threading.Event().wait(seconds)


def _configuration(root: Path, service: LiveService, port: int) -> str:
    rules = rule_files(Pace(own=False))
    for name, text in rules.items():
        (root / name).write_text(text)
    scrapes = [
        Scrape(JOB, f"127.0.0.1:{service.port}", service.home / "metrics-token"),
        Scrape(PROMETHEUS, f"127.0.0.1:{port}"),
    ]
    return prometheus_yml(scrapes, SCRAPE_S, [str(root / name) for name in rules])


def _logged_in(browser: Browser, service: LiveService) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{service.url}/console/login")
    page.fill("#password", (service.home / "admin-password").read_text())
    page.click("text=Log in")
    page.wait_for_url("**/console")
    kept = context.storage_state()
    context.close()
    return kept
