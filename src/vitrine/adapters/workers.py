"""The workers of a service, asked over their own ports by one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import orjson

from vitrine.domain.failure import Failure

WITHIN_S = 2.0
"""Far below the timeout of a scrape: one worker that hangs must not cost the others' pages."""

T = TypeVar("T")


class WorkerUnavailableError(Failure):
    """A worker did not take what it was told."""


class Workers:
    """All workers, this one included, by their names. Blocks while it asks them side by side."""

    def __init__(self, ports: Sequence[int], metrics_token: str, admin_token: str) -> None:
        self._ports = {str(number): port for number, port in enumerate(ports, start=1)}
        self._scraper = {"authorization": f"Bearer {metrics_token}"}
        self._admin = {"authorization": f"Bearer {admin_token}"}
        self._client = httpx.Client(timeout=WITHIN_S, trust_env=False, verify=False)  # noqa: S501 - loopback, without TLS
        self._pool = ThreadPoolExecutor(len(ports), "vitrine-workers")

    def pages(self, path: str, accept: str) -> Mapping[str, bytes | None]:
        """Return each worker's metrics at a path, in the format that is accepted best."""
        headers = {**self._scraper, "accept": accept, "accept-encoding": "identity"}
        return self._each(lambda url: self._get(url + path, headers))

    def figures(self, name: str) -> Mapping[str, Any]:
        """Return what each worker that answers knows under a name."""
        found = self._each(lambda url: self._get(f"{url}/worker/{name}", self._admin))
        return {worker: orjson.loads(body) for worker, body in found.items() if body is not None}

    def set_log_level(self, level: str) -> None:
        """Have all workers log from a level on; raises `WorkerUnavailableError` for one missing."""

        def put(url: str) -> bytes | None:
            wanted = {"level": level}
            answer = self._client.put(f"{url}/worker/log-level", json=wanted, headers=self._admin)
            return answer.content if answer.is_success else None

        missing = [worker for worker, done in self._each(put).items() if done is None]
        if missing:
            raise WorkerUnavailableError(f"worker {', '.join(missing)} did not answer; ask again")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _get(self, url: str, headers: Mapping[str, str]) -> bytes | None:
        answer = self._client.get(url, headers=headers)
        return answer.content if answer.is_success else None

    def _each(self, ask: Callable[[str], T | None]) -> dict[str, T | None]:
        def safely(port: int) -> T | None:
            try:
                return ask(f"http://127.0.0.1:{port}")
            except httpx.HTTPError:
                return None

        return dict(zip(self._ports, self._pool.map(safely, self._ports.values()), strict=True))
