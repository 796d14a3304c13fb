"""What a doctor looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vitrine.adapters.models import ModelAddress


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model that the service asks, and by which settings its key, name and address are set."""

    address: ModelAddress
    deadline_s: float
    key_setting: str
    name_setting: str
    url_setting: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A home, the addresses of what runs around it, and what opens the doors, where it is known.

    `key_outside` says that the key of the pseudonyms is a setting. `named` are the parts whose
    addresses were set: they are expected to be there. `postgres` takes the place of the file
    `database` where it is set, and `key_mark` is what a database that is named by our key says.
    Where there are no `models`, `without_models` says what to set so that one is asked.
    """

    home: Path
    database: Path
    service: str
    public_url: str
    prometheus: str
    alertmanager: str
    grafana: str
    named: frozenset[str] = frozenset()
    key_outside: bool = False
    metrics_token: str | None = field(default=None, repr=False)
    grafana_password: str | None = field(default=None, repr=False)
    redis: str | None = field(default=None, repr=False)
    postgres: str | None = field(default=None, repr=False)
    key_mark: str | None = None
    site: str = "portfolio"
    retention_days: int = 395
    models: tuple[AskedModel, ...] = ()
    without_models: str = ""
