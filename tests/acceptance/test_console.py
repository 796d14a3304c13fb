"""The console in a real browser, beside a real Prometheus and a real Alertmanager."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.browser import visit
from tests.acceptance.busy import Busy, answered, busy, decided
from tests.acceptance.live import ONCE, LiveService
from tests.acceptance.prometheus import wait_for, wait_for_none
from vitrine.catalogue.dashboard import PanelKind
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.dashboards.cache import DASHBOARD as CACHE_ANALYTICS
from vitrine.catalogue.dashboards.database import DASHBOARD as DATABASE_HEALTH
from vitrine.catalogue.limits import NETWORK_LOGINS

AA = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
PLOTTED = {kind for kind in PanelKind if kind not in (PanelKind.TABLE, PanelKind.COUNTER)}
PAGES = {
    "/console": "Overview",
    "/console/dashboards": "Dashboards",
    "/console/alerts": "Alerts",
    "/console/logs?level=WARNING": "Logs",
    "/console/visitors": "Visitors and segments",
    "/console/rules": "Rules",
    "/console/rules/RECRUITER": "Recruiter",
    "/console/preview": "Preview",
    "/console/insights": "Insights",
    "/console/experiment": "Does it help?",
    "/console/switch": "Off switch",
    "/console/runbooks": "Runbooks",
    "/console/runbooks/HighLatency": "HighLatency",
    "/console/catalogue": "Catalogue",
    "/console/catalogue/cache_hits_total": "cache_hits_total",
    # Between them they have every kind of panel; they stand still while they are looked at.
    "/console/dashboards/vitrine-api?from=now-5m&refresh=": "API Performance",
    "/console/dashboards/vitrine-llm?from=now-5m&refresh=": "LLM Service",
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    with busy(tmp_path_factory.mktemp("console")) as running:
        yield running


def log_in(page: Page, service: LiveService) -> None:
    page.goto(f"{service.url}/console/login")
    page.fill("#password", (service.home / "admin-password").read_text())
    page.click("text=Log in")
    expect(page.locator("h1")).to_have_text("Overview")


@pytest.fixture(scope="module")
def session(browser: Browser, live: Busy) -> Any:
    """Give what a browser keeps of somebody who is logged in."""
    with visit(browser) as page:
        log_in(page, live.service)
        return page.context.storage_state()


@pytest.fixture
def inside(browser: Browser, session: Any) -> Iterator[Page]:
    """Give a page of somebody who is logged in; what the browser complains of fails the test."""
    with visit(browser, reduced_motion="reduce", storage_state=session) as page:
        yield page


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def accessible(page: Page) -> list[str]:
    """Return what axe finds, dark and light."""
    page.emulate_media(color_scheme="light")
    found = violations(page, AA)
    page.emulate_media(color_scheme="dark")
    found += violations(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    return found


def wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_every_page_is_there_accessible_dark_and_light_on_desktop_and_phone(
    inside: Page, live: Busy
) -> None:
    decided(live.service, "somebody")
    for path, title in PAGES.items():
        inside.set_viewport_size({"width": 1280, "height": 900})
        inside.goto(live.service.url + path)
        expect(inside.locator("h1")).to_have_text(title)
        if "/dashboards/" in path:
            inside.wait_for_selector("#board[data-drawn]")
        assert accessible(inside) == [], path
        assert not wide(inside), path
        inside.set_viewport_size({"width": 390, "height": 844})
        wait_for(lambda: not wide(inside), f"{path} as wide as a phone")  # plots follow at once


def test_a_visitors_story_is_found_from_the_list(inside: Page, live: Busy) -> None:
    decided(live.service, "storied")
    inside.goto(f"{live.service.url}/console/visitors")
    inside.fill("#who", "storied-0")
    inside.click("text=Tell the story")
    expect(inside.locator("h1")).to_contain_text("Visitor")
    expect(inside.locator("main")).to_contain_text("downloaded the résumé")
    assert "storied" not in inside.url
    assert accessible(inside) == []


NOTHING_HAPPENED = {"Error rate by endpoint", "Fallback frequency", "Refused by a limit"}
OF_POSTGRESQL = {panel.title for panel in DATABASE_HEALTH.panels if panel.part}
"""They say nothing beside a SQLite; test_queries.py has them on PostgreSQL."""


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: str(board.title))
def test_every_panel_of_a_dashboard_shows_live_data(inside: Page, live: Busy, board: Any) -> None:
    address = f"{live.service.url}/console/dashboards/{board.uid}?from=now-15m&job=vitrine&refresh="

    def empty() -> list[str]:
        inside.goto(address)
        inside.wait_for_selector("#board[data-drawn]")
        return inside.locator(".panel:has(.state) h2").all_text_contents()

    wait_for_none(lambda: set(empty()) - OF_POSTGRESQL, "empty panel")
    drawn = inside.locator(".panel:has(.main-svg) h2").all_text_contents()
    at_zero = inside.locator(".panel:has(.plot[hidden]) h2").all_text_contents()
    assert [*drawn, *at_zero] == [
        *(panel.title for panel in board.panels if panel.kind in PLOTTED and panel.title in drawn),
        *at_zero,
    ]
    plotted = {panel.title for panel in board.panels if panel.kind in PLOTTED}
    assert plotted - OF_POSTGRESQL == {*drawn, *at_zero} - OF_POSTGRESQL
    assert set(at_zero) - OF_POSTGRESQL <= NOTHING_HAPPENED
    for panel in inside.locator(".panel").all():
        assert (panel.locator(".words").text_content() or "").strip()
    assert live.service.counts("console_dashboard_views_total", "dashboard")[board.uid] >= 1
    assert overlapping(inside) == []
    folded = inside.locator(".part:not([open])").all_inner_texts()
    assert [text.split(" · ")[0] for text in folded] == [
        part for part, panels in board.parts if {panel.title for panel in panels} <= OF_POSTGRESQL
    ]
    for plot in inside.locator(".plot:not([hidden])").all():
        assert ": " in (plot.get_attribute("aria-label") or "")


def overlapping(page: Page) -> list[str]:
    """Return the panels that stand on another one, or whose content is wider than they are."""
    found: list[str] = page.evaluate(
        """() => {
            const panels = [...document.querySelectorAll(".panel")];
            const boxes = panels.map((panel) => panel.getBoundingClientRect());
            const apart = (a, b) =>
                a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            const bad = (panel, number) =>
                panel.scrollWidth > panel.clientWidth + 1 ||
                panel.scrollHeight > panel.clientHeight + 1 ||
                boxes[number].width < 250 ||
                boxes.some((box, other) => other !== number && !apart(box, boxes[number]));
            return panels.filter(bad).map((panel) => panel.querySelector("h2").textContent);
        }"""
    )
    return found


def test_a_dashboard_refreshes_keeps_its_variables_and_is_zoomed_by_dragging(
    inside: Page, live: Busy
) -> None:
    inside.goto(f"{live.service.url}/console/dashboards/vitrine-api?from=now-15m&job=vitrine")
    inside.wait_for_selector("#board[data-drawn]")
    expect(inside.locator("#job option")).to_have_text(["all", "vitrine", "quiet"])
    inside.select_option("#from", "now-5m")
    inside.wait_for_url("**from=now-5m**job=vitrine**")
    inside.select_option("#refresh", "10")
    inside.wait_for_url("**refresh=10**")
    inside.wait_for_selector("#board[data-drawn]")
    inside.click("text=LLM Service")
    inside.wait_for_url("**vitrine-llm?from=now-5m&to=now&job=vitrine&refresh=10")
    inside.go_back()
    inside.select_option("#refresh", "")  # or it may come in the middle of the drag
    inside.wait_for_selector("#board[data-refresh=''][data-drawn]")
    box = inside.locator(".panel.kind-line .plot .nsewdrag").first.bounding_box()
    assert box is not None
    inside.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    inside.mouse.down()
    inside.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 52, steps=5)
    inside.mouse.up()
    inside.wait_for_url(re.compile(r"from=\d{13}&.*to=\d{13}"))
    expect(inside.locator("#from option[selected]")).to_contain_text(" to ")


def test_no_data_no_traffic_and_no_prometheus_are_three_states(
    inside: Page, live: Busy, browser: Browser
) -> None:
    cache = f"{live.service.url}/console/dashboards/vitrine-cache"
    now = int(time.time() * 1_000)
    long_ago = f"from={now - 40 * 86_400_000}&to={now - 39 * 86_400_000}"

    def states() -> list[str]:
        """Return how all panels are; a busy Prometheus may be too late for one."""
        inside.goto(f"{cache}?{long_ago}")
        inside.wait_for_selector("#board[data-drawn]")
        return inside.locator(".state strong").all_text_contents()

    wait_for(lambda: states() == ["No data."] * len(CACHE_ANALYTICS.panels), "panels without data")
    inside.goto(f"{cache}?from=now-5m&job=quiet")
    inside.wait_for_selector("#board[data-drawn]")
    hit_rate = inside.locator(".panel:has(h2:text-is('Hit rate trend'))")
    expect(hit_rate).to_contain_text("No traffic. Nothing was counted here in this time")
    expect(inside.locator(".panel:has(h2:text-is('Memory usage')) .main-svg").first).to_be_visible()
    redis = inside.locator(".panel:has(h2:text-is('Redis in use'))")
    expect(redis).to_contain_text("has no part that they speak of, such as a Redis")
    with visit(browser) as page:
        log_in(page, live.quiet)
        expect(page.locator("main")).to_contain_text("Nothing can be said: no Prometheus answers")
        page.goto(f"{live.quiet.url}/console/dashboards/vitrine-cache")
        page.wait_for_selector("#board[data-drawn]")
        assert set(page.locator(".state strong").all_inner_texts()) == {"No Prometheus."}
        expect(page.locator("#trouble")).to_contain_text(
            "no Prometheus answers at http://127.0.0.1"
        )
        page.goto(f"{live.quiet.url}/console/alerts")
        expect(page.locator("main")).to_contain_text("Nobody is told of alerts")


def is_listed(page: Page, live: Busy, alert: str) -> bool:
    """Tell whether the page has an alert, which a busy Prometheus may be too late to name."""
    page.goto(f"{live.service.url}/console/alerts")
    return page.locator(f"#{alert}").count() == 1


def silenced(live: Busy) -> list[str]:
    found = live.alertmanager.page(f"{live.alertmanager.url}/api/v2/silences").json()
    return [one["comment"] for one in found if one["status"]["state"] == "active"]


def test_an_alert_is_silenced_and_told_again_through_a_real_alertmanager(
    inside: Page, live: Busy
) -> None:
    wait_for(lambda: is_listed(inside, live, "HighLatency"), "the alert")
    row = inside.locator("#HighLatency")
    row.locator("summary").click()
    row.get_by_label("Why HighLatency is silent").fill("a planned update")
    row.get_by_text("Silence", exact=True).click()
    expect(inside.locator("#HighLatency")).to_contain_text("silenced")
    assert silenced(live) == ["a planned update"]
    inside.get_by_role("button", name="End it").click()
    expect(inside.locator("main")).to_contain_text("Everything is told that fires.")
    assert silenced(live) == []


def test_the_off_switch_gives_everybody_the_default_page_until_it_is_turned_on_again(
    inside: Page, live: Busy
) -> None:
    visitor = decided(live.service, "switched")
    inside.goto(f"{live.service.url}/console/switch")
    inside.check("text=Give everybody the default page")
    inside.click("text=Turn personalization off")
    expect(inside.locator("main")).to_contain_text("Personalization is off")
    assert answered(live.service, visitor)["variant"] == "default"
    inside.click("text=Turn personalization on")
    expect(inside.locator(".badge.good")).to_have_text("on")
    assert answered(live.service, visitor)["variant"] == "personalized"
    inside.goto(f"{live.service.url}/console")
    expect(inside.locator("main")).to_contain_text("Personalization turned off")


def test_a_rule_is_overridden_by_keyboard_and_restored(inside: Page, live: Busy) -> None:
    visitor = decided(live.service, "overridden")
    before = answered(live.service, visitor)
    segment = before["segment"]
    projects = before["featured_projects"]
    assert isinstance(projects, list)
    inside.goto(f"{live.service.url}/console/rules/{segment}")
    second = inside.locator("fieldset:has(input[value=project]) li").nth(1)
    second.locator("[data-move=up]").focus()
    inside.keyboard.press("Enter")
    expect(inside.locator("#moved")).to_contain_text("is number 1 now")
    inside.click("text=Show this order")
    expect(inside.locator(".banner")).to_contain_text("You have overridden: project.")
    pinned = answered(live.service, visitor)
    assert pinned["featured_projects"] == [projects[1], projects[0], *projects[2:]]
    assert pinned["priority_sections"] == before["priority_sections"]
    inside.click("text=Restore what is derived")
    expect(inside.locator(".banner")).to_have_count(0)
    assert answered(live.service, visitor) == before


def test_new_lines_of_the_log_come_in_on_top(inside: Page, live: Busy) -> None:
    inside.goto(f"{live.service.url}/console/logs?text=Request+finished&component=vitrine.http")
    newest = inside.locator("#lines time").first
    before = newest.get_attribute("datetime")
    inside.click("#follow")
    expect(inside.locator("#following")).to_have_text("New lines come in on top.")
    expect(newest).not_to_have_attribute("datetime", before or "")
    inside.click("#follow")


def test_without_a_login_runbooks_are_read_and_nothing_else(browser: Browser, live: Busy) -> None:
    with visit(browser, viewport={"width": 390, "height": 844}) as page:
        page.goto(f"{live.service.url}/runbooks/HighLatency")
        expect(page.locator("h1")).to_have_text("HighLatency")
        expect(page.locator("main")).to_contain_text("What to do")
        assert not wide(page)
        assert accessible(page) == []
        page.goto(f"{live.service.url}/console/dashboards/vitrine-api")
        expect(page.locator("button")).to_have_text("Log in")
        assert page.url.endswith("/console/login?next=/console/dashboards/vitrine-api")


@contextmanager
def elsewhere(link: str) -> Iterator[str]:
    """Serve a page of another site with a link, as a chat or a mail would have it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            icon = '<link rel="icon" href="data:,">'
            self.wfile.write(f'{icon}<a href="{link}">See the dashboard</a>'.encode())

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_link_in_a_message_leads_to_its_page_without_another_login(
    inside: Page, live: Busy
) -> None:
    with elsewhere(f"{live.service.url}/console/alerts") as message:
        inside.goto(message)
        inside.click("text=See the dashboard")
        expect(inside.locator("h1")).to_have_text("Alerts")


def test_a_form_without_the_sessions_token_is_refused(inside: Page, live: Busy) -> None:
    own = {"origin": live.service.url}
    for headers in (own, {"origin": "https://evil.example"}):
        answer = inside.request.post(
            f"{live.service.url}/console/switch",
            form={"to": "off", "sure": "yes"},
            headers=headers,
        )
        assert answer.status == 403
    assert answered(live.service, decided(live.service, "safe"))["variant"] == "personalized"


def test_guessing_the_password_is_held_up_in_clear_words(browser: Browser, live: Busy) -> None:
    with visit_of_wrong_passwords(browser) as page:
        page.goto(f"{live.quiet.url}/console/login")
        page.fill("#password", "a guess")
        page.click("text=Log in")
        expect(page.locator("[role=alert]")).to_have_text("That is not the password.")
        token = page.locator("[name=csrf]").input_value()
        form: dict[str, str | float | bool] = {"csrf": token, "password": "another"}
        own = {"origin": live.quiet.url}

        def held_up() -> bool:
            """Guess too often; a slow machine may have waited long enough for one more guess."""
            for _ in range(NETWORK_LOGINS.at_once):
                page.request.post(f"{live.quiet.url}/console/login", form=form, headers=own)
            page.fill("#password", "a third")
            with page.expect_navigation():
                page.click("text=Log in")
            return "Wait 10 seconds" in page.locator("[role=alert]").inner_text()

        wait_for(held_up, "a guess that has to wait")
    counts = live.quiet.counts("vitrine_logins_total", "result")
    assert counts["limited"] >= 1
    assert counts["wrong_password"] >= NETWORK_LOGINS.at_once - 2


@contextmanager
def visit_of_wrong_passwords(browser: Browser) -> Iterator[Page]:
    """Give a page on which answers of 401 and 429, of which a browser complains, are wanted."""
    context = browser.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


def test_the_theme_the_keyboard_and_logging_out(browser: Browser, live: Busy) -> None:
    with visit(browser, reduced_motion="reduce") as page:
        log_in(page, live.service)
        _look_around(page, live.service)


def _look_around(inside: Page, service: LiveService) -> None:
    inside.keyboard.press("Tab")
    expect(inside.locator(".skip")).to_be_focused()
    inside.keyboard.press("Enter")
    expect(inside.locator("main")).to_be_focused()
    light = inside.evaluate("getComputedStyle(document.body).color")
    inside.click("text=change to dark")
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    assert inside.evaluate("getComputedStyle(document.body).color") != light
    inside.set_viewport_size({"width": 390, "height": 844})
    expect(inside.locator("#menu")).not_to_be_visible()
    inside.click("text=Menu")
    inside.click("#menu >> text=Rules")
    expect(inside.locator("h1")).to_have_text("Rules")
    inside.click("text=Log out")
    expect(inside.locator("button")).to_have_text("Log in")
    inside.goto(f"{service.url}/console/rules")
    assert "/console/login" in inside.url


def test_no_password_stands_in_the_log(live: Busy) -> None:
    assert live.password not in live.service.log.read_text()


def test_who_follows_the_log_does_not_keep_the_service_from_ending(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    with service.client() as client:
        client.headers["origin"] = service.url
        form = client.get("/console/login").text
        (token,) = re.findall(r'name="csrf" value="([^"]+)"', form)
        password = (service.home / "admin-password").read_text()
        client.post("/console/login", data={"csrf": token, "password": password})
        with client.stream("GET", "/console/logs/tail") as lines:
            assert next(lines.iter_text()).startswith(": what is new follows")
            assert service.end() == 0


def test_assets_are_kept_for_good(live: Busy) -> None:
    page = ONCE.get(f"{live.service.url}/console/login").text
    for address in re.findall(r'"(/console/assets/[^"]+)"', page):
        answer = ONCE.get(live.service.url + address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
