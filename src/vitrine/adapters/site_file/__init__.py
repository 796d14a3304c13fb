"""The site file: YAML that an owner writes, checked as a whole, as a `Site` of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vitrine.adapters.site_file import problem
from vitrine.adapters.site_file.build import build_site
from vitrine.adapters.site_file.document import LARGEST_BYTES, Document, read_document
from vitrine.adapters.site_file.explain import explain
from vitrine.adapters.site_file.models import SitePart
from vitrine.adapters.site_file.names import Names, duplicates
from vitrine.adapters.site_file.problem import Problem, SiteFileError, advice
from vitrine.domain.site import Site

__all__ = [
    "Problem",
    "SiteFileError",
    "find_site",
    "load_site",
    "read_site",
    "shipped_sites",
    "site_schema",
]

_SHIPPED = Path(__file__).parents[2] / "sites"


def shipped_sites() -> Mapping[str, Path]:
    """Return the sites that come with Vitrine, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def find_site(name_or_path: str | Path) -> Path:
    """Return the file of a shipped site by its name, or the path as it is.

    `SiteFileError` where there is neither.
    """
    shipped = shipped_sites()
    path = shipped.get(str(name_or_path), Path(name_or_path))
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass
    hint = advice(str(name_or_path), shipped)
    raise _unusable(str(name_or_path), f"is neither a file nor a shipped site; {hint}")


def load_site(path: str | Path) -> Site:
    """Return the site that a file declares; `SiteFileError` with every mistake found in it."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _unusable(file, f"cannot be read: {reason}; check its name and rights") from None
    if len(raw) > LARGEST_BYTES:
        raise _unusable(file, f"has more than {LARGEST_BYTES:,} bytes; a site file is small")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unusable(file, "is not UTF-8 here; save the file as UTF-8", line) from None
    return read_site(text, file)


def read_site(text: str, file: str) -> Site:
    """Return the site that a text declares; `file` is what its mistakes are reported under."""
    document = read_document(text, file)
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else "is no mapping"
        raise _unusable(file, f"{what}; begin with 'id: my-site'", 1)
    names = Names.of(document.data)
    problems = [*document.problems]
    problems += [_problem(file, document, *found) for found in duplicates(document.data)]
    try:
        part = SitePart.model_validate(document.data, context=names)
    except ValidationError as error:
        unread = {problem.field for problem in document.problems}
        found = (_problem(file, document, *found) for found in explain(error))
        problems += [problem for problem in found if problem.field not in unread]
        raise SiteFileError(problems) from None
    if problems:
        raise SiteFileError(problems)
    return build_site(part, names)


def site_schema() -> dict[str, Any]:
    """Return the JSON Schema of a site file (draft 2020-12), for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SitePart.model_json_schema(),
    }


def _problem(file: str, document: Document, path: problem.Path, message: str) -> Problem:
    known = path
    while known not in document.lines:
        known = known[:-1]
    return Problem(file, document.lines[known], problem.dotted(path), message)


def _unusable(file: str, message: str, line: int = 0) -> SiteFileError:
    return SiteFileError([Problem(file, line, "", message)])
