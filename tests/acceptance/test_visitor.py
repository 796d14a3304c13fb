"""What a visitor may see, take, erase and switch off: on the page, by command, and on the disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.browser import visit
from tests.acceptance.live import LiveService, before_midnight_or_after, vitrine

MODELLED = [
    {"event_name": "section_view", "event_params": {"section_id": "research"}},
    {"event_name": "project_click", "event_params": {"project_id": "vision-api"}},
    {"event_name": "skill_hover", "event_params": {"skill_id": "pytorch", "duration_ms": 1_500}},
    {"event_name": "deep_read", "event_params": {"project_id": "paper-trail"}},
]
agents = (f"Asker {number}" for number in count())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("visitor")
    running = LiveService(folder / "home", VITRINE_HOLDOUT_SHARE="0")
    yield running
    running.end()


@contextmanager
def asker(browser: Browser, service: LiveService, **options: Any) -> Iterator[Page]:
    """Give a page of a visitor of the day whom the service has come to know."""
    before_midnight_or_after()
    agent = next(agents)
    with service.client(agent) as client:
        client.post("/api/events", json={"events": MODELLED}).raise_for_status()
    with visit(browser, user_agent=agent, **options) as page:
        yield page


def rows_naming(home: Path, words: str) -> list[str]:
    """Return every column of every table in which a text stands."""
    with closing(sqlite3.connect(home / "vitrine.db")) as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return [
            f"{table}.{column}"
            for table in tables
            for (_, column, *_) in database.execute(f"PRAGMA table_info({table})").fetchall()
            if database.execute(
                f"SELECT 1 FROM {table} WHERE instr(CAST({column} AS BLOB), CAST(? AS BLOB))",
                [words],
            ).fetchone()
        ]


def files_naming(home: Path, words: str) -> list[str]:
    """Return every file of a home that has these bytes anywhere."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if words.encode() in path.read_bytes())


def test_the_page_shows_what_is_known_and_why(browser: Browser, service: LiveService) -> None:
    with asker(browser, service) as page:
        page.goto(f"{service.url}/visitor")
        expect(page.locator("#segment")).to_have_text("Machine learning engineer")
        expect(page.locator("#sureness")).to_contain_text("%")
        expect(page.locator("#variant")).to_have_text("The page is put into an order for you.")
        expect(page.locator("#evidence")).to_contain_text("opened project Vision API")
        expect(page.locator("#evidence")).to_contain_text("speaks strongly for it")
        expect(page.locator("#events tr")).to_have_count(len(MODELLED))
        expect(page.locator("#since")).to_contain_text(f"1 visit and {len(MODELLED)} events since")
        expect(page.locator("#who")).to_contain_text("midnight UTC")
        page.get_by_role("link", name="Deutsch").click()
        expect(page.locator("#segment")).to_have_text("Entwicklung von maschinellem Lernen")
        expect(page.locator("#events")).to_contain_text("hat ein Projekt geöffnet")


def test_the_token_is_in_the_memory_of_the_page_alone(
    browser: Browser, service: LiveService
) -> None:
    with asker(browser, service) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{service.url}/visitor")
        expect(page.locator("#segment")).to_have_text("Machine learning engineer")
        token = page.context.request.post(f"{service.url}/api/visitor/token").json()["token"]
        assert page.evaluate("document.documentElement.outerHTML").find("data-token") == -1
        assert page.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
        page.goto("about:blank")
        page.goto(f"{service.url}/visitor#{token}")
        expect(page.locator("#segment")).to_have_text("Machine learning engineer")
        assert page.url == f"{service.url}/visitor"
        assert not [url for url in asked if token in url.partition("#")[0]]
        assert token not in service.log.read_text()


def test_a_link_that_is_over_says_so(browser: Browser, service: LiveService) -> None:
    context = browser.new_context(user_agent=next(agents))
    page = context.new_page()
    page.goto(f"{service.url}/visitor#forged")
    expect(page.locator("#state")).to_contain_text("its key has ended")
    expect(page.locator(".act").first).to_be_hidden()
    context.close()


def test_everything_is_taken_as_a_file(browser: Browser, service: LiveService) -> None:
    with asker(browser, service) as page:
        page.goto(f"{service.url}/visitor")
        with page.expect_download() as found:
            page.get_by_role("button", name="Download as JSON").click()
        record = json.loads(found.value.path().read_text())
        assert found.value.suggested_filename == "visit.json"
        assert [event["event_name"] for event in record["events"]] == [
            event["event_name"] for event in MODELLED
        ]
        assert record["visits"][0]["features"]


def test_what_is_erased_on_the_page_is_gone_from_every_table_file_and_memory(
    browser: Browser, service: LiveService
) -> None:
    with asker(browser, service) as page:
        page.goto(f"{service.url}/visitor")
        page.wait_for_function("() => document.querySelector('#pseudonym').textContent.length > 0")
        pseudonym = page.locator("#pseudonym").text_content() or ""
        assert len(pseudonym) == 32
        assert rows_naming(service.home, pseudonym) == ["visits.visitor"]
        page.get_by_role("button", name="Erase everything").click()
        page.get_by_role("button", name="Keep it").click()
        assert rows_naming(service.home, pseudonym) == ["visits.visitor"]
        page.get_by_role("button", name="Erase everything").click()
        page.get_by_role("button", name="Erase", exact=True).click()
        expect(page.locator("#state")).to_have_text(
            f"Erased: 1 visit and {len(MODELLED)} events. No trace is left."
        )
        assert rows_naming(service.home, pseudonym) == []
        assert files_naming(service.home, pseudonym) == []
        record = page.context.request.get(f"{service.url}/api/personalization").json()
        assert (record["segment"], record["confidence"]) == (None, 0.0)
        expect(page.locator(".known").first).to_be_hidden()
    assert service.counts("events_forgotten_total")[""] >= len(MODELLED)


def test_switched_off_nothing_is_read_or_written_until_it_is_on_again(
    browser: Browser, service: LiveService
) -> None:
    with asker(browser, service) as page:
        page.goto(f"{service.url}/visitor")
        button = page.locator("#off")
        button.click()
        expect(button).to_have_text("Switch it on again")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#variant")).to_contain_text("It is switched off")
        answer = page.context.request.post(f"{service.url}/api/events", data=MODELLED[0])
        assert answer.json()["receipts"][0]["reason"] == "opted_out"
        page.goto(service.url)
        expect(page.locator("section").first).to_have_id("about")
        page.locator("#why summary").click()
        expect(page.locator("#why")).to_contain_text("because you switched it off")
        page.goto(f"{service.url}/visitor")
        expect(page.locator("#events tr")).to_have_count(len(MODELLED))
        button.click()
        expect(button).to_have_text("Switch it off")
        page.goto(service.url)
        expect(page.locator("section").first).to_have_id("research")


def test_the_page_can_be_used_by_keyboard_and_axe_finds_nothing_in_its_dialog(
    browser: Browser, service: LiveService
) -> None:
    context = browser.new_context(user_agent=next(agents), reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{service.url}/visitor", wait_until="networkidle")
    page.locator("#erase").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.keyboard.press("Escape")
    expect(page.locator("#erase")).to_be_focused()
    expect(page.locator("#state")).to_have_text("Nothing is kept of you.")
    context.close()


@pytest.fixture
def known(start_service: Callable[..., LiveService]) -> LiveService:
    """Give a service that has come to know `ada` and `ben`."""
    service = start_service(VITRINE_HOLDOUT_SHARE="0")
    with service.client() as client:
        for who in ("ada", "ben"):
            events = [{**event, "user_pseudo_id": who} for event in MODELLED]
            client.post("/api/events", json={"events": events}).raise_for_status()
    return service


def segment_of(service: LiveService, who: str) -> str | None:
    with service.client() as client:
        answer = client.get("/api/personalization", params={"user_id": who}).json()
    found: str | None = answer["segment"]
    return found


def test_the_owner_erases_by_command_while_the_service_runs(known: LiveService) -> None:
    home = ("--home", known.home)
    code, out, err = vitrine("export", "ada", *home)
    assert code == 0, err
    pseudonym = json.loads(out)["visitor"]
    assert files_naming(known.home, pseudonym) != []
    code, out, err = vitrine("forget", "ada", *home)
    assert (code, out) == (0, "erased (visits: 1, events: 4)\n"), err
    assert rows_naming(known.home, pseudonym) == []
    assert files_naming(known.home, pseudonym) == []
    assert segment_of(known, "ada") is None, "the visits at hand are the service's"
    assert segment_of(known, "ben") == "ML_ENGINEER"
    code, out, err = vitrine("export", "ada", *home)
    assert (code, out) == (1, "")
    assert "nothing is kept of ada" in err


def test_the_owner_erases_by_pseudonym_with_the_service_stopped(known: LiveService) -> None:
    _, out, _ = vitrine("export", "ada", "--home", known.home, "--language", "de")
    record = json.loads(out)
    assert record["events"][1]["about"] == "Vision API"
    assert record["events"][1]["what"] == "hat ein Projekt geöffnet"
    known.end()
    code, out, err = vitrine("forget", record["visitor"], "--home", known.home)
    assert (code, out) == (0, "erased (visits: 1, events: 4)\n"), err
    assert files_naming(known.home, record["visitor"]) == []
    known.start()
    assert segment_of(known, "ada") is None
    assert segment_of(known, "ben") == "ML_ENGINEER"


def test_a_home_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    for command in ("forget", "export"):
        code, out, err = vitrine(command, "ada", "--home", tmp_path / "nowhere")
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
        assert "there is no home" in err
