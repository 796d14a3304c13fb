"""The image of the service: what the Dockerfile says, and everything else relies on."""

from __future__ import annotations

from vitrine import __version__

IMAGE = f"vitrine:{__version__}"
USER = 10001
"""Whoever runs in it; a number that no system gives to anybody."""
HOME_AT = "/var/lib/vitrine"
BACKUPS_AT = "/var/backups/vitrine"
POSTGRES_CLIENT = 17
"""The major version of `pg_dump` in it, which backs up servers of that version and older ones."""
PORT, WORKER_PORT = 8000, 8001
SERVE = ("serve", "--host", "0.0.0.0")  # noqa: S104 - in a container, whose ports are published
WORK = ("worker", "--host", "0.0.0.0")  # noqa: S104 - likewise
MIGRATE = ("migrate",)
WATCHING = ("prometheus", "long-term", "alertmanager", "grafana")
BACK_UP = ("backup", BACKUPS_AT, *(word for part in WATCHING for word in ("--without", part)))
"""The database alone: what watches keeps its data in volumes of its own."""


def asks(port: int) -> str:
    """Return the program that asks for the health of what listens there; the image has no curl."""
    url = f"http://127.0.0.1:{port}/health"
    return f"from urllib.request import urlopen; urlopen('{url}', timeout=4)"
