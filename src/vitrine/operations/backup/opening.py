"""Opens an archive: decrypted where it was encrypted, unpacked, each file as it was packed."""

from __future__ import annotations

from pathlib import Path

from vitrine.operations.backup.archive import unpack
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.seal import is_sealed, unseal
from vitrine.operations.backup.shelf import NoArchiveError


def opened(archive: Path, into: Path, key: str | None) -> Manifest:
    """Unpack an archive into a new directory and return its manifest.

    Raises `NoArchiveError`, `KeyRefusedError` or `DamagedError`.
    """
    try:
        sealed = is_sealed(archive)
    except OSError as problem:
        raise NoArchiveError(f"{archive}: {problem.strerror}") from None
    if not sealed:
        return unpack(archive, into)
    plain = into.with_name(f"{into.name}.plain")
    unseal(archive, plain, key)
    try:
        return unpack(plain, into)
    finally:
        plain.unlink()
