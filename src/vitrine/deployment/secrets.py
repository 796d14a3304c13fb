"""The secrets of the service: files that are named like settings."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from vitrine.deployment.labels import Object, metadata
from vitrine.monitoring.containers import METRICS_TOKEN, SECRETS, SMTP_PASSWORD
from vitrine.monitoring.prometheus import SERVICE
from vitrine.monitoring.yml import documents

SECRET_NAME = "vitrine-secrets"  # noqa: S105 - the name of an object
DATABASE, REDIS = "DATABASE_URL", "REDIS_URL"
OWN = ("VITRINE_SECRET", "VITRINE_METRICS_TOKEN", "VITRINE_ADMIN_TOKEN", "VITRINE_ADMIN_PASSWORD")
"""What replicas must share: otherwise each would make its own."""
KEYS = (
    *("GEMINI_API_KEY", "DEEPSEEK_API_KEY", "OPENAI_COMPATIBLE_API_KEY", "SMTP_PASSWORD"),
    "VITRINE_ACCOUNT_KEYS",
)
"""What a service runs without."""
POSTGRES_PASSWORD = SECRETS / "postgres-password"
COMPOSED = {
    **{name: SECRETS / name for name in (*OWN, DATABASE, *KEYS)},
    "VITRINE_METRICS_TOKEN": METRICS_TOKEN,
    "SMTP_PASSWORD": SMTP_PASSWORD,
}
"""Where each secret of the service is for Compose. Prometheus reads the same token, and
Alertmanager the same password."""

Values = Mapping[str, str]


def compose_secrets(values: Values, postgres_password: str) -> Mapping[Path, str]:
    """Return the files for Compose, whose PostgreSQL is its own; what is not set is empty."""
    own = f"postgresql://{SERVICE}:{postgres_password}@postgres:5432/{SERVICE}"
    given = {**values, DATABASE: own}
    files = {path: given.get(name, "") for name, path in COMPOSED.items()}
    return {**files, POSTGRES_PASSWORD: postgres_password}


def kubernetes_secret(values: Values) -> str:
    """Return the Secret as a manifest; a key that is not set is not in it."""
    return documents(_secret({name: value for name, value in values.items() if value}))


def _secret(values: Values) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(SECRET_NAME, SERVICE),
        "type": "Opaque",
        "data": {name: b64encode(value.encode()).decode() for name, value in values.items()},
    }
