from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from tests.service import KEY, NOON
from vitrine.domain.event import LONGEST_ID, is_visitor_id
from vitrine.usecases.proof import TOKEN_LASTS_MS, Asker, Proofs

ANNA = Asker("a" * 32)
OF_THE_DAY = Asker("b" * 32, NOON + 1_000)


def proofs(now: int = NOON, key: bytes = KEY) -> Proofs:
    return Proofs(key, lambda: now)


@pytest.mark.parametrize("asker", [ANNA, OF_THE_DAY])
def test_a_token_speaks_for_its_visitor_for_ten_minutes(asker: Asker) -> None:
    token = proofs().token(asker)
    assert proofs(NOON + TOKEN_LASTS_MS - 1).asker(token) == asker
    assert proofs(NOON + TOKEN_LASTS_MS).asker(token) is None


def test_a_token_of_another_home_proves_nothing() -> None:
    assert proofs().asker(proofs(key=b"another key of a home").token(ANNA)) is None


def test_an_id_is_no_token_and_a_token_is_no_id() -> None:
    ours = proofs()
    assert ours.asker(ours.new_id()) is None
    assert not ours.is_ours(ours.token(ANNA))
    salted = URLSafeSerializer(KEY, salt=b"vitrine.visitor-id")
    assert ours.asker(str(salted.dumps(["a" * 32, None, NOON + 1]))) is None


def test_a_token_fits_in_a_header_and_in_an_address() -> None:
    token = proofs().token(OF_THE_DAY)
    assert len(token) < 200
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(st.text(max_size=600))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert proofs().asker(text) is None


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
@settings(max_examples=300)
def test_no_changed_token_speaks_for_somebody_else(position: int, character: str) -> None:
    token = proofs().token(ANNA)
    place = position % len(token)
    changed = token[:place] + character + token[place + 1 :]
    for forged in (changed, token + character):  # base64 has spellings of the same signature
        assert proofs().asker(forged) in (None, ANNA)


def test_each_id_is_new_signed_and_fits_where_ids_go() -> None:
    ids = {proofs().new_id() for _ in range(100)}
    assert len(ids) == 100
    for found in ids:
        assert is_visitor_id(found)
        assert len(found) < LONGEST_ID
        assert proofs().is_ours(found)
        assert not proofs(key=b"another key of a home").is_ours(found)
        assert not proofs().is_ours(found[:-1])


@given(st.text(max_size=LONGEST_ID))
def test_no_claim_is_taken_for_an_id_of_ours(claimed: str) -> None:
    assert not proofs().is_ours(claimed)
    assert not proofs().is_ours(f"v1-{claimed}")
