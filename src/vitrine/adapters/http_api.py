"""The HTTP API of another program, asked with little patience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from vitrine.domain.failure import Failure

WITHIN_S = 3.0
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)
"""Asked seldom: each connection ends with its answer, and there is nothing to close."""
MOST_WORDS = 200
"""Characters of a refusal that are shown."""


class ApiError(Failure):
    """The API did not give what it was asked for; the message says what came instead."""


class NotThereError(ApiError):
    """Nobody listens at the address."""


class RefusedError(ApiError):
    """The API answered with a `status` that is no success."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class HttpApi:
    """Asks the API at `url`, as the `user` (name and password) where one is given.

    The address may hold a name and a password; no message shows them.
    """

    def __init__(
        self, url: str, user: tuple[str, str] | None = None, within_s: float = WITHIN_S
    ) -> None:
        try:
            self.url = without_password(url)
            self._client = httpx.Client(
                base_url=url, auth=user, timeout=within_s, trust_env=False, limits=NONE_KEPT
            )
        except httpx.InvalidURL:
            raise ApiError("one of the addresses is none: it must be http://HOST:PORT") from None
        self._within_s = within_s

    def ask(
        self,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: Any = None,
    ) -> httpx.Response:
        """Return the answer, whatever its status; raises `ApiError` where there is none."""
        try:
            return self._client.request(
                method, path, params=parameters, headers=headers, json=content
            )
        except httpx.ConnectError:
            raise NotThereError(f"nobody listens at {self.url}") from None
        except httpx.TimeoutException:
            raise ApiError(f"{self.url} does not answer within {self._within_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise ApiError(f"{self.url} does not answer ({type(problem).__name__})") from None

    def text(self, path: str) -> str:
        """Return what a page says; raises `RefusedError` for any status but success."""
        return self._successful(self.ask(path), path).text

    def json(
        self,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        method: str = "GET",
        content: Any = None,
    ) -> Any:
        """Return an answer's JSON; raises `RefusedError` for any status but success."""
        asked = self.ask(path, parameters, method=method, content=content)
        answer = self._successful(asked, path)
        try:
            return answer.json()
        except ValueError:
            raise ApiError(f"{self.url}{path} answers with something else than JSON") from None

    def _successful(self, answer: httpx.Response, path: str) -> httpx.Response:
        if answer.is_success:
            return answer
        words = " ".join(answer.text.split())[:MOST_WORDS]
        raise RefusedError(
            f"{self.url}{path} answers {answer.status_code}: {words or 'nothing'}",
            answer.status_code,
        )


def without_password(url: str) -> str:
    """Return an address as it may be shown; raises `httpx.InvalidURL` where it is none."""
    return str(httpx.URL(url).copy_with(username=None, password=None)).rstrip("/")
