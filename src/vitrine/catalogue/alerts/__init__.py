"""Every alert, declared once: its rule, its runbook and its tests are derived from here."""

from vitrine.catalogue.alerts.burn import burn_alerts
from vitrine.catalogue.alerts.guide import GUIDE_ALERTS
from vitrine.catalogue.alerts.models import MODEL_ALERTS
from vitrine.catalogue.alerts.service import SERVICE_ALERTS
from vitrine.catalogue.alerts.workers import WORKER_ALERTS

ALERTS = (*GUIDE_ALERTS, *burn_alerts(), *SERVICE_ALERTS, *WORKER_ALERTS, *MODEL_ALERTS)

__all__ = ["ALERTS", "GUIDE_ALERTS", "MODEL_ALERTS", "SERVICE_ALERTS", "WORKER_ALERTS"]
