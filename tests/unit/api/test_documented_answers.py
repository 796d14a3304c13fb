"""The answers shown to strangers are those that the service gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.service import OWNER_ID, Parts
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.event import STANDARD_PARAMETERS, RejectionReason

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HTTP = (ROOT / "docs/http.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
AN_HOUR_BEFORE_THE_FUTURE_MS = (1_795_358_982 - 3_600) * 1_000


def portfolio(**options: Any) -> Parts:
    return Parts(site=load_site(find_site("portfolio")), **options)


def sent(page: str) -> Any:
    """Return what the first `curl -d` of a page sends."""
    found = re.search(r"-d '(\{.*?\n\})'", page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def shown(page: str, opening: str) -> str:
    """Return the block of JSON that begins with these words."""
    found = re.search(rf"```json\n({re.escape(opening)}.*?)```", page, re.DOTALL)
    assert found is not None, opening
    return found[1]


async def test_the_first_answer_in_the_readme_is_the_one_that_comes() -> None:
    reply = await portfolio().client.post(sent(README))
    assert reply.json == json.loads(shown(README, '{"receipts"'))


async def test_the_page_in_the_http_document_is_the_one_that_comes() -> None:
    parts = portfolio()
    await parts.client.post(sent(HTTP))
    reply = await parts.client.ask("ada")
    assert reply.json == json.loads(shown(HTTP, '{"segment": "ML_ENGINEER"'))


async def test_the_batch_in_the_http_document_gets_the_receipts_that_follow_it() -> None:
    batch = json.loads(shown(HTTP, '{"events"').replace("robin", OWNER_ID))
    parts = portfolio(now=AN_HOUR_BEFORE_THE_FUTURE_MS)
    receipts = (await parts.client.post(batch)).json["receipts"]
    documented, _, _ = shown(HTTP, '{"receipts": [\n').partition("\n ],")
    assert receipts == json.loads(documented + "]}")["receipts"]


@pytest.mark.parametrize("reason", RejectionReason)
def test_every_reason_for_a_refusal_is_documented(reason: RejectionReason) -> None:
    assert f'"reason": "{reason}"' in HTTP or f"| `{reason}` |" in HTTP


@pytest.mark.parametrize("name", STANDARD_PARAMETERS)
def test_every_standard_event_is_documented_with_its_parameters(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.*) \|$", HTTP, re.MULTILINE)
    assert row is not None
    expected = [(needed, parameter) for parameter, _, needed in STANDARD_PARAMETERS[name]]
    found = re.findall(r"(\*?)`(\w+)`", row[1].partition(";")[0])
    assert [(bool(star), parameter) for star, parameter in found] == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_documents_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_test_that_the_page_on_reliability_names_is_where_it_says() -> None:
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"\[`(test_\w+)`\]\(\.\./(\S+\.py)\)", page)
    assert len(named) > 10
    missing = [
        name for name, file in named if f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]
    assert missing == []
