"""What a backup says of itself: every member, and what each part held when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from vitrine.domain.failure import Failure
from vitrine.operations.backup.figures import Figures, moment

MADE_AT = "%Y%m%dT%H%M%SZ"


class DamagedError(Failure):
    """A backup is not what it was when it was made; the message says where."""


class ForeignError(DamagedError):
    """A file is no backup of ours."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What kind of database a backup is of, and of which versions.

    `server` is PostgreSQL's version, `schema` its schema in which the tables are, and
    `migration` ours.
    """

    kind: Literal["sqlite", "postgresql"] = "sqlite"
    server: str = ""
    schema: str = ""
    migration: str = ""

    def __str__(self) -> str:
        return f"PostgreSQL {self.server}" if self.kind == "postgresql" else "SQLite"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last member of an archive. `left_out` says by part why it is not there."""

    vitrine: str
    made_at: str
    site: str
    tables: Mapping[str, int]
    tiers: Mapping[str, Figures]
    dashboards: tuple[str, ...]
    left_out: Mapping[str, str]
    members: Mapping[str, Member] = field(default_factory=dict)
    format: Literal[1] = 1
    database: Origin = field(default_factory=Origin)
    folders: tuple[str, ...] = ()
    silences: int = 0

    @property
    def made_at_ms(self) -> int:
        """When it was begun, in milliseconds since the epoch."""
        made = datetime.strptime(self.made_at, MADE_AT).replace(tzinfo=UTC)
        return int(made.timestamp() * 1_000)


def rows_said(tables: Mapping[str, int]) -> str:
    """Return in words what a database holds."""
    return f"{tables.get('events', 0):,} events, {tables.get('visits', 0):,} visits"


def figures_said(held: Figures) -> str:
    """Return in words what a tier holds."""
    if not held.series:
        return "nothing yet"
    return f"{held.series:,} series, {moment(held.since_ms)} to {moment(held.until_ms)}"


_MANIFEST = TypeAdapter(Manifest)


def written(manifest: Manifest) -> bytes:
    """Return a manifest as JSON."""
    return _MANIFEST.dump_json(manifest, indent=2)


def read(archive: Path, text: bytes) -> Manifest:
    """Return the manifest that a text in an archive is; raises `DamagedError`."""
    try:
        return _MANIFEST.validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if where in ("", "vitrine"):
            raise ForeignError(f"{archive} is no backup of Vitrine") from None
        raise DamagedError(
            f"{archive} is damaged: its manifest cannot be read: {where} {first['msg']}"
        ) from None
