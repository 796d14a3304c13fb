"""The licences of what a running Vitrine consists of, as the installed packages state them."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path("docs/reference/licences.md")
HEAD = """\
# Licences

What a running Vitrine brings along, in the versions of `constraints.txt`. Written by
`make licences` from what the installed packages state of themselves.

| package | version | licence |
| --- | --- | --- |
"""
OURS = "vitrine"


def page() -> str:
    """Return the page."""
    found = sorted(runtime(), key=lambda one: one.name.lower())
    return HEAD + "".join(f"| {one.name} | {one.version} | {licence(one)} |\n" for one in found)


def runtime() -> list[Distribution]:
    """Return what is needed at run time, directly or through others, without ourselves."""
    needed: dict[str, set[str]] = {}
    _need(OURS, frozenset(), needed)
    del needed[OURS]
    return [distribution(name) for name in needed]


def licence(package: Distribution) -> str:
    """Return the licence that a package states: an expression, its classifiers, or its text."""
    stated = package.metadata
    if stated["License-Expression"]:
        return str(stated["License-Expression"])
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in stated.get_all("Classifier") or []
        if one.startswith("License ::") and not one.endswith("OSI Approved")
    ]
    if classifiers:
        return ", ".join(classifiers)
    text = stated["License"] or _text(package)
    return text.strip().splitlines()[0].strip() if text.strip() else "not stated"


def _text(package: Distribution) -> str:
    """Return the licence's text that a package brings along."""
    files = [file for file in package.files or () if file.name.upper().startswith("LICEN")]
    return files[0].read_text() if files else ""


def _need(name: str, extras: frozenset[str], needed: dict[str, set[str]]) -> None:
    package = distribution(name)
    known = needed.get(package.name)
    if known is not None and extras <= known:
        return
    needed.setdefault(package.name, set()).update(extras)
    for line in package.requires or ():
        wanted = Requirement(line)
        applies = wanted.marker is None or any(
            wanted.marker.evaluate({"extra": extra}) for extra in (*extras, "")
        )
        if applies:
            _need(wanted.name, frozenset(wanted.extras), needed)
