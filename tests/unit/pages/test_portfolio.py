from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pages import MODELLED, PORTFOLIO, PageParts
from tests.service import IMPATIENT_S, Reply, batch
from tests.soaking import SOAKING
from vitrine.signals import DefaultReason, PersonalizationServed

EXAMPLES = 300 if SOAKING else 25
PAGES = ("/", "/de/", "/projects/vision-api", "/de/projects/vision-api", "/projects/nothing")


class Outline(HTMLParser):
    """Notes the order of sections and projects, ids, and whatever a strict page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[str] = []
        self.projects: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.highlighted: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.sections.append(str(given.get("data-vitrine-section")))
        if tag == "li" and given.get("class") == "card":
            self.projects.append(str(given["data-vitrine-project"]))
        if "data-vitrine-highlighted" in given:
            self.highlighted.append(str(given["data-vitrine-skill"]))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        inline = tag == "style" or (tag == "script" and not given.get("src"))
        if inline or "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(str(self.get_starttag_text()))


def outline(reply: Reply) -> Outline:
    found = Outline()
    found.feed(reply.body.decode())
    return found


def order_of(segment: str | None, language: str = "en") -> tuple[list[str], list[str]]:
    rule = PageParts().rules.rule(segment, language)
    featured = list(rule.featured_projects)
    others = [project for project in PORTFOLIO.projects if project not in featured]
    return [section for section in rule.priority_sections if section != "home"], featured + others


async def modelled(parts: PageParts, **options: Any) -> None:
    answer = await parts.client.post(batch(*MODELLED), **options)
    assert answer.json["personalization"]["segment"] == "ML_ENGINEER"


async def page(parts: PageParts, path: str = "/", **options: Any) -> Reply:
    path, _, query = path.partition("?")
    return await parts.client.call("GET", path, query=query, **options)


async def test_a_stranger_gets_the_page_as_it_was_designed() -> None:
    parts = PageParts()
    found = outline(await page(parts))
    assert (found.sections, found.projects) == order_of(None)
    assert parts.of(PersonalizationServed)[-1].reason is DefaultReason.UNKNOWN_VISITOR


@pytest.mark.parametrize("language", ["en", "de"])
async def test_who_is_known_gets_an_order_of_their_own_with_the_first_byte(language: str) -> None:
    parts = PageParts()
    await modelled(parts)
    reply = await page(parts, "/" if language == "en" else "/de/")
    found = outline(reply)
    assert (found.sections, found.projects) == order_of("ML_ENGINEER")
    assert found.sections != order_of(None)[0]
    assert set(found.highlighted) == set(parts.rules.rule("ML_ENGINEER", "en").highlight_skills)
    html = reply.body.decode()
    said = {"en": "Machine learning engineer", "de": "Entwicklung von maschinellem Lernen"}
    assert said[language] in html
    assert {"en": "came from a research platform", "de": "kam von einer Plattform für"}[
        language
    ] in html
    assert f'<html lang="{language}"' in html


async def test_the_panel_gives_confidence_in_words_and_percent() -> None:
    parts = PageParts()
    await modelled(parts)
    confidence = (await parts.client.ask()).json["confidence"]
    html = (await page(parts)).body.decode()
    assert re.search(rf"(very|fairly) sure, {min(99, round(confidence * 100))} %", html)


async def test_who_is_not_sure_enough_is_told_how_sure_it_takes() -> None:
    parts = PageParts()
    event = {"event_name": "section_view", "event_params": {"section_id": "contact"}}
    undecided = (await parts.client.post(event)).json["personalization"]
    assert undecided["segment"] is None
    html = (await page(parts)).body.decode()
    assert "not sure enough yet" in html
    assert f"needs 60 %; the likeliest one has {round(undecided['confidence'] * 100)} %" in html


async def test_who_is_held_out_sees_the_default_order_and_no_hint_of_a_segment() -> None:
    parts = PageParts(held_out=lambda _visitor: True)
    await modelled(parts)
    reply = await page(parts)
    found = outline(reply)
    assert (found.sections, found.projects) == order_of(None)
    assert found.highlighted == []
    panel = reply.body.decode().partition('<div class="said">')[2].partition("<template>")[0]
    assert "One visitor in ten always sees this order" in panel
    assert "engineer" not in panel
    assert "%" not in panel


@pytest.mark.parametrize("header", ["sec-gpc", "dnt"])
async def test_who_wants_no_profile_gets_the_default_page_which_says_so(header: str) -> None:
    parts = PageParts()
    await modelled(parts)
    reply = await page(parts, **{header: "1"})
    assert outline(reply).sections == order_of(None)[0]
    assert "Your browser asks for no profile" in reply.body.decode()
    assert parts.of(PersonalizationServed)[-1].reason is DefaultReason.OPTED_OUT


async def test_the_off_switch_turns_the_pages_too() -> None:
    parts = PageParts()
    await modelled(parts)
    await parts.switch.turn(on=False)
    reply = await page(parts)
    assert outline(reply).sections == order_of(None)[0]
    assert "switched off at the moment" in reply.body.decode()


async def test_the_original_order_is_a_link_that_goes_along_from_page_to_page() -> None:
    parts = PageParts()
    await modelled(parts)
    assert "/?order=original" in outline(await page(parts)).links
    served = len(parts.of(PersonalizationServed))
    reply = await page(parts, "/?order=original")
    found = outline(reply)
    assert (found.sections, found.projects) == order_of(None)
    assert "/projects/vision-api?order=original" in found.links
    assert "/de/?order=original" in found.links
    assert "because you asked for it" in reply.body.decode()
    assert 'data-vitrine="original"' in reply.body.decode()
    assert len(parts.of(PersonalizationServed)) == served, "nobody was asked about"


async def test_a_store_in_trouble_is_the_default_page() -> None:
    parts = PageParts(deadline_s=IMPATIENT_S)
    await modelled(parts)
    parts.store.forgets = parts.store.hangs = True
    reply = await page(parts)
    assert reply.status == 200
    assert outline(reply).sections == order_of(None)[0]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_strict_private_and_whole(path: str) -> None:
    parts = PageParts()
    await modelled(parts)
    reply = await page(parts, path)
    assert reply.status == (404 if path.endswith("nothing") else 200)
    assert reply.headers["cache-control"] == "private, no-store"
    assert reply.headers["vary"] == "*"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    found = outline(reply)
    assert found.inline == []
    assert len(found.ids) == len(set(found.ids))
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("path", PAGES[:4])
async def test_every_link_within_the_site_leads_somewhere(path: str) -> None:
    parts = PageParts()
    for link in outline(await page(parts, path)).links:
        if not link.startswith("/"):
            continue
        target, _, fragment = link.partition("#")
        reply = await page(parts, target)
        assert reply.status == 200, link
        if fragment:
            assert fragment in outline(reply).ids, link


@pytest.mark.parametrize("project", PORTFOLIO.projects)
async def test_every_project_has_a_page_that_reads_and_leads_on(project: str) -> None:
    reply = await page(PageParts(), f"/de/projects/{project}")
    html = reply.body.decode()
    assert f'data-vitrine-read="{project}"' in html
    near = outline(reply).projects
    assert len(near) == 3
    assert project not in near


async def test_a_page_is_zipped_for_who_can_read_that() -> None:
    parts = PageParts()
    plain, zipped = await page(parts), await page(parts, accept_encoding="gzip, br")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body) / 3


async def test_reading_about_a_project_is_no_decision_about_an_order() -> None:
    parts = PageParts()
    await modelled(parts)
    served = len(parts.of(PersonalizationServed))
    await page(parts, "/projects/vision-api")
    assert len(parts.of(PersonalizationServed)) == served


@pytest.mark.parametrize("prefix", ["", "/de"])
async def test_the_resume_is_a_file(prefix: str) -> None:
    reply = await page(PageParts(), f"{prefix}/resume")
    assert reply.headers["content-type"] == "application/pdf"
    assert reply.body.startswith(b"%PDF")


def test_the_access_log_of_these_pages_reads_as_the_site_file_says() -> None:
    expected = {
        "/": ("section_view", {}),
        "/de/": ("section_view", {}),
        "/projects/vision-api": ("project_click", {"project_id": "vision-api"}),
        "/de/projects/vision-api": ("project_click", {"project_id": "vision-api"}),
        "/resume": ("download_resume", {}),
        "/de/resume": ("download_resume", {}),
    }
    for path, (event, params) in expected.items():
        rule, match = next(
            (rule, found)
            for rule in PORTFOLIO.log.pages
            if (found := rule.pattern.search(path)) is not None
        )
        assert (rule.event, match.groupdict()) == (event, params)
    for path in ("/vitrine.js", "/assets/site.0123456789ab.css"):
        assert any(pattern.search(path) for pattern in PORTFOLIO.log.assets)


@given(st.text(max_size=60))
@settings(max_examples=EXAMPLES)
async def test_nothing_that_a_visitor_sends_is_written_into_the_page_as_it_is(text: str) -> None:
    parts = PageParts()
    hostile = f'"><script>alert(1)</script>{text}'
    url = f"https://x.example/{hostile}"
    event = {"event_name": "external_link_click", "event_params": {"url": url}}
    agent = "".join(c for c in hostile if " " <= c < "\x7f")
    await parts.client.post(batch(*MODELLED, event), user_agent=agent)
    for path in (f"/?order={hostile}", "/visitor", "/projects/x"):
        reply = await page(parts, path, user_agent=agent)
        assert reply.status in (200, 404)
        assert "<script>alert" not in reply.body.decode()
        assert outline(reply).inline in ([], ['<script type="application/json" id="words">'])


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
@settings(max_examples=EXAMPLES)
async def test_no_name_of_a_project_breaks_anything(name: str) -> None:
    reply = await PageParts().client.call("GET", f"/projects/{name}")
    assert reply.status in (200, 307, 404)
    assert name in PORTFOLIO.projects or reply.status != 200
