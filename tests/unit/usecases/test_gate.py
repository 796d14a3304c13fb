"""What a token opens, for whom, and how often."""

from __future__ import annotations

import hmac

import pytest

from tests.service import PERSON, TOKEN, Parts
from vitrine.domain.limit import LimitName
from vitrine.signals import LimitReached
from vitrine.usecases import gate
from vitrine.usecases.gate import HeldUp, Passage

NEIGHBOUR = PERSON._replace(address="198.51.100.8")
ELSEWHERE = PERSON._replace(address="192.0.2.1")
HERE = PERSON._replace(address="127.0.0.1", local=True)
GUESSED, USED_UP = HeldUp(guessing=True, retry_after_s=20), HeldUp(False, 30)


def test_it_opens_for_the_token_and_nothing_else() -> None:
    opened = Parts().gate(TOKEN)
    assert opened.passes(TOKEN, PERSON) is Passage.OPEN
    for wrong in ("", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "\xe9\xff"):
        assert opened.passes(wrong, PERSON) is Passage.WRONG


def test_a_network_that_guesses_is_held_up_with_the_right_token_too() -> None:
    parts = Parts(wrong_tokens=3)
    opened = parts.gate(TOKEN)
    for who in (PERSON, NEIGHBOUR, PERSON):
        assert opened.passes("a guess", who) is Passage.WRONG
    assert opened.passes("a guess", NEIGHBOUR) == GUESSED
    assert opened.passes(TOKEN, PERSON) == GUESSED
    assert opened.passes(TOKEN, ELSEWHERE) is Passage.OPEN
    assert parts.heard == [LimitReached(LimitName.NETWORK_WRONG_TOKENS, 1)] * 2
    parts.now += 20_000
    assert opened.passes(TOKEN, PERSON) is Passage.OPEN


def test_the_right_token_costs_no_try() -> None:
    opened = Parts(wrong_tokens=1).gate(TOKEN)
    for _ in range(5):
        assert opened.passes(TOKEN, PERSON) is Passage.OPEN
    assert opened.passes("a guess", PERSON) is Passage.WRONG


def test_a_token_opens_so_often_from_wherever_it_comes_and_a_wrong_one_takes_none_of_it() -> None:
    parts = Parts(per_token=2)
    opened = parts.gate(TOKEN)
    assert opened.passes(TOKEN, PERSON) is Passage.OPEN
    assert opened.passes("a guess", ELSEWHERE) is Passage.WRONG
    assert opened.passes(TOKEN, ELSEWHERE) is Passage.OPEN
    assert opened.passes(TOKEN, PERSON) == USED_UP
    assert parts.heard == [LimitReached(LimitName.TOKEN_REQUESTS, 1)]
    assert parts.gate("another").passes("another", PERSON) is Passage.OPEN
    parts.now += 30_000
    assert opened.passes(TOKEN, PERSON) is Passage.OPEN


def test_the_machine_itself_is_never_held_up() -> None:
    parts = Parts(per_token=1, wrong_tokens=1)
    opened = parts.gate(TOKEN)
    assert {opened.passes("a guess", HERE) for _ in range(5)} == {Passage.WRONG}
    assert {opened.passes(TOKEN, HERE) for _ in range(5)} == {Passage.OPEN}
    assert opened.passes(TOKEN, PERSON) is Passage.OPEN
    assert parts.heard == []


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    class Spy:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(gate, "hmac", Spy)
    Parts().gate(TOKEN).passes("guess", PERSON)
    assert compared == [(b"guess", TOKEN.encode())]
