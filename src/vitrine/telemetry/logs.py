"""Log lines as JSON, one object a line, written by a thread so that no request waits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from types import CodeType
from typing import Any, BinaryIO

import orjson

QUEUE_LINES = 10_000
LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


class JsonLog:
    """Writes lines to a stream in the order in which they came.

    At most `QUEUE_LINES` wait for the stream; what comes on top is dropped and counted in
    `dropped`, since a log that nobody reads must not stop the service.
    """

    def __init__(self, stream: BinaryIO, level: str) -> None:
        self.level = LEVELS[level]
        self.dropped = 0
        self._stream = stream
        self._lines: deque[bytes] = deque()
        self._ready = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._drain, name="vitrine-log", daemon=True)
        self._thread.start()

    def takes(self, level: str) -> bool:
        """Whether lines of this level are wanted."""
        return LEVELS[level] >= self.level

    def write(
        self,
        level: str,
        logger: str,
        message: str,
        code: CodeType,
        line: int,
        fields: Mapping[str, Any],
    ) -> None:
        """Queue one line; `code` and `line` are the place that has something to say."""
        module = PurePath(code.co_filename).stem
        self.put(
            {
                "timestamp": _timestamp(datetime.now(UTC)),
                "level": level,
                "logger": logger,
                "message": message,
                "module": module,
                "function": code.co_name,
                "line": line,
                **fields,
            }
        )

    def put(self, entry: Mapping[str, Any]) -> None:
        """Queue a whole entry."""
        if len(self._lines) >= QUEUE_LINES:
            self.dropped += 1
            return
        self._lines.append(orjson.dumps(entry, default=str, option=orjson.OPT_APPEND_NEWLINE))
        self._ready.set()

    def close(self) -> None:
        """Write what waits and stop."""
        self._closing = True
        self._ready.set()
        self._thread.join(timeout=2)

    def _drain(self) -> None:
        while not (self._closing and not self._lines):
            self._ready.wait()
            self._ready.clear()
            while self._lines:
                lines = [self._lines.popleft() for _ in range(min(len(self._lines), 500))]
                try:
                    self._stream.write(b"".join(lines))
                    self._stream.flush()
                except OSError:
                    self.dropped += len(lines)


class LibraryRecords(logging.Handler):
    """Brings records of the standard library's logging into the same form."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # its arguments do not fit; the caller is not to blame
            message = str(record.msg)
        entry = {
            "timestamp": _timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
        }
        if record.exc_info:
            entry["exception"] = logging.Formatter().formatException(record.exc_info)
        self._log.put(entry)


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
