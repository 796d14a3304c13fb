"""Whatever is sent in whatever order, every event has its receipt, and what it says is true."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.service import OWNER_ID, PERSON, Parts
from tests.soaking import SOAKING
from vitrine.domain.event import RejectionReason
from vitrine.signals import EventsReceived, Receipt
from vitrine.usecases.ingest import EventReceipt
from vitrine.usecases.ports import StoreUnavailableError

T = TypeVar("T")

PEOPLE = ("ann", "ben")
PERSONS = st.sampled_from(PEOPLE)
HOUR_MS = 3_600_000
EVENTS = st.one_of(
    st.fixed_dictionaries(
        {
            "user_pseudo_id": st.sampled_from([*PEOPLE, OWNER_ID]),
            "event_name": st.sampled_from(["download_resume", "no_such_event"]),
        },
        optional={"event_id": st.sampled_from("uvw")},
    ),
    st.sampled_from([None, 7, "text", {}, {"user_pseudo_id": "", "event_name": "download_resume"}]),
)


class IngestMachine(RuleBasedStateMachine):
    """The model is how many events of each person are kept, and under which ids."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.parts = Parts()
        self.off: set[str] = set()
        self.kept = dict.fromkeys(PEOPLE, 0)
        self.ids: set[tuple[str, str]] = set()
        self.received = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.loop.close()

    @rule(raws=st.lists(EVENTS, min_size=1, max_size=4))
    def send(self, raws: list[Any]) -> None:
        self.parts.now += HOUR_MS  # so that no visit is taken for a bot's
        receipts = self.run(self.parts.ingest(raws, PERSON)).receipts
        assert [self._verdict(receipt) for receipt in receipts] == list(map(self._expected, raws))
        self.received += len(raws)

    def _verdict(self, receipt: EventReceipt) -> object:
        return receipt.rejection.reason if receipt.rejection else receipt.result

    def _expected(self, raw: Any) -> object:
        if not isinstance(raw, dict):
            return RejectionReason.MALFORMED
        person = raw.get("user_pseudo_id")
        if person == OWNER_ID:
            return RejectionReason.OWNER
        if person in self.off:
            return RejectionReason.OPTED_OUT
        if person == "":
            return RejectionReason.MALFORMED
        if person is None or raw["event_name"] != "download_resume":
            return RejectionReason.UNKNOWN_EVENT
        event_id = raw.get("event_id")
        if (person, event_id) in self.ids:
            return Receipt.DUPLICATE
        if event_id is not None:
            self.ids.add((person, event_id))
        self.kept[person] += 1
        return Receipt.ACCEPTED

    @rule(person=PERSONS)
    def send_in_vain(self, person: str) -> None:
        """A store that fails keeps nothing, and nobody is told that it did."""
        if person in self.off:
            return
        self.parts.store.fails = True
        try:
            self.run(self.parts.ingest([_download(person)], PERSON))
        except StoreUnavailableError:
            return
        finally:
            self.parts.store.fails = False
        raise AssertionError("an event was acknowledged that is not stored")

    @rule(person=PERSONS, off=st.booleans())
    def turn(self, person: str, off: bool) -> None:
        visitor = self.parts.pseudonym(person)
        self.run(self.parts.opt_outs.turn(visitor, off=off, until_ms=None))
        (self.off.add if off else self.off.discard)(person)

    @rule(person=PERSONS)
    def forget(self, person: str) -> None:
        self.run(self.parts.forget(self.parts.pseudonym(person)))
        self.kept[person] = 0
        self.ids = {known for known in self.ids if known[0] != person}

    @invariant()
    def stored_and_counted_is_what_was_acknowledged(self) -> None:
        for person, kept in self.kept.items():
            _, events = self.run(self.parts.store.history(self.parts.pseudonym(person)))
            assert len(events) == kept
        counted = sum(sum(one.counts.values()) for one in self.parts.of(EventsReceived))
        assert counted == self.received


def _download(person: str) -> dict[str, str]:
    return {"user_pseudo_id": person, "event_name": "download_resume"}


TestIngest = IngestMachine.TestCase
TestIngest.settings = settings(max_examples=1_000 if SOAKING else 20, stateful_step_count=25)
