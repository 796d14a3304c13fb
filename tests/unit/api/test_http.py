from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.api import http
from vitrine.api.http import HttpError, query_value, read_body


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_query_value_is_read_as_it_was_written(value: str) -> None:
    for encoded in (quote(value, safe=""), quote(value, safe="").replace("%20", "+")):
        query = f"before=1&user_id={encoded}&user_id=second&after".encode()
        assert query_value(query, b"user_id") == value
        assert query_value(query, b"id") is None


@given(st.binary())
def test_no_query_breaks_anything(query: bytes) -> None:
    assert isinstance(query_value(query, b""), str | None)
    assert isinstance(query_value(b"user_id=" + query, b"user_id"), str)


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SLOWEST_BODY_S", 0.01)

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(HttpError) as refusal:
        await read_body(never, {})
    assert refusal.value.status == 408
