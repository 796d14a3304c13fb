"""What a doctor looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Patient:
    """A home, the addresses of what runs around it, and what opens the doors, where it is known.

    `key_outside` says that the key of the pseudonyms is a setting. `named` are the parts whose
    addresses were set: they are expected to be there. `postgres` takes the place of the file
    `database` where it is set, and `key_mark` is what a database that is named by our key says.
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
