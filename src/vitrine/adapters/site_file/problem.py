"""Mistakes in a site file, said so that the person who wrote it can mend them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

from vitrine.domain.failure import Failure

Path = tuple[str | int, ...]
"""Where a value stands in the file: the keys and list positions that lead to it."""

FEW = 12
"""So many names, at most, are listed where none of them is near."""
QUOTED = 60


class Problem(NamedTuple):
    """One mistake; `line` counts from 1 and is 0 where the whole file is meant."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (where, self.field, self.message) if part)


class SiteFileError(Failure):
    """A site file cannot be used; `problems` holds every mistake found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)))


def dotted(path: Path) -> str:
    """Return a path as `segments[0].signs[2].tag`."""
    words = (f"[{part}]" if isinstance(part, int) else f".{quoted(part)}" for part in path)
    return "".join(words).removeprefix(".")


def quoted(word: object) -> str:
    """Return a word of the file on one line, cut where it is long."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(word))
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


def advice(word: str, known: Collection[str]) -> str:
    """Return what to do about a name that is not known: the nearest, or all that are."""
    folded = {name.lower(): name for name in known}
    near = get_close_matches(word.lower()[:QUOTED], folded, n=1)
    if near:
        return f"did you mean '{quoted(folded[near[0]])}'?"
    if not known:
        return "the site declares none"
    names = [quoted(name) for name in sorted(known)]
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"use one of {', '.join(names[:FEW])}{more}"
