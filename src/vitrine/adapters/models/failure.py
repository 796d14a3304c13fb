"""What a provider's refusal means, whichever library it comes through."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
from pydantic import ValidationError
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelHTTPError,
    ModelTimeoutError,
    UnexpectedModelBehavior,
)

from vitrine.adapters.models.bounded import AnswerTooLongError
from vitrine.domain.question import FailureReason
from vitrine.usecases.model_ports import ModelError

UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError, ValidationError, UnexpectedModelBehavior)
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout)
FAILURES = (ModelAPIError, httpx2.HTTPError, AnswerTooLongError, *UNREADABLE)
"""Everything that a call may raise and that says something of the provider."""


def as_model_error(problem: Exception) -> ModelError:
    """Return the failure in our words; the message names no key and no prompt."""
    chain = tuple(_causes(problem))
    unsent = any(isinstance(cause, UNSENT) for cause in chain)
    if any(isinstance(cause, AnswerTooLongError) for cause in chain):
        return ModelError(FailureReason.TOO_LONG, "the answer does not end")
    if isinstance(problem, ModelHTTPError):
        reason = _of_status(problem)
        return ModelError(reason, f"HTTP {problem.status_code}", retry_after_s=problem.retry_after)
    if any(isinstance(cause, UNREADABLE) for cause in chain):
        return ModelError(FailureReason.INVALID_JSON, "the answer is not of the protocol")
    if any(isinstance(cause, ModelTimeoutError | httpx2.TimeoutException) for cause in chain):
        return ModelError(FailureReason.TIMEOUT, "no answer in time", unsent=unsent)
    if any(isinstance(cause, ModelConnectionError | httpx2.TransportError) for cause in chain):
        problem_said = "no connection, or one that broke"
        return ModelError(FailureReason.CONNECTION, problem_said, unsent=unsent)
    return ModelError(FailureReason.INVALID_JSON, "the answer is not of the protocol")


def of_status(status: int) -> FailureReason:
    """Return what an HTTP status says."""
    if status in (401, 402, 403):
        return FailureReason.UNAUTHORIZED
    if status in (404, 410):
        return FailureReason.MODEL_RETIRED
    if status == 408:
        return FailureReason.TIMEOUT
    if status == 429:
        return FailureReason.RATE_LIMITED
    return FailureReason.SERVER_ERROR if status >= 500 else FailureReason.REQUEST_REFUSED


def _of_status(problem: ModelHTTPError) -> FailureReason:
    # Google answers a wrong key with a 400 that only its body explains.
    if problem.status_code == 400 and "API_KEY_INVALID" in str(problem.body):
        return FailureReason.UNAUTHORIZED
    return of_status(problem.status_code)


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = problem
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
