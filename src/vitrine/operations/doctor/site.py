"""The site file: there, without a mistake, and that of the database."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.adapters.database.sqlite.copy import DatabaseUnreadableError, site_of
from vitrine.adapters.site_file import SiteFileError, find_site, load_site
from vitrine.operations.doctor.finding import Finding, ok, problem, warning
from vitrine.operations.doctor.patient import Patient


def look_at_site(patient: Patient) -> Iterator[Finding]:
    try:
        site = load_site(file := find_site(patient.site))
    except SiteFileError as error:
        for mistake in error.problems:
            yield problem(
                "site", str(mistake), f"mend it, or VITRINE_SITE: vitrine check {patient.site}"
            )
        return
    yield ok("site", f"{site.id} in {file}")
    owner = _owner(patient)
    if owner is not None and owner != site.id:
        yield warning(
            "site",
            f"{patient.database} belongs to the site {owner}, VITRINE_SITE names {site.id}",
            "name the file of the service: VITRINE_SITE, or --site",
        )


def _owner(patient: Patient) -> str | None:
    """Return whose the embedded database is; of one that cannot be read another check speaks."""
    if patient.postgres is not None or not patient.database.exists():
        return None
    try:
        return site_of(patient.database)
    except DatabaseUnreadableError:
        return None
