"""Which fields lines have, and of which type: for whoever has to know before a line is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, get_args, get_type_hints

from vitrine.telemetry.bindings import BINDINGS

REQUEST = {
    **dict.fromkeys(("method", "endpoint", "outcome"), str),
    "status": int,
    **dict.fromkeys(("duration_ms", "first_byte_ms"), float),
}
"""Of the line that each request leaves."""
OUTPUT = {"output": str, "problem": str}
"""Of the lines on the log's own outputs."""


def logged_fields() -> Mapping[str, type]:
    """Return each field that an event, a request or the log itself gives a line, and its type.

    A type is `str`, `int`, `float` or `bool`. Raises `TypeError` where one name has two.
    """
    found: dict[str, type] = {}
    for name, kind in (*REQUEST.items(), *OUTPUT.items(), *_of_signals()):
        if found.setdefault(name, kind) is not kind:
            if {found[name], kind} != {int, float}:
                raise TypeError(f"{name}: is {found[name].__name__} and {kind.__name__}")
            found[name] = float
    return dict(sorted(found.items()))


def _of_signals() -> Iterator[tuple[str, type]]:
    for signal, binding in BINDINGS.items():
        if binding.message is None:
            continue
        if binding.types is not None:
            yield from binding.types.items()
        else:
            hints = get_type_hints(signal)
            yield from ((name, _plain(hint)) for name, hint in hints.items())


def _plain(hint: Any) -> type:
    """Return the type as which JSON has a value of this annotation."""
    kinds = {str if issubclass(kind, Enum) else kind for kind in get_args(hint) or (hint,)}
    (kind,) = kinds - {type(None)}
    return kind
