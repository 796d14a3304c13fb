"""Encryption of an archive with age, which any `age -d -i KEYFILE` opens as well."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pyrage import DecryptError, EncryptError, IdentityError, decrypt_file, encrypt_file, x25519

from vitrine.domain.failure import Failure
from vitrine.operations.backup.manifest import DamagedError

BEGINS = b"age-encryption.org/v1"
_OF_DISK = re.compile(r"\(os error (\d+)\)$")


class KeyRefusedError(Failure):
    """The key of the backup is missing, none at all, or another one's."""


def new_key() -> str:
    """Return a new key: it opens, and what is closed with it, only it opens."""
    return str(x25519.Identity.generate())


def check_key(key: str) -> None:
    """Raise `KeyRefusedError` where a key is none."""
    _identity(key)


def is_sealed(archive: Path) -> bool:
    """Return whether a file is encrypted."""
    with archive.open("rb") as file:
        return file.read(len(BEGINS)) == BEGINS


def seal(archive: Path, sealed: Path, key: str) -> None:
    """Encrypt a file into one that its owner alone can read; raises `OSError` of the disk."""
    sealed.touch(mode=0o600)
    try:
        encrypt_file(str(archive), str(sealed), [_identity(key).to_public()])
    except EncryptError as problem:
        raise _refusal(problem, sealed) or problem from None


def unseal(sealed: Path, archive: Path, key: str | None) -> None:
    """Decrypt a file.

    Raises `KeyRefusedError` where the key is not its own, `DamagedError`, or `OSError` of the disk.
    """
    if key is None:
        raise KeyRefusedError(f"{sealed} is encrypted: set BACKUP_KEY")
    archive.touch(mode=0o600)
    try:
        decrypt_file(str(sealed), str(archive), [_identity(key)])
    except DecryptError as problem:
        raise KeyRefusedError(f"{sealed}: BACKUP_KEY does not open it: {problem}") from None
    except OSError as problem:
        damaged = DamagedError(f"{sealed} is damaged: {problem}")
        raise _refusal(problem, archive) or damaged from None


def _refusal(problem: Exception, path: Path) -> OSError | None:
    """Return what the disk says where that is the problem: age has it in its words alone."""
    found = _OF_DISK.search(str(problem))
    return None if found is None else OSError(int(found[1]), os.strerror(int(found[1])), str(path))


def _identity(key: str) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(key)
    except IdentityError:
        raise KeyRefusedError(
            "BACKUP_KEY is no key of age; `vitrine backup --new-key` makes one"
        ) from None
