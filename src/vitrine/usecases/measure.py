"""Does it help? The experiment's arms and what they allow to be said."""

from __future__ import annotations

import json
from typing import NamedTuple

from vitrine.domain.experiment import Arm, Verdict, judge
from vitrine.signals import Variant
from vitrine.usecases.ports import Notes, VisitStore
from vitrine.usecases.revise import revise

NOTE = "experiment"


class Measurement(NamedTuple):
    """The verdict with the counts that it rests on."""

    verdict: Verdict
    personalized: Arm
    holdout: Arm


async def begin_experiment(notes: Notes, share: float, now_ms: int) -> int:
    """Return since when this share of visitors has been held out, in milliseconds.

    A share that differs from the last one seen starts anew: the arms before cannot be
    compared with those after. Called when a service starts.
    """

    def begun(stored: bytes | None) -> bytes:
        if stored and json.loads(stored).get("share") == share:
            return stored
        return json.dumps({"share": share, "since_ms": now_ms}).encode()

    return int(json.loads(await revise(notes, NOTE, begun))["since_ms"])


async def measure(store: VisitStore, *, share: float, since_ms: int = 0) -> Measurement:
    """Return whether personalizing helps, when a `share` of the visitors is held out.

    `since_ms` is when the experiment began: the last change of the share or of the salt. A
    sliding window would void the interval, which counts on nothing being forgotten.
    Raises `StoreUnavailableError` as the store does.
    """
    outcomes = await store.outcomes(since_ms)
    personalized, holdout = (
        Arm(*outcomes.get(arm.value, (0, 0))) for arm in (Variant.PERSONALIZED, Variant.HOLDOUT)
    )
    return Measurement(judge(personalized, holdout, share), personalized, holdout)
