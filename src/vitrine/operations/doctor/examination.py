"""Every check, in the order in which one part needs another."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.operations.doctor.alerting import look_at_alerting
from vitrine.operations.doctor.clocks import look_at_clocks
from vitrine.operations.doctor.disk import look_at_disk
from vitrine.operations.doctor.finding import Finding, guarded
from vitrine.operations.doctor.grafana import look_at_grafana
from vitrine.operations.doctor.home import look_at_home
from vitrine.operations.doctor.models import look_at_models
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.postgres import look_at_postgres
from vitrine.operations.doctor.prometheus import look_at_prometheus
from vitrine.operations.doctor.redis import look_at_redis
from vitrine.operations.doctor.runbooks import look_at_runbooks
from vitrine.operations.doctor.service import look_at_service
from vitrine.operations.doctor.site import look_at_site
from vitrine.operations.doctor.sqlite import look_at_sqlite

CHECKS = (
    ("home", look_at_home),
    ("site", look_at_site),
    ("database", look_at_sqlite),
    ("database", look_at_postgres),
    ("service", look_at_service),
    ("redis", look_at_redis),
    ("models", look_at_models),
    ("prometheus", look_at_prometheus),
    ("clocks", look_at_clocks),
    ("disk", look_at_disk),
    ("alertmanager", look_at_alerting),
    ("runbooks", look_at_runbooks),
    ("grafana", look_at_grafana),
)


def examine(patient: Patient) -> Iterator[Finding]:
    """Yield what is found, part by part; whatever a part does, the others are looked at."""
    for name, look in CHECKS:
        yield from guarded(name, look(patient))
