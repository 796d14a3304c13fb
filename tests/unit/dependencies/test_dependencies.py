"""What Vitrine is built on: every package has its licence on the page, and is audited."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

from dependencies import licences
from dependencies.audit import Audited, read

ROOT = Path(__file__).parents[3]
ROWS = re.compile(r"^\| ([^ |]+) \| [^|]+ \| (.+) \|$", re.MULTILINE)


def stated() -> dict[str, str]:
    page = (ROOT / licences.PAGE).read_text(encoding="utf-8")
    return {name.lower().replace("_", "-"): licence for name, licence in ROWS.findall(page)}


def direct() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [re.split(r"[\[<>=]", line)[0].lower() for line in project["dependencies"]]


@pytest.mark.parametrize("name", direct())
def test_a_dependency_stands_on_the_page_with_the_licence_that_it_has(name: str) -> None:
    assert stated()[name] == licences.licence(distribution(name))


def test_the_page_has_what_they_need_in_turn_and_nothing_without_a_licence() -> None:
    found = stated()
    assert {"pydantic-core", "starlette", "markupsafe"} <= set(found)
    assert "not stated" not in found.values()
    assert "vitrine" not in found
    assert "pytest" not in found


def test_what_is_vulnerable_is_named_with_the_version_that_is_not() -> None:
    vulnerable = {"id": "GHSA-1", "fix_versions": ["1.1", "2.0"], "aliases": [], "description": ""}
    report = {
        "dependencies": [
            {"name": "one", "version": "1.0", "vulns": [vulnerable]},
            {"name": "two", "version": "1.0", "vulns": [{**vulnerable, "fix_versions": []}]},
            {"name": "three", "version": "1.0", "vulns": []},
        ]
    }
    assert read(report) == Audited(
        3, (), ("one 1.0: GHSA-1, fixed in 1.1, 2.0", "two 1.0: GHSA-1, fixed in no version yet")
    )


def test_what_could_not_be_looked_up_is_not_taken_for_fine() -> None:
    report = {"dependencies": [{"name": "one", "skip_reason": "not found"}]}
    assert read(report) == Audited(0, ("one",), ())
