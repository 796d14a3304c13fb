"""Backups that count when they have been restored and compared."""

from vitrine.operations.backup.making import Plan, back_up
from vitrine.operations.backup.manifest import Manifest, figures_said, rows_said
from vitrine.operations.backup.restoring import restore, verify
from vitrine.operations.backup.seal import new_key
from vitrine.operations.backup.shelf import archive_at, remove_older
from vitrine.operations.backup.silences import put_back
from vitrine.operations.backup.tier import CannotSnapshotError, Tier, store_of, tier_at

__all__ = [
    "CannotSnapshotError",
    "Manifest",
    "Plan",
    "Tier",
    "archive_at",
    "back_up",
    "figures_said",
    "new_key",
    "put_back",
    "remove_older",
    "restore",
    "rows_said",
    "store_of",
    "tier_at",
    "verify",
]
