"""Erases a visitor in a home that a running service holds: the service has to do it."""

from __future__ import annotations

import httpx

from vitrine.domain.failure import Failure

PATIENCE_S = 60.0


class NotErasedError(Failure):
    """The running service did not erase; the message says why and what to do."""


def erase_through(url: str, token: str, who: str) -> tuple[int, int]:
    """Have the service at `url` erase a visitor; return how many visits and events that were.

    Raises `NotErasedError`.
    """
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.delete(
            f"{url}/api/admin/visitor",
            params={"user_id": who},
            headers=headers,
            timeout=PATIENCE_S,
            trust_env=False,
        )
        answer.raise_for_status()
    except httpx.HTTPError as problem:
        raise NotErasedError(
            f"the service at {url} holds the home and did not erase ({problem});"
            " ask again, or stop it first"
        ) from None
    erased = answer.json()
    return erased["visits"], erased["events"]
