"""The secrets that a service's containers share, as the settings and the home have them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from vitrine.deployment.secrets import DATABASE, KEYS, OWN, REDIS
from vitrine.settings import Settings

FILE = "sqlite:"


def service_secrets(settings: Settings) -> Mapping[str, str]:
    """Return each secret by the name of its setting; what is not set is empty.

    The home keeps what is made at first use. A database that is a file is nobody's to share.
    """
    made = (
        settings.key().decode(),
        settings.token_for_metrics(),
        settings.token_for_admin(),
        settings.password(),
    )
    given = {name: _given(settings, name) for name in (DATABASE, REDIS, *KEYS)}
    if given[DATABASE].startswith(FILE):
        given[DATABASE] = ""
    return {**dict(zip(OWN, made, strict=True)), **given}


def _given(settings: Settings, name: str) -> str:
    fields = type(settings).model_fields.items()
    value = next((getattr(settings, field) for field, one in fields if one.alias == name), None)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
