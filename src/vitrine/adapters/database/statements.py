"""What a statement's text says: its operation, its table, and a short name for it."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from vitrine.adapters.database.schema import metadata
from vitrine.catalogue.metric import OTHER

NO_TABLE = "none"
TABLES = (*metadata.tables, NO_TABLE, OTHER)
"""Every value that `Statement.table` can have."""
KEPT_TEXTS = 512
MOST_CHARACTERS = 4_096
"""What a statement is told by; ours have a tenth of it, and nothing longer is kept."""

_OPERATIONS = frozenset(("select", "insert", "update", "delete", "commit"))
_CONTROL = frozenset(("begin", "savepoint", "release", "rollback", "pragma"))
_COMMENT_OR_LITERAL = re.compile(
    r"(?P<comment>--[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)|'(?:[^']|'')*+'?|\$?\d+"
)
_LIST = re.compile(r"\?(?:\s*,\s*\?)++")
_TABLE = re.compile(r"\b(?:from|join|into|update)\s+[\"`\[]?(\w+)")
_WORD = re.compile(r"[a-z]+")


class Statement(NamedTuple):
    """`fingerprint` is operation, table and four hexadecimal digits of `text`.

    `text` holds no value: strings and numbers are written as `?`.
    """

    operation: str
    table: str
    fingerprint: str
    text: str


COMMIT = Statement("commit", NO_TABLE, "commit", "COMMIT")


def statement_of(text: str) -> Statement:
    """Return what a text says; the last ones asked for are remembered."""
    return _parsed(text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS])


@lru_cache(KEPT_TEXTS)
def _parsed(text: str) -> Statement:
    plain = _COMMENT_OR_LITERAL.sub(lambda found: " " if found["comment"] else "?", text)
    plain = _LIST.sub("?", " ".join(plain.split()))
    lower = plain.lower()
    main = _outside_parentheses(lower) if lower.startswith("with ") else lower
    word = _verb(main)
    operation = word if word in _OPERATIONS else OTHER
    table = NO_TABLE if word in _CONTROL else _table(f"{main} {lower}")
    named = word if word in _CONTROL else operation
    digest = blake2b(lower.encode(errors="replace"), digest_size=2).hexdigest()
    parts = (named, digest) if table == NO_TABLE else (named, table, digest)
    return Statement(operation, table, "_".join(parts), plain)


def _verb(main: str) -> str:
    """Return the first word; behind named queries (`WITH … DELETE`) the operation."""
    if main.startswith("with "):
        return next((word for word in _WORD.findall(main) if word in _OPERATIONS), "")
    first = _WORD.match(main)
    return first[0] if first else ""


def _outside_parentheses(text: str) -> str:
    kept, depth = [], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        kept.append(" " if depth else character)
    return "".join(kept)


def _table(text: str) -> str:
    """Return the first of our tables that is named, `other` where only foreign ones are."""
    names = _TABLE.findall(text)
    if not names:
        return NO_TABLE
    return next((name for name in names if name in metadata.tables), OTHER)
