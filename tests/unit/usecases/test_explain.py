from __future__ import annotations

from tests.service import RECRUITED, Parts
from vitrine.domain.evidence import Evidence
from vitrine.domain.weights import FITTED
from vitrine.usecases.explain import explain_visit
from vitrine.usecases.identify import Sender


async def test_what_carried_a_decision_is_named_strongest_first() -> None:
    parts = Parts()
    person = Sender("127.0.0.1", "Mozilla/5.0", local=True)
    found = await parts.ingest([{**event, "user_pseudo_id": "ann"} for event in RECRUITED], person)
    assert found.visit is not None
    said = explain_visit(found.visit, Evidence(parts.site, FITTED), parts.site)
    assert said["segment"] == said["likeliest"] == found.visit.segment
    assert said["user_id"] == parts.pseudonym("ann")
    odds = [reason["log_odds"] for reason in said["evidence"]]
    assert odds == sorted(odds, reverse=True)
    assert odds[0] > 0
    assert {reason["feature"] for reason in said["evidence"]} <= set(found.visit.features)
