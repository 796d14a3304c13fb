"""One suite for every `OpinionStore`."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Opened
from vitrine.adapters.database.opinions import SqlOpinions
from vitrine.adapters.memory import MemoryOpinions
from vitrine.usecases.model_ports import KeptOpinion, OpinionStore

FIRST = KeptOpinion("aa", {"project:shop": 2}, "RECRUITER", 0.8, "gemini", "flash", 1_000)
SECOND = KeptOpinion("bb", {"skill:go": 1}, None, 0.4, "deepseek", "v4", 2_000)


@pytest.fixture
def store(opening: Opened | None) -> OpinionStore:
    return MemoryOpinions() if opening is None else SqlOpinions(opening())


async def test_what_was_kept_comes_back_newest_first(store: OpinionStore) -> None:
    await store.keep("1", [FIRST, SECOND])
    assert list(await store.since("1", 0, 10)) == [SECOND, FIRST]
    assert list(await store.since("1", 2_000, 10)) == [SECOND]
    assert list(await store.since("1", 0, 1)) == [SECOND]


async def test_opinions_belong_to_one_version_of_the_site(store: OpinionStore) -> None:
    await store.keep("1", [FIRST])
    assert list(await store.since("2", 0, 10)) == []


async def test_a_newer_answer_replaces_the_older(store: OpinionStore) -> None:
    newer = FIRST._replace(segment="STUDENT", certainty=0.9, provider="deepseek", answered_at=3_000)
    await store.keep("1", [FIRST])
    await store.keep("1", [newer])
    assert list(await store.since("1", 0, 10)) == [newer]


async def test_nothing_to_keep_changes_nothing(store: OpinionStore) -> None:
    await store.keep("1", [])
    assert list(await store.since("1", 0, 10)) == []
