"""What a model is asked, how its answer is read, and what local rules answer instead."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

Answered = TypeVar("Answered", covariant=True)  # noqa: PLC0105 - the word reads better than a suffix


class QuestionKind(StrEnum):
    """What is asked for."""

    SEGMENTS = "segments"
    RULES = "rules"
    INSIGHTS = "insights"


class FailureReason(StrEnum):
    """Why an attempt gave no usable answer."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    MODEL_RETIRED = "model_retired"
    REQUEST_REFUSED = "request_refused"
    BLOCKED = "blocked"
    TOO_LONG = "too_long"
    BLANK = "blank"
    INVALID_JSON = "invalid_json"
    SCHEMA = "schema"
    MISMATCH = "mismatch"


class SkipReason(StrEnum):
    """Why a leg was not asked at all."""

    BREAKER_OPEN = "breaker_open"
    BUDGET = "budget"
    DEADLINE = "deadline"
    BROKEN = "broken"


class RefusedAnswerError(Exception):
    """An answer that cannot be used; `reason` is `BLANK`, `INVALID_JSON`, `SCHEMA` or `MISMATCH`.

    `MISMATCH` is a well-formed answer about other ids, or another number of them, than were
    sent.
    """

    def __init__(self, reason: FailureReason, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


class Prompt(NamedTuple):
    """What is sent: `evidence` is JSON of numbers and ids of the site's catalogue alone.

    `schema` is the JSON schema of the answer; `most_tokens` bounds its length.
    """

    instructions: str
    evidence: str
    schema: Mapping[str, Any]
    most_tokens: int


class Question(Protocol[Answered]):
    """One question: knows its prompt, reads an answer strictly, and has a local answer."""

    @property
    def kind(self) -> QuestionKind: ...

    def prompt(self) -> Prompt: ...

    def read(self, text: str) -> Answered:
        """Return what an answer's text says; raises `RefusedAnswerError`."""
        ...

    def local(self) -> Answered:
        """Return what local rules answer."""
        ...
