from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from tests.service import KEY, NOON
from vitrine.domain.event import LONGEST_ID, is_visitor_id
from vitrine.usecases.proof import (
    LONGEST_ACCOUNT,
    TOKEN_LASTS_MS,
    Asker,
    Proofs,
    account_id,
)

SITE_KEY, NEXT_KEY = b"a key of the site's own server ", b"the key that takes its place  "
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
    assert ours.proven(ours.token(ANNA)) is None
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
        assert proofs().proven(found) == found
        assert proofs(key=b"another key of a home").proven(found) is None
        assert proofs().proven(found[:-1]) is None


@given(st.text(max_size=LONGEST_ID))
def test_no_claim_is_taken_for_an_id_of_ours(claimed: str) -> None:
    assert proofs().proven(claimed) is None
    assert proofs().proven(f"v1-{claimed}") is None


def of_a_site(*keys: bytes) -> Proofs:
    return Proofs(KEY, lambda: NOON, keys)


def test_an_account_is_signed_as_every_language_can_sign_it() -> None:
    # echo -n 'ada' | openssl dgst -sha256 -hmac key
    signature = "708a727d2475357eaacc4f88c80d7eec3218ce0cabcf2694f6fecd080545cc6f"
    assert account_id("ada", b"key") == f"a1-ada.{signature}"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=LONGEST_ACCOUNT))
def test_an_account_proves_itself_and_its_id_fits_where_ids_go(account: str) -> None:
    signed = account_id(account, SITE_KEY)
    assert is_visitor_id(signed)
    assert of_a_site(SITE_KEY).proven(signed) == f"a1-{account}"
    assert of_a_site(SITE_KEY).of_account(account) == f"a1-{account}"


def test_an_account_is_the_same_while_one_key_takes_the_place_of_another() -> None:
    both = of_a_site(NEXT_KEY, SITE_KEY)
    assert both.proven(account_id("ada", SITE_KEY)) == both.proven(account_id("ada", NEXT_KEY))
    assert of_a_site(NEXT_KEY).proven(account_id("ada", SITE_KEY)) is None


def test_without_a_key_of_the_site_no_account_proves_anything() -> None:
    assert proofs().proven(account_id("ada", KEY)) is None
    assert proofs().of_account("ada") is None


@given(st.text(max_size=LONGEST_ID))
def test_no_claim_is_taken_for_an_account(claimed: str) -> None:
    signature = account_id("ada", SITE_KEY).rpartition(".")[2]
    for text in (claimed, f"a1-{claimed}", f"a1-ada.{claimed}", f"a1-ada{claimed}x.{signature}"):
        assert of_a_site(SITE_KEY).proven(text) is None


@pytest.mark.parametrize("account", ["", "a" * (LONGEST_ACCOUNT + 1), "a\nb"])
def test_a_name_that_no_id_can_hold_is_not_signed(account: str) -> None:
    with pytest.raises(ValueError, match=f"1 to {LONGEST_ACCOUNT} characters"):
        account_id(account, SITE_KEY)
