"""Strict reading of what a model answered: JSON of the promised shape, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NoReturn

from vitrine.domain.question import FailureReason, RefusedAnswerError


def document(text: str) -> dict[str, Any]:
    """Return the JSON object that a text is; prose around it refuses the whole answer.

    A model that adds words has not done as it was told, and what else it changed nobody knows.
    """
    if not text.strip():
        raise RefusedAnswerError(FailureReason.BLANK, "an empty answer")
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise RefusedAnswerError(FailureReason.INVALID_JSON, "no JSON") from problem
    if not isinstance(found, dict):
        refuse("no object")
    return found


def member(found: dict[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """Return a member of an object that must be there and of this type."""
    value = found.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        refuse(f"{name} is missing or of another type")
    return value


def only(found: Any, names: Collection[str]) -> dict[str, Any]:
    """Return an object that has no member but these."""
    if not isinstance(found, dict) or not set(found) <= set(names):
        refuse(f"an object has other members than {', '.join(sorted(names))}")
    return found


def refuse(problem: str) -> NoReturn:
    """Refuse an answer that breaks the schema."""
    raise RefusedAnswerError(FailureReason.SCHEMA, problem)


def mismatch(problem: str) -> NoReturn:
    """Refuse a well-formed answer about other things than were asked."""
    raise RefusedAnswerError(FailureReason.MISMATCH, problem)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
