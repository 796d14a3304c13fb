from __future__ import annotations

import asyncio

import pytest

from tests.service import KEY, NOON, OWNER_ADDRESS, OWNER_ID, PERSON, FailingNotes, Parts
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.usecases.identify import DAY_MS, OWNER, SALT_NOTE, DaySalt, Identify, meant_by
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.proof import account_id


async def test_the_salt_is_the_same_all_day_and_after_a_restart() -> None:
    notes = FailingNotes()
    salt = await DaySalt(notes).of(NOON)
    assert len(salt) == 16
    assert await DaySalt(notes).of(NOON + 3_600_000) == salt


async def test_a_new_day_overwrites_the_salt() -> None:
    notes = FailingNotes()
    salts = DaySalt(notes)
    old = await salts.of(NOON)
    new = await salts.of(NOON + DAY_MS)
    assert new != old
    stored = await notes.get(SALT_NOTE)
    assert stored is not None
    assert new in stored
    assert old not in stored


async def test_two_first_requests_of_a_day_get_the_same_salt() -> None:
    salts = DaySalt(FailingNotes())
    first, second = await asyncio.gather(salts.of(NOON), salts.of(NOON))
    assert first == second


async def test_a_salt_that_cannot_be_read_is_tried_again() -> None:
    notes = FailingNotes()
    salts = DaySalt(notes)
    notes.fails = True
    with pytest.raises(StoreUnavailableError):
        await salts.of(NOON)
    notes.fails = False
    assert len(await salts.of(NOON)) == 16


async def test_a_claimed_id_needs_no_store() -> None:
    parts = Parts()
    parts.notes.fails = True
    found = await parts.identify.visitor("ann", PERSON, NOON)
    assert found == Pseudonyms(KEY, parts.site.id).claimed("ann")


async def test_an_owner_is_known_by_id_and_by_address() -> None:
    identify = Parts().identify
    assert await identify.visitor(OWNER_ID, PERSON, NOON) == OWNER
    assert await identify.visitor(None, PERSON._replace(address=OWNER_ADDRESS), NOON) == OWNER


async def test_where_no_owner_is_declared_nobody_is_one() -> None:
    identify = Identify(Pseudonyms(KEY, "small"), DaySalt(FailingNotes()), Parts().proofs)
    assert not identify.is_owner(None, PERSON)
    assert not identify.is_owner("ann", PERSON)


async def test_an_owner_means_an_account_by_its_name_and_by_its_id() -> None:
    parts = Parts(account_keys=(b"a key of the site's own server.",))
    signed = account_id("ada", parts.account_keys[0])
    kept = await parts.identify.visitor(signed, PERSON, NOON)
    assert kept in meant_by("ada", parts.pseudonyms, parts.proofs)
    assert kept in meant_by(signed, parts.pseudonyms, parts.proofs)
    assert meant_by(str(kept), parts.pseudonyms, parts.proofs)[0] == kept


def test_without_accounts_an_owner_means_an_id_or_a_pseudonym() -> None:
    parts = Parts()
    claimed = parts.pseudonyms.claimed("ada")
    assert meant_by("ada", parts.pseudonyms, parts.proofs) == [claimed]
    twice = parts.pseudonyms.claimed(claimed)
    assert meant_by(claimed, parts.pseudonyms, parts.proofs) == [claimed, twice]
