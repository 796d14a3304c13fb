"""The form of a line: its levels, its time, and JSON of whatever somebody says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from time import gmtime, strftime
from typing import Any

import orjson

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}

DEEPEST = 8
LONGEST_TEXT = 16_384
"""Characters of a message, of a field of a library's record, or of a traceback."""
CUT = " [...] "

_MILLISECONDS = tuple(f'.{ms:03d}Z"' for ms in range(1000))
_OPTIONS = orjson.OPT_NON_STR_KEYS


def begin(at_s: float) -> str:
    """Return how a line of this moment (Unix time) begins: the brace and the timestamp."""
    second, ms = divmod(int(at_s * 1000), 1000)
    return _second(second) + _MILLISECONDS[ms]


@lru_cache(4)
def _second(second: int) -> str:
    return strftime('{"timestamp":"%Y-%m-%dT%H:%M:%S', gmtime(second))


def dumps(value: Any) -> bytes:
    """Return JSON of anything; what JSON cannot hold becomes text. Never raises."""
    try:
        return orjson.dumps(value, default=text_of, option=_OPTIONS)
    except TypeError:  # lone surrogates, huge integers, circles: rare enough to go twice
        return orjson.dumps(_plain(value, DEEPEST))


def text_of(value: object) -> str:
    """Return `str` of an object, and of one that cannot say it the name of its type."""
    with suppress(Exception):
        return str(value)
    return f"<{type(value).__name__}>"


def clip(text: str) -> str:
    """Return the text, shortened in its middle where it is very long."""
    if len(text) <= LONGEST_TEXT:
        return text
    half = LONGEST_TEXT // 2
    return text[:half] + CUT + text[-half:]


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (bool, float)):
        return value
    if depth and isinstance(value, Mapping):
        return {_text(key): _plain(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth - 1) for item in value]
    return _text(value)


def _text(value: object) -> str:
    return text_of(value).encode("utf-8", "backslashreplace").decode()
