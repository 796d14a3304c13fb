from __future__ import annotations

from vitrine.catalogue.drill import Drill, InService, OtherSettings
from vitrine.monitoring.compressed import compressed
from vitrine.operations.drill.rehearsal import UNANSWERED, pace_of


def test_a_drill_that_starts_the_service_again_leaves_the_alerts_of_that_in_true_time() -> None:
    drill = Drill("restarted", "other settings", OtherSettings({}), ("BudgetNearlySpent",))
    everywhere = compressed().by_alert
    assert pace_of(drill).factors.by_alert == {
        name: factor for name, factor in everywhere.items() if name not in UNANSWERED
    }
    assert everywhere.keys() > UNANSWERED


def test_any_other_drill_compresses_every_alert() -> None:
    drill = Drill("slow", "everything is late", InService("slow-handler"), ("HighLatency",))
    assert pace_of(drill).factors == compressed()
