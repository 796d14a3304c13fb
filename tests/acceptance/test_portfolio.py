"""The shipped portfolio as a visitor meets it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, ViewportSize, expect

from tests.acceptance.browser import visit
from tests.acceptance.live import LiveService, before_midnight_or_after

DESKTOP, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
ORDER = "[...document.querySelectorAll('section[data-vitrine-section]')].map(n => n.id)"
SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({type: "layout-shift", buffered: true});
"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = ("/", "/de/", "/projects/vision-api", "/de/projects/pixel-garden", "/projects/nothing")
agents = (f"Reader {number}" for number in count())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("portfolio")
    running = LiveService(folder / "home", VITRINE_HOLDOUT_SHARE="0")
    yield running
    running.end()


@contextmanager
def somebody(browser: Browser, agent: str = "", **options: Any) -> Iterator[Page]:
    """Give a page of a visitor whom the service has not met today.

    It jumps where others scroll: a slow machine would still be on its way.
    """
    before_midnight_or_after()
    agent = agent or next(agents)
    options = {"viewport": DESKTOP, "user_agent": agent, "reduced_motion": "reduce", **options}
    with visit(browser, **options) as page:
        page.add_init_script(SHIFTS)
        yield page


def wait(page: Page, condition: str) -> None:
    """Wait for a condition; as a function, because the page allows nobody to evaluate text."""
    page.wait_for_function(f"() => {condition}")


def sent(page: Page, service: LiveService) -> list[str]:
    """Return the sections in the order in which the service sends them."""
    text = page.context.request.get(service.url).text()
    return re.findall(r'<section id="([\w-]+)"', text)


def hover(page: Page, skill: str) -> None:
    """Look at a skill until the service has heard of it."""

    def tells(response: Response) -> bool:
        return response.status == 202 and f'"{skill}"' in (response.request.post_data or "")

    with page.expect_response(tells):
        page.locator(f"[data-vitrine-skill={skill}]").hover()
        page.clock.run_for(1_500)
        page.locator("h2", has_text="Skills").hover()
        page.clock.run_for(1_500)


def look_at_models(page: Page, service: LiveService) -> None:
    """Look around as an ML engineer does, without leaving the skills."""
    page.clock.install()
    page.goto(f"{service.url}/#skills")
    wait(page, "window.vitrine")
    for skill in ("pytorch", "language-models", "mlops", "statistics"):
        hover(page, skill)
    wait(page, "window.vitrine.page?.segment === 'ML_ENGINEER'")


def test_a_visit_as_an_ml_engineer_reorders_what_is_ahead_without_a_shift(
    browser: Browser, service: LiveService
) -> None:
    with somebody(browser) as page:
        designed = sent(page, service)
        look_at_models(page, service)
        arranged = page.evaluate(ORDER)
        assert sorted(arranged) == sorted(designed)
        on_screen = designed.index("career") + 1  # the skills, and the section that looks in
        assert arranged[:on_screen] == designed[:on_screen]
        assert arranged[on_screen] == "research", "what suits comes first of what is still ahead"
        assert page.evaluate("window.shifts") < 0.01
        panel = page.locator("#why")
        panel.get_by_text("Why do I see this order?").click()
        expect(panel).to_contain_text("Machine learning engineer")
        expect(panel).to_contain_text("was put into another order")


def test_a_second_page_is_personalised_before_anything_is_painted(
    browser: Browser, service: LiveService
) -> None:
    agent = next(agents)
    with somebody(browser, agent) as page:
        look_at_models(page, service)
    with somebody(browser, agent) as page:
        in_html = sent(page, service)
        decision = page.context.request.get(f"{service.url}/api/personalization").json()
        assert decision["variant"] == "personalized"
        assert in_html == [name for name in decision["priority_sections"] if name != "home"]
        page.goto(service.url, wait_until="networkidle")
        assert page.evaluate(ORDER) == in_html
        assert page.evaluate("window.shifts") == 0
        assert (
            page.locator(".card").first.get_attribute("data-vitrine-project")
            == (decision["featured_projects"][0])
        )
        marked = page.locator("[data-vitrine-highlighted]")
        assert sorted(marked.evaluate_all("all => all.map(n => n.dataset.vitrineSkill)")) == sorted(
            decision["highlight_skills"]
        )


def test_without_javascript_the_order_its_reasons_and_the_original_order_are_there(
    browser: Browser, service: LiveService
) -> None:
    agent = next(agents)
    with somebody(browser, agent) as page:
        designed = sent(page, service)
        look_at_models(page, service)
    with somebody(browser, agent, java_script_enabled=False) as page:
        page.goto(service.url)
        sections = page.locator("section[data-vitrine-section]")
        assert sections.first.get_attribute("id") == "research"
        panel = page.locator("#why")
        panel.locator("summary").click()
        expect(panel).to_contain_text("Machine learning engineer")
        expect(panel.locator("li").first).to_contain_text("speaks")
        panel.get_by_role("link", name="Show the original order").click()
        shown = [sections.nth(place).get_attribute("id") for place in range(sections.count())]
        assert shown == designed
        page.get_by_role("link", name="Deutsch").click()
        expect(page.locator("#why")).to_contain_text("weil Sie es so wollten")


def test_a_way_through_the_site_by_keyboard_alone(browser: Browser, service: LiveService) -> None:
    with somebody(browser) as page:
        page.goto(service.url)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="See the projects")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#why summary")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#why")).to_have_attribute("open", "")
        page.locator("#career summary").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#career details").first).to_have_attribute("open", "")


def test_the_focus_stays_where_it_is_while_things_move(
    browser: Browser, service: LiveService
) -> None:
    with somebody(browser) as page:
        page.goto(service.url)
        designed = page.evaluate(f"{ORDER}.join()")
        wait(page, "window.vitrine")
        page.locator("#hobbies a").first.evaluate("node => node.focus({preventScroll: true})")
        look = "document.activeElement.closest('section').id"
        with page.expect_response("**/api/events"):
            for project in ("vision-api", "forecast-lab", "paper-trail"):
                page.evaluate(f"vitrine.track('project_click', {{project_id: '{project}'}})")
        wait(page, "window.vitrine.page?.segment === 'ML_ENGINEER'")
        wait(page, f"{ORDER}.join() !== '{designed}'")
        assert page.evaluate(look) == "hobbies"
        assert page.evaluate("window.shifts") < 0.01


def test_nothing_is_stored_on_the_device_and_nothing_is_loaded_from_elsewhere(
    browser: Browser, service: LiveService
) -> None:
    with somebody(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for path in PAGES[:4]:
            page.goto(service.url + path, wait_until="networkidle")
        assert page.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
        assert page.evaluate("sessionStorage.length") == 0
        assert [url for url in asked if not url.startswith(service.url)] == []


def test_global_privacy_control_sends_nothing_and_shows_the_default_page(
    browser: Browser, service: LiveService
) -> None:
    with somebody(browser, extra_http_headers={"Sec-GPC": "1"}) as page:
        page.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
        )
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(service.url, wait_until="networkidle")
        page.locator("section .card a").first.click()
        page.go_back(wait_until="networkidle")
        assert not [url for url in asked if "/api/" in url]
        page.locator("#why summary").click()
        expect(page.locator("#why")).to_contain_text("Your browser asks for no profile")
    assert service.counts("personalization_defaults_total", "reason")["opted_out"] >= 2


def test_the_resume_is_downloaded_and_counts(browser: Browser, service: LiveService) -> None:
    before = service.counts("events_received_total", "event").get("download_resume", 0)
    with somebody(browser) as page:
        page.goto(service.url)
        wait(page, "window.vitrine")
        with (
            page.expect_download() as found,
            page.expect_response(lambda r: "download_resume" in (r.request.post_data or "")),
        ):
            page.get_by_role("link", name="Résumé as PDF").click()
        assert found.value.suggested_filename == "robin-vantreen.pdf"
        assert found.value.path().read_bytes().startswith(b"%PDF")
    after = service.counts("events_received_total", "event")["download_resume"]
    assert after == before + 1


def test_pages_count_in_a_group_of_their_own(service: LiveService) -> None:
    before = service.counts("api_outcomes_total", "group").get("page", 0)
    with service.client() as client:
        for path in ("/", "/projects/vision-api", "/visitor", "/vitrine.js", "/projects/nothing"):
            client.get(path)
    assert service.counts("api_outcomes_total", "group")["page"] == before + 5
    assert ("GET", "/projects/{project}", "404") in service.counts(
        "api_requests_total", "method", "endpoint", "status"
    )


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_the_smallest_telephone(
    browser: Browser, service: LiveService, path: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, user_agent=next(agents))
    page = context.new_page()
    page.goto(service.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


@pytest.mark.parametrize("path", [*PAGES, "/?order=original", "/visitor"])
def test_axe_finds_nothing_to_complain_of(
    browser: Browser, service: LiveService, path: str
) -> None:
    context = browser.new_context(reduced_motion="reduce", user_agent="Axe")
    page = context.new_page()
    page.goto(service.url + path, wait_until="networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
    context.close()
