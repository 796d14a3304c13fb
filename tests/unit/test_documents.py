"""Links between the documents lead somewhere, to the very heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.drills import DRILLS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = HEADING.findall(FENCED.sub("", document.read_text()))
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings)


def dead_links(document: Path) -> Iterator[str]:
    for path, anchor in LINK.findall(FENCED.sub("", document.read_text())):
        target = document.parent / path if path else document
        if not target.exists():
            yield path
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{path}#{anchor}"


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_alerts_and_drills_are_counted_as_they_are(document: str) -> None:
    counted = re.findall(r"(\d+) (alerts|faults)", (ROOT / document).read_text())
    assert {what: int(number) for number, what in counted} == {
        "alerts": len(ALERTS),
        "faults": len(DRILLS),
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(dead_links(document)) == []
