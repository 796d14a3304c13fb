"""Where lines go beside standard output."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from vitrine.telemetry.logs.files import RotatedFile

Line = tuple[str, bytes]
"""A level, and what is written."""
Lost = Callable[[Iterable[str]], None]
"""Counts lines that did not arrive, by their levels."""


class Output(Protocol):
    """Takes lines in the log's own thread, which it must not keep waiting."""

    def begin(self, lost: Lost) -> None:
        """Remember who counts what is lost; called once, before any line."""
        ...

    def take(self, lines: Sequence[Line], data: bytes) -> None:
        """Take lines, which are `data` when they are joined; never raises."""
        ...

    def close(self) -> None:
        """Finish what was taken, within a few seconds."""
        ...


class Trouble:
    """Says once that an output has begun to fail, and once that it works again."""

    _log = logging.getLogger(__name__)

    def __init__(self, output: str) -> None:
        self._output = output
        self._failing = False

    def of(self, problem: str | None) -> None:
        """Note how the output fares; the lines about it are lines of the log themselves."""
        if bool(problem) == self._failing:
            return
        self._failing = bool(problem)
        extra = {"output": self._output}
        if problem:
            self._log.error("Log output fails", extra={**extra, "problem": problem})
        else:
            self._log.warning("Log output works again", extra=extra)


class FileOutput:
    """Writes lines to a file; those that the file does not take are lost, and counted."""

    def __init__(self, file: RotatedFile) -> None:
        self._file = file
        self._trouble = Trouble(str(file.path))

    def begin(self, lost: Lost) -> None:
        self._lost = lost

    def take(self, lines: Sequence[Line], data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as problem:
            self._lost([level for level, _ in lines])
            self._trouble.of(problem.strerror or type(problem).__name__)
        else:
            self._trouble.of(None)

    def close(self) -> None:
        self._file.close()
