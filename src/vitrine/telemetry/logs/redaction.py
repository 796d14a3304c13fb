"""Takes secrets, addresses and e-mails out of lines.

Nearly every line has nothing to hide, so each one is asked a few cheap questions first;
only a suspicious one is read back and has its texts searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import orjson

from vitrine.telemetry.logs.line import dumps
from vitrine.telemetry.logs.patterns import (
    COLONS,
    DOTTED,
    SECRET,
    SECRET_FIELD,
    WORDS,
    without_people,
    without_secrets,
)

SHORTEST_SECRET = 6
"""Characters; shorter values would be found in words that have nothing to do with them."""


class Redactor:
    """Hides what nobody should read in a log. `count` is the number of values taken out."""

    def __init__(self) -> None:
        self.count = 0
        self._secrets: tuple[str, ...] = ()
        self._telling = _any_of(WORDS)

    def hide(self, value: str) -> None:
        """Never show this value, nor the forms that it has in a URL, in Python and in JSON."""
        if len(value) < SHORTEST_SECRET:
            return
        forms = {value, quote(value, safe=""), repr(value)[1:-1], dumps(value)[1:-1].decode()}
        # The longest first: one may be part of another.
        self._secrets = tuple(sorted({*self._secrets, *forms}, key=len, reverse=True))
        self._telling = _any_of((*WORDS, *(dumps(form)[1:-1].lower() for form in self._secrets)))

    def clean(self, body: bytes) -> bytes:
        """Return rendered JSON without what is to be hidden; mostly the very same object."""
        if not self._suspicious(body):
            return body
        before = self.count
        tree = self._tree(orjson.loads(body))
        return body if self.count == before else dumps(tree)

    def text(self, text: str) -> str:
        """Return a text without what is to be hidden."""
        for secret in self._secrets:
            if secret in text:
                self.count += text.count(secret)
                text = text.replace(secret, SECRET)
        text, secrets = without_secrets(text)
        text, people = without_people(text)
        self.count += secrets + people
        return text

    def _suspicious(self, body: bytes) -> bool:
        if b"@" in body or self._telling.search(body.lower()):
            return True
        if body.count(b".") > 2 and DOTTED.search(body):
            return True
        # A colon that follows no quotation mark stands inside a text.
        inside = body.count(b":") - body.count(b'":')
        return inside > 1 and COLONS.search(body) is not None

    def _tree(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self._member(key, item) for key, item in value.items()}
        if isinstance(value, list):
            if len(value) == 2 and isinstance(value[0], str):  # as headers are often kept
                return [self.text(value[0]), self._member(value[0], value[1])]
            return [self._tree(item) for item in value]
        return value

    def _member(self, name: str, value: Any) -> Any:
        if SECRET_FIELD.search(name) and value not in (None, "", True, False):
            self.count += 1
            return SECRET
        return self._tree(value)


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    # One expression over all words takes a quarter of the time of asking for each.
    return re.compile(b"|".join(map(re.escape, words)))
