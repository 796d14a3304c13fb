"""An access log that a command was given: opened, and known to be one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vitrine.adapters.log_file import LogFile


@contextmanager
def access_log(name: str) -> Iterator[LogFile]:
    """Open a log by its path; `LogFileError` also where it has lines but none can be read.

    It is read up to the first line that is in one of the formats.
    """
    from vitrine.adapters.log_file import LogFileError, open_log
    from vitrine.domain.access_log import parse_line

    with open_log(name) as log:
        lines = 0
        for lines, line in enumerate(log, 1):  # noqa: B007 - how many there were, if none fits
            if parse_line(line) is not None:
                break
        else:
            if lines:
                raise LogFileError(
                    f"{log.name}: none of its {lines:,} lines is in common or combined format"
                )
        yield log
