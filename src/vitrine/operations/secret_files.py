"""Files that containers read and other people of the machine do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vitrine.domain.failure import Failure

OWNER_ONLY = 0o700
READABLE = 0o644


class CannotWriteError(Failure):
    """A directory or file cannot be written; the message names it."""


def write_secrets(root: Path, files: Mapping[Path, str]) -> None:
    """Write files below `root`, in directories that their owner alone may enter.

    The directory keeps others out. The files themselves are readable, because a program in a
    container has another user's number, and sees the file where it is mounted, past the
    directory. They are written in place: a mounted file stays the one that was mounted.
    """
    for path, text in files.items():
        file = root / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            file.parent.chmod(OWNER_ONLY)
            file.touch(mode=READABLE)
            file.chmod(READABLE)
            file.write_text(text)
        except OSError as problem:
            raise CannotWriteError(f"{file}: cannot be written: {problem.strerror}") from None
