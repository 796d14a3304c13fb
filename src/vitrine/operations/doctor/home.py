"""The home: whose it is, and which secrets it holds."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.adapters.database.sqlite.copy import has_visits
from vitrine.operations.doctor.finding import Finding, absent, ok, problem
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.workers.targets import FILE as TARGETS

OTHERS = 0o077
KEY = "secret"
SECRETS = (KEY, "metrics-token", "admin-token", "admin-password", "grafana-admin-password")


def look_at_home(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    if not home.is_dir():
        yield problem("home", f"there is none at {home}", "name one with --home")
        return
    if home.stat().st_mode & OTHERS:
        yield problem("home", f"others of this machine can enter {home}", f"chmod 700 {home}")
    else:
        yield ok("home", f"{home} is its owner's alone")
    yield from _secrets(patient)


def _secrets(patient: Patient) -> Iterator[Finding]:
    files = sorted(path for path in patient.home.iterdir() if path.is_file())
    for path in files:
        if path.name != TARGETS and path.stat().st_mode & OTHERS:
            yield problem("secrets", f"others can read {path}", f"chmod 600 {path}")
        if path.name in SECRETS and path.stat().st_size == 0:
            yield problem("secrets", f"{path} is empty", "restore it from a backup, or delete it")
    here = [path.name for path in files if path.name in SECRETS]
    if here:
        yield ok("secrets", ", ".join(here))
    if KEY not in here and not patient.key_outside and patient.postgres is None:
        yield _without_key(patient)


def _without_key(patient: Patient) -> Finding:
    file = patient.home / KEY
    if patient.database.exists() and has_visits(patient.database):
        return problem(
            "secrets",
            f"{file} is missing: with another key, every visitor in the database is a stranger",
            "restore it from a backup before the service starts",
        )
    return absent("secrets", f"{file} is made when the service starts")
