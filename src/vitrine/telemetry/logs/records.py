"""Records of the standard library's logging in the form of our own lines."""

from __future__ import annotations

import logging
from typing import Any

from vitrine.telemetry.logs.json_log import JsonLog
from vitrine.telemetry.logs.line import LEVELS, clip, text_of

SERVERS = ("_granian", "granian.access", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers to which servers give handlers of their own."""

WEIGHED = "Embedded server is experimental!"
"""What granian warns of at each start: weighed in decision 5, and nothing an operator can mend."""

_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FORMATTER = logging.Formatter()


class LibraryRecords(logging.Handler):
    """Brings what libraries log into the log, extras as fields; never raises."""

    def __init__(self, log: JsonLog) -> None:
        super().__init__()
        self._log = log

    def install(self) -> None:
        """Take over from every other handler, Python's warnings included, and follow the level."""
        root = logging.getLogger()
        for handler in root.handlers[:]:
            root.removeHandler(handler)
        root.addHandler(self)
        logging.captureWarnings(capture=True)
        self._log.follow_level(root.setLevel)

    def emit(self, record: logging.LogRecord) -> None:
        level = _nearest(record.levelno)
        if not self._log.takes(level):
            return
        members = {
            "level": level,
            "logger": record.name,
            "message": clip(_message(record)),
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
        }
        for name, value in vars(record).items():
            if name not in _OF_EVERY_RECORD:
                known = name in members or name in {"timestamp", "request_id", "exception"}
                members[f"extra_{name}" if known else name] = value
        self._log.put(level, record.created, members, _exception(record))


def plain_logging() -> dict[str, Any]:
    """Return a configuration for a server that adds no handlers, so that no line comes twice."""
    logger = {"handlers": [], "level": "NOTSET", "propagate": True, "filters": ["news"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {},
        "filters": {"news": {"()": lambda: _is_news}},
        "handlers": {},
        "loggers": {name: dict(logger) for name in SERVERS},
    }


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != WEIGHED


def _nearest(number: int) -> str:
    """Return the nearest of our levels; `CRITICAL` is an `ERROR` here."""
    return min(LEVELS, key=lambda level: abs(LEVELS[level] - number))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit, or an object that cannot say
        return text_of(record.msg)


def _exception(record: logging.LogRecord) -> str | None:
    """Return the traceback with its causes; values of variables are never part of it."""
    if record.exc_info and record.exc_info[0] is not None:
        return clip(_FORMATTER.formatException(record.exc_info))
    return clip(record.exc_text) if record.exc_text else None
