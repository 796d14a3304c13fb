"""Whatever is sent to a running service, it answers as its OpenAPI document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode, openapi
from schemathesis.core.result import Ok, Result
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import WITHIN_S
from tests.soaking import SOAKING

CASES = 20_000 if SOAKING else 2_000
WITH_INPUT = 4
"""How many cases a route that reads something gets for each of one that reads nothing."""
CHECKS: list[CheckFunction] = [
    *(status_code_conformance, content_type_conformance),
    *(response_headers_conformance, response_schema_conformance),
]
Operation = APIOperation[Any, Any, Any, Any]
Strings = dict[str, str]

WORDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
STRANGE = st.dictionaries(
    st.sampled_from(
        [
            *("accept", "accept-encoding", "accept-language", "dnt", "origin", "referer"),
            *("sec-gpc", "traceparent", "user-agent", "x-forwarded-for", "x-request-id"),
        ]
    ),
    WORDS.map(str.strip),
    max_size=2,
)
"""Headers that the service reads and its document does not declare, with any value."""


class Fuzzing:
    """Sends what schemathesis derives from the document, right and wrong; counts cases."""

    def __init__(self, service: LiveService, session: requests.Session) -> None:
        self.cases = 0
        self._session = session
        self._service = service
        self._admin = (service.home / "admin-token").read_text()
        document = openapi.from_url(f"{service.url}/openapi.json")
        self._operations = [_readable(found) for found in document.get_all_operations()]

    @property
    def labels(self) -> set[str]:
        return {found.label for found in self._operations}

    def run(self) -> None:
        shares = [WITH_INPUT if _reads(found) else 1 for found in self._operations]
        for operation, share in zip(self._operations, shares, strict=True):
            self._fuzz(operation, -(-CASES * share // sum(shares)))

    def _fuzz(self, operation: Operation, cases: int) -> None:
        modes = list(GenerationMode) if _reads(operation) else [GenerationMode.POSITIVE]
        sent = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

        @settings(
            max_examples=cases,
            database=None,
            derandomize=not SOAKING,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(sent, STRANGE, st.sampled_from(self._credentials(operation.path)))
        def holds(case: Case[Any], strange: Strings, credentials: Strings) -> None:
            self.cases += 1
            headers = {**strange, **credentials}
            response = case.call(session=self._session, headers=headers, timeout=WITHIN_S)
            assert response.status_code < 500 or response.status_code == 503, case
            case.validate_response(response, checks=CHECKS)

        holds()

    def _credentials(self, path: str) -> Sequence[Strings]:
        """Return what opens a route, mostly, and what does not."""
        if path.startswith("/api/admin"):
            right = self._admin
        elif path == "/api/visitor":
            answer = self._session.post(f"{self._service.url}/api/visitor/token")
            right = answer.json()["token"]
        else:
            return [{}]
        opens = {"authorization": f"Bearer {right}"}
        return [opens, opens, opens, {}, {"authorization": f"Bearer {right[:-1]}"}]


def _readable(found: Result[Operation, Any]) -> Operation:
    assert isinstance(found, Ok), found
    return found.ok()


def _reads(operation: Operation) -> bool:
    return bool(list(operation.query) or list(operation.body))


@contextmanager
def plain_session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[LiveService]:
    service = LiveService(tmp_path / "home", VITRINE_TRUSTED_PROXIES="127.0.0.0/8")
    yield service
    service.end()


def test_every_answer_is_one_of_the_document_and_none_is_an_error_of_ours(
    fuzzed: LiveService,
) -> None:
    with plain_session() as session:
        fuzzing = Fuzzing(fuzzed, session)
        fuzzing.run()
    assert fuzzing.cases >= CASES
    answered = fuzzed.counts("api_requests_total", "method", "endpoint", "status")
    welcome = {f"{method} {path}" for method, path, status in answered if status.startswith("2")}
    assert fuzzing.labels - welcome == {"GET /api/admin/visitor"}, "it knows nobody so named"
    assert [line for line in fuzzed.lines() if line["level"] in ("ERROR", "CRITICAL")] == []
    with fuzzed.client() as client:
        assert client.get("/ready").is_success
