"""`/vitrine.js` on a website that is not ours, in a real browser."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response, expect

from tests.acceptance.browser import visit
from tests.acceptance.foreign import SECTIONS, ForeignSite, PlainServer, foreign_site
from tests.acceptance.live import LiveService, before_midnight_or_after
from tests.acceptance.prometheus import wait_for
from vitrine.domain.event import STANDARD_PARAMETERS
from vitrine.operations.server import free_port
from vitrine.pages.snippet import HEAD_SOURCE, snippet
from vitrine.usecases.proof import account_id

AS_WRITTEN = [*SECTIONS[:3], "notice", "garden", "talks", "contact"]
FOR_MODELLERS = ["welcome", "work", "talks", "notice", "skills", "contact", "garden"]
ORDER = "[...document.querySelector('main').children].map(n => n.dataset.vitrineSection || n.id)"
PROJECTS = "[...document.querySelectorAll('#projects li')].map(n => n.dataset.vitrineProject)"
SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
  }).observe({type: "layout-shift", buffered: true});
"""
GPC = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
DNT = "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})"
SITE_KEY = "the key of the site's own server"
FIRST = """{
  const asking = window.fetch;
  window.fetch = (...given) => {
    const answer = asking(...given);
    const done = () => (window.firstDone = true);
    if (given[0].includes("/api/personalization"))
      answer.then((found) => found.clone().text()).then(done, done);
    return answer;
  };
}"""
"""Notes when what a page asks as it begins was answered, or given up."""
GATHERED_MS = 1_100
"""After this long a page has sent what happened on it."""
agents = (f"Browser of test {number}" for number in count())


@pytest.fixture(scope="module")
def site() -> Iterator[ForeignSite]:
    with foreign_site() as found:
        yield found


@pytest.fixture(scope="module")
def service(site: ForeignSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("snippet")
    file = site.site_file(folder)
    running = LiveService(
        folder / "home", str(file), VITRINE_HOLDOUT_SHARE="0", VITRINE_ACCOUNT_KEYS=SITE_KEY
    )
    yield running
    running.end()


@contextmanager
def somebody(browser: Browser, *, real_time: bool = False, **options: Any) -> Iterator[Page]:
    """Give a page of a visitor whom the service has not met today.

    Its clock is the test's, so that nobody waits for a batch; layout shifts need the real one.
    """
    before_midnight_or_after()
    agent = next(agents)
    with visit(
        browser, user_agent=agent, viewport={"width": 1000, "height": 700}, **options
    ) as page:
        page.add_init_script(SHIFTS)
        page.add_init_script(FIRST)
        if not real_time:
            page.clock.install()
        yield page


def events_of(requests: list[Request]) -> list[dict[str, Any]]:
    return [event for body in bodies_of(requests) for event in body["events"]]


def bodies_of(requests: list[Request]) -> list[dict[str, Any]]:
    """Return what was posted as events."""
    return [json.loads(r.post_data or "") for r in requests if r.url.endswith("/api/events")]


def heard(page: Page) -> list[Request]:
    """Return a list that every request of the page will be in."""
    requests: list[Request] = []

    def hear(request: Request) -> None:
        requests.append(request)

    page.on("request", hear)
    return requests


def act(
    page: Page, event: str, do: Callable[[], object], *, real_time: bool = False
) -> dict[str, Any]:
    """Do something that makes an event; return the service's answer once the page has it."""

    def answers(response: Response) -> bool:
        return response.status == 202 and f'"{event}"' in (response.request.post_data or "")

    page.wait_for_function("window.firstDone")  # or that answer could come after this one
    with page.expect_response(answers) as found:
        do()
        if not real_time:
            page.clock.run_for(GATHERED_MS)
    answer: dict[str, Any] = found.value.json()
    has = "page => JSON.stringify(vitrine.page) == JSON.stringify(page)"
    page.wait_for_function(has, arg=answer["personalization"])
    return answer


def track(page: Page, event: str, *, real_time: bool = False, **params: str) -> dict[str, Any]:
    """Have the page say that something happened; return the service's answer."""
    said = f"vitrine.track({event!r}, {json.dumps(params)})"
    return act(page, event, lambda: page.evaluate(said), real_time=real_time)


def consent(page: Page, *, real_time: bool = False) -> None:
    """Consent to be known again, between a batch of the visitor of the day and one by id."""
    track(page, "download_resume", real_time=real_time)
    page.evaluate("vitrine.consent(true)")
    track(page, "download_resume", real_time=real_time)
    page.wait_for_function("localStorage.vitrine")


def model(page: Page, *, real_time: bool = False) -> dict[str, Any]:
    """Act as somebody who looks at models, so long that there is no doubt."""
    said = """
      for (let times = 0; times < 3; times++) {
        vitrine.track("project_click", {project_id: "vision"});
        vitrine.track("project_click", {project_id: "forecast"});
        vitrine.track("skill_hover", {skill_id: "python", duration_ms: 900});
      }
    """
    return act(page, "project_click", lambda: page.evaluate(said), real_time=real_time)


def observed(page: Page, selector: str) -> None:
    """Return when the page's observers have been told what is on the screen."""
    page.evaluate(
        """selector => new Promise(done => new IntersectionObserver((_, observer) => {
          observer.disconnect();
          done();
        }).observe(document.querySelector(selector)))""",
        selector,
    )


def test_one_line_installs_it_and_the_eleven_events_arrive(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    address = site.page(service.url)
    with somebody(browser) as page:
        requests = heard(page)
        page.route("**/cv", lambda route: route.fulfill(status=204))
        page.route("https://other.example/**", lambda route: route.fulfill(status=204))
        page.goto(address)
        page.wait_for_function("window.vitrine")
        observed(page, "[data-vitrine-section=welcome]")
        page.locator("header button").evaluate("b => b.remove()")
        page.locator("li", has_text="Python").hover()
        page.clock.run_for(800)
        page.locator("header").hover()
        page.locator("[data-vitrine-entry]").click()
        page.evaluate(
            "document.querySelectorAll('section a').forEach(a => "
            "a.addEventListener('click', e => e.preventDefault()))"
        )
        for name in ("Vision", "Mail", "Call", "CV", "Deutsch", "Other"):
            page.locator("section a", has_text=name).first.click()
        page.get_by_role("button", name="Send").click()
        for section in ("work", "welcome", "work"):
            page.evaluate(
                f"document.querySelector('[data-vitrine-section={section}]').scrollIntoView()"
            )
            observed(page, f"[data-vitrine-section={section}]")
            page.clock.run_for(6_000)
        page.evaluate(
            "document.querySelector('main').innerHTML = "
            '\'<article data-vitrine-read="forecast" style="height: 900px">Story</article>\''
        )
        page.clock.run_for(300)
        observed(page, "article")
        act(page, "deep_read", lambda: page.clock.run_for(31_000))
        page.wait_for_load_state("networkidle")
    events = events_of(requests)
    assert {event["event_name"] for event in events} == set(STANDARD_PARAMETERS)
    first, *others = events
    assert first["event_params"] == {"section_id": "welcome", "page_referrer": ""}
    by_name: dict[str, list[dict[str, Any]]] = {}
    for event in others:
        by_name.setdefault(event["event_name"], []).append(event["event_params"])
    (hover,) = by_name["skill_hover"]
    assert (hover["skill_id"], hover["duration_ms"] >= 700) == ("python", True)
    channels = [params["channel"] for params in by_name["contact_intent"]]
    assert channels == ["email", "phone", "form"]
    assert by_name["language_switch"] == [{"from": "en", "to": "de"}]
    assert by_name["career_timeline_interact"] == [{"entry_id": "first-job"}]
    assert by_name["external_link_click"] == [{"url": "https://other.example/page?secret=1"}]
    assert {"item_id": "work", "count": 2} in by_name["repeat_view"]
    (read,) = by_name["deep_read"]
    assert (read["project_id"], read["duration_ms"]) == ("forecast", 30_000)
    percents = [params["percent"] for params in by_name["scroll_depth"]]
    assert percents == sorted(set(percents))
    ids = [event["event_id"] for event in events]
    assert len(set(ids)) == len(ids)
    assert service.counts("events_rejected_total", "reason") == {}
    assert service.counts("events_received_total", "receipt").keys() == {"accepted"}


def test_what_nobody_has_seen_is_put_in_order_and_everything_else_stays(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        assert page.evaluate(ORDER) == AS_WRITTEN
        assert model(page)["personalization"]["variant"] == "personalized"
        assert page.evaluate(ORDER) == FOR_MODELLERS
        assert page.evaluate(PROJECTS) == ["forecast", "roses", "shed"]
        assert page.evaluate("document.body.lastElementChild.tagName") == "SCRIPT"
        assert page.evaluate("document.querySelector('footer').previousElementSibling.tagName") == (
            "MAIN"
        )
        assert page.evaluate("window.shifts") < 0.01
        orders = page.evaluate("[...document.querySelectorAll('*')].filter(n => n.style.order)")
        assert orders == []


def test_what_was_on_screen_once_never_moves(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        act(page, "scroll_depth", lambda: page.evaluate("scrollTo(0, document.body.scrollHeight)"))
        page.evaluate("scrollTo(0, 0)")
        assert model(page)["personalization"]["variant"] == "personalized"
        order = page.evaluate(ORDER)
        assert order.index("contact") == AS_WRITTEN.index("contact")
        assert page.evaluate("window.shifts") < 0.01


def test_the_part_that_has_the_focus_does_not_move(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        page.locator("#in-garden").evaluate("node => node.focus({preventScroll: true})")
        focused = "document.activeElement.id"
        track(page, "project_click", project_id="vision")
        assert page.evaluate("vitrine.page.segment") == "MODELLER"
        assert page.evaluate(focused) == "in-garden"
        order = page.evaluate(ORDER)
        assert order.index("garden") == AS_WRITTEN.index("garden")
        assert order.index("talks") < order.index("skills")


def test_the_original_order_comes_back_for_good_and_with_the_focus(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        button = page.get_by_role("button", name="Original order")
        expect(button).to_be_disabled()
        model(page)
        expect(button).to_be_enabled()
        assert page.evaluate(ORDER) == FOR_MODELLERS
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(ORDER) == AS_WRITTEN
        assert page.evaluate(PROJECTS) == ["roses", "shed", "forecast"]
        page.locator("#in-garden").focus()
        page.evaluate("vitrine.original()")
        assert page.evaluate("document.activeElement.id") == "in-garden"
        page.evaluate("scrollTo(0, 0)")
        model(page)
        assert page.evaluate(ORDER) == AS_WRITTEN


def test_sections_may_be_known_by_the_ids_that_the_page_has_anyway(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    sections = "".join(f'<section id="{name}"><h2>{name}</h2></section>' for name in SECTIONS)
    style = "section { min-height: 110vh }"
    address = site.put(
        "/ids",
        f'<html lang="en"><link rel="icon" href="data:,"><style>{style}</style>'
        f'<script async src="{service.url}/vitrine.js"></script><body><main>{sections}</main>',
    )
    with somebody(browser) as page:
        page.goto(address)
        page.wait_for_function("window.vitrine")
        track(page, "project_click", project_id="vision")
        assert page.evaluate(ORDER.replace("n.dataset.vitrineSection || ", "")) == [
            *("welcome", "work", "talks", "skills", "contact", "garden")
        ]


def test_a_page_that_changes_itself_is_followed(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        model(page)
        requests = heard(page)
        page.evaluate(
            """
            history.pushState(null, "", "/another");
            document.querySelector("main").innerHTML = ["garden", "skills", "contact", "work"]
              .map(id => `<section data-vitrine-section="${id}"><h2>${id}</h2></section>`).join("");
            """
        )
        page.wait_for_function(f"{ORDER}.join() == 'garden,work,skills,contact'")
        act(page, "scroll_depth", lambda: page.evaluate("scrollTo(0, document.body.scrollHeight)"))
        depths = [
            e["event_params"] for e in events_of(requests) if e["event_name"] == "scroll_depth"
        ]
        assert [params["percent"] for params in depths] == [25, 50, 75, 100]


class HalfSilent:
    """A server that hands out the script, and accepts everything else without answering."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._server = PlainServer(self._answer)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def _answer(self, path: str) -> tuple[str, bytes] | None:
        if path == "/vitrine.js":
            return "text/javascript", snippet().body
        self._over.wait(30)
        return None

    def end(self) -> None:
        self._over.set()
        self._server.end()


def test_a_server_that_accepts_and_never_answers_is_given_up_and_delays_nothing(
    browser: Browser, site: ForeignSite
) -> None:
    server = HalfSilent()
    watch = """
      window.happened = [];
      const asking = window.fetch;
      window.fetch = (...given) => {
        if (!given[0].includes("/api/personalization")) return asking(...given);
        window.asked = given[0];
        window.happened.push("asked");
        setTimeout(() => window.happened.push("a second"), 1000);
        return asking(...given).catch(problem => {
          window.happened.push("given up");
          throw problem;
        });
      };
    """
    context = browser.new_context(user_agent=next(agents))
    page = context.new_page()
    page.add_init_script(watch)
    page.goto(site.page(server.url), wait_until="load")
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()
    page.wait_for_function("window.happened.includes('a second')")
    assert page.evaluate("window.happened") == ["asked", "given up", "a second"]
    # It may be given up before the request has left a busy machine.
    assert page.evaluate("window.asked") == f"{server.url}/api/personalization?user_id="
    page.locator("section a", has_text="Vision").click()
    assert page.url.endswith("#vision")
    assert page.evaluate(ORDER) == AS_WRITTEN
    context.close()
    server.end()


def test_a_script_that_never_comes_leaves_the_page_as_it_is(
    browser: Browser, site: ForeignSite
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        context = browser.new_context()
        page = context.new_page()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        page.goto(site.page(url), wait_until="domcontentloaded")
        expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()
        page.get_by_role("button", name="Send").click()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.locator("#foot")).to_be_in_viewport()
        assert page.evaluate(ORDER) == AS_WRITTEN
        context.close()


def test_with_the_service_stopped_the_page_is_complete(browser: Browser, site: ForeignSite) -> None:
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(site.page(f"http://127.0.0.1:{free_port()}"))
    assert page.evaluate(ORDER) == AS_WRITTEN
    expect(page.locator("#foot")).to_have_text("The foot")
    assert problems == []
    context.close()


@pytest.mark.parametrize("wish", [GPC, DNT], ids=["gpc", "dnt"])
def test_who_wants_no_profile_sends_nothing_and_gets_the_page_as_it_is(
    browser: Browser, service: LiveService, site: ForeignSite, wish: str
) -> None:
    headers = {"Sec-GPC": "1"} if wish is GPC else {"DNT": "1"}
    with somebody(browser, extra_http_headers=headers) as page:
        page.add_init_script(wish)
        requests = heard(page)
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        page.locator("section a", has_text="Vision").click()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.evaluate("localStorage.vitrine = 'from an earlier consent'")
        page.evaluate("vitrine.track('download_resume'); vitrine.consent(true); vitrine.original()")
        page.wait_for_load_state("networkidle")
        asked = {r.url.removeprefix(service.url) for r in requests if r.url.startswith(service.url)}
        assert asked == {"/vitrine.js"}
        assert page.evaluate(ORDER) == AS_WRITTEN
        assert page.evaluate("localStorage.length") == 0


def test_without_consent_nothing_is_stored_on_the_device(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        model(page)
        assert page.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
        assert page.evaluate("sessionStorage.length") == 0


def test_after_consent_the_last_answer_is_applied_before_anything_is_seen(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    wait_for_the_end = '<link rel="expect" href="#foot" blocking="render">'
    head = f"{wait_for_the_end}<script>{HEAD_SOURCE.read_text()}</script>"
    address = site.page(service.url, "/consented", head=head)
    with somebody(browser, real_time=True) as page:
        requests = heard(page)
        page.goto(address)
        page.wait_for_function("window.vitrine")
        consent(page, real_time=True)
        model(page, real_time=True)
        page.wait_for_function("JSON.parse(localStorage.vitrine).page.variant == 'personalized'")
        kept = json.loads(page.evaluate("localStorage.vitrine"))
        assert kept.keys() == {"id", "page"}
        assert events_of(requests)[-1]["user_pseudo_id"] == kept["id"]
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => setTimeout(() =>"
            f" document.querySelector('main') && (window.early = {ORDER})))"
        )
        page.route("**/vitrine.js", lambda route: route.fulfill(body=""))
        page.goto(address)
        first = ["work", "talks", "welcome", "notice", "skills", "contact", "garden"]
        page.wait_for_function("window.early")
        assert page.evaluate("window.early") == first
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        assert page.evaluate(ORDER) == first
        assert page.evaluate("window.shifts") == 0
        page.unroute("**/vitrine.js")
        page.goto(address)
        page.wait_for_function("window.vitrine")
        page.evaluate("vitrine.original()")
        assert page.evaluate(ORDER) == AS_WRITTEN


def test_withdrawn_consent_takes_everything_from_the_device(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        requests = heard(page)
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        consent(page)
        page.evaluate("vitrine.consent(false)")
        assert page.evaluate("localStorage.length") == 0
        model(page)
        assert "user_pseudo_id" not in events_of(requests)[-1]
        assert page.evaluate("localStorage.length") == 0


def test_a_visitor_who_consented_reaches_their_own_page_by_a_token_in_the_link(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        consent(page)
        model(page)
        requests = heard(page)
        page.get_by_role("link", name="My data").click()
        page.wait_for_url(f"{service.url}/visitor")
        expect(page.locator("#events")).to_contain_text("opened a project")
        expect(page.locator("#who")).to_contain_text("You agreed to be known again")
        for request in requests:
            assert "token" not in request.url.partition("/visitor")[2].replace("/token", "")
        assert page.evaluate("location.hash") == ""


def test_who_is_logged_in_is_the_same_visitor_in_two_browsers_and_nothing_is_stored(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    ada = account_id("ada", SITE_KEY.encode())
    address = site.page(service.url, account=ada)
    with somebody(browser) as page:
        page.goto(address)
        page.wait_for_function("window.vitrine")
        assert model(page)["personalization"]["segment"] == "MODELLER"
        assert page.evaluate("localStorage.length") == 0
    with somebody(browser) as page:
        page.goto(address)
        page.wait_for_function("vitrine.page?.segment == 'MODELLER'")
        page.get_by_role("link", name="My data").click()
        page.wait_for_url(f"{service.url}/visitor")
        expect(page.locator("#events")).to_contain_text("opened a project")
        expect(page.locator("#who")).to_contain_text("the site names your account")


def test_a_rule_that_shifts_what_is_on_screen_is_stopped_and_reported(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    shifting = (
        "section, aside { min-height: 110vh } body { margin: 0 }"
        " main:has([data-vitrine-section=work] + [data-vitrine-section=talks]) h1"
        " { margin-top: 300px }"
    )
    before = service.counts("personalization_rules_stopped_total", "segment")
    with somebody(browser, real_time=True) as page:
        requests = heard(page)
        page.goto(site.page(service.url, style=shifting))
        page.wait_for_function("window.vitrine")
        page.evaluate("vitrine.track('project_click', {project_id: 'vision'})")
        page.wait_for_function("window.shifts > 0.01")
        track(page, "download_resume", real_time=True)
        track(page, "download_resume", real_time=True)
        told = [body["layout_shift"] for body in bodies_of(requests)]
        assert [value for value in told if isinstance(value, float)] == [
            pytest.approx(page.evaluate("window.shifts"), abs=0.001)
        ]
        page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend', "
            "'<section data-vitrine-section=\"work\">Work again</section>')"
        )
        track(page, "download_resume", real_time=True)
        assert page.evaluate(ORDER)[-1] == "work", "nothing moves any more"
    after = service.counts("personalization_rules_stopped_total", "segment")
    assert after == {"MODELLER": before.get("MODELLER", 0) + 1}


def test_what_is_left_to_say_is_said_when_the_page_goes(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    with somebody(browser) as page:
        page.goto(site.page(service.url))
        page.wait_for_function("window.vitrine")
        before = service.counts("events_received_total", "event").get("cart_add", 0)
        page.add_init_script("navigator.sendBeacon = () => { throw new Error('not a beacon') }")
        page.evaluate("vitrine.track('cart_add', {project_id: 'roses'})")
        page.goto("about:blank")

        def arrived() -> bool:
            return service.counts("events_received_total", "event").get("cart_add", 0) > before

        wait_for(arrived, "the event, which was not lost with the page")


def test_a_refused_batch_goes_along_with_the_next_one_and_counts_once(
    browser: Browser, service: LiveService, site: ForeignSite
) -> None:
    watch = """{
      const asking = window.fetch;
      window.fetch = async (...given) => {
        const answer = await asking(...given);
        setTimeout(() => (window.answered = answer.status)); // once the page knows it
        return answer;
      };
    }"""
    context = browser.new_context(user_agent=next(agents))
    page = context.new_page()
    page.clock.install()
    for script in (FIRST, watch):
        page.add_init_script(script)
    page.goto(site.page(service.url))
    track(page, "download_resume")
    page.route("**/api/events", lambda route: route.fulfill(status=503, body="{}"), times=1)
    page.evaluate("vitrine.track('cart_add', {project_id: 'roses'})")
    page.clock.run_for(GATHERED_MS)
    page.wait_for_function("window.answered == 503")
    answer = track(page, "download_resume")
    assert [receipt["result"] for receipt in answer["receipts"]] == ["accepted"] * 2
    assert len(track(page, "download_resume")["receipts"]) == 1
    context.close()
