"""Looks at every part of the monitoring and says what to do; changes nothing."""

from vitrine.operations.doctor.examination import examine
from vitrine.operations.doctor.finding import Finding, Level, ok, problem, worst
from vitrine.operations.doctor.patient import Patient

__all__ = ["Finding", "Level", "Patient", "examine", "ok", "problem", "worst"]
