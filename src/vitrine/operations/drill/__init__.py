"""Drills: faults done on purpose, on a stack of their own, until every message has arrived."""

from vitrine.operations.drill.healthy import Health, stay_healthy
from vitrine.operations.drill.report import records, table
from vitrine.operations.drill.stages import Outcome, hold

__all__ = ["Health", "Outcome", "hold", "records", "stay_healthy", "table"]
