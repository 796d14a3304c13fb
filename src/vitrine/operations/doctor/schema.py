"""The schema of a database: whether this version can work with it."""

from __future__ import annotations

from vitrine.adapters.database.schema import HEAD
from vitrine.operations.doctor.finding import Finding, absent, ok, problem


def judged(found: str | None) -> Finding:
    """Return what to say of the migration that a database stands at."""
    if found == HEAD:
        return ok("database", f"it is at schema {HEAD}")
    if found is None:
        return absent("database", "it is empty: its tables are made when the service starts")
    if found > HEAD:
        said = f"it is at schema {found}, this version knows up to {HEAD}"
        return problem("database", said, "run the newer version, or restore a backup")
    said = f"it is at schema {found}, this version needs {HEAD}"
    return problem("database", said, "vitrine migrate")
