"""What a doctor looks at, as the settings say."""

from __future__ import annotations

from vitrine.adapters.database.owner import mark_of
from vitrine.monitoring.containers import GRAFANA_PASSWORD
from vitrine.operations.doctor.patient import Patient
from vitrine.settings import Settings
from vitrine.wiring.models import TO_ASK_ONE, asked_models

ADDRESSES = {
    "prometheus": "prometheus_url",
    "alertmanager": "alertmanager_url",
    "grafana": "grafana_url",
}


def patient_of(settings: Settings, service: str | None = None) -> Patient:
    """Return what to look at; the `service` is where people reach it, unless said otherwise."""
    public = settings.public_url
    if service is not None and "public_url" not in settings.model_fields_set:
        public = service.rstrip("/")
    given = settings.metrics_token
    key = settings.secret.get_secret_value() if settings.secret else settings.known_secret("secret")
    return Patient(
        home=settings.home,
        database=settings.database_path,
        service=service or settings.public_url,
        public_url=public,
        prometheus=settings.prometheus_url,
        alertmanager=settings.alertmanager_url,
        grafana=settings.grafana_url,
        named=frozenset(
            part for part, field in ADDRESSES.items() if field in settings.model_fields_set
        ),
        key_outside=settings.secret is not None,
        metrics_token=given.get_secret_value() if given else settings.known_secret("metrics-token"),
        grafana_password=settings.known_secret(GRAFANA_PASSWORD.name),
        postgres=settings.postgres_url,
        key_mark=mark_of(key.encode()) if key else None,
        site=settings.site,
        retention_days=settings.retention_days,
        models=asked_models(settings),
        without_models=TO_ASK_ONE,
        redis=settings.redis_url.get_secret_value() if settings.redis_url else None,
    )
