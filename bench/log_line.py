"""One structured log line: ours, redacted and queued, against libraries that do neither."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO

from bench.result import Result
from vitrine.telemetry.logs import JsonLog

LINES = 5_000
ROUNDS = 9
NOWHERE = Path("/dev/null")
SECRETS = ("an-admin-token-of-some-length", "a-metrics-token-of-some-length", "a-provider-key")
MESSAGE = "Segmentation completed for user"
FIELDS: dict[str, Any] = {
    "user_id": "0f" * 16,
    "segment": "RECRUITER",
    "confidence": 0.8123,
    "events": 5,
}


class Request(NamedTuple):
    """What the log asks of a finished request."""

    method: str = "GET"
    endpoint: str = "/api/personalization"
    status: int = 200
    outcome: str = "ok"
    duration_s: float = 0.00123
    first_byte_s: float | None = 0.00119
    request_id: str = "ab" * 16


REQUEST = Request()

Say = Callable[[], None]
Drained = Callable[[], bool]


def measure() -> list[Result]:
    """Take turns, so that what else the machine does meets all of them; count CPU time."""
    with NOWHERE.open("wb") as raw, NOWHERE.open("w") as text, _ours(raw) as (ours, drained):
        sayers = {
            "python-json-logger": _python_json_logger(text),
            "structlog and orjson": _structlog(raw),
            "loguru": _loguru(text),
        }
        line, request = ours
        best = dict.fromkeys(("ours", "request", *sayers), float("inf"))
        for _ in range(ROUNDS):
            best["ours"] = min(best["ours"], _cpu_s(line, drained))
            best["request"] = min(best["request"], _cpu_s(request, drained))
            for name, say in sayers.items():
                best[name] = min(best[name], _cpu_s(say, lambda: True))
    rows = [_row("log line", best["ours"], name, best[name]) for name in sayers]
    fastest = min(sayers, key=best.__getitem__)
    return [*rows, _row("canonical line of a request", best["request"], fastest, best[fastest])]


def _row(what: str, ours_s: float, name: str, theirs_s: float) -> Result:
    against = f"{name} {theirs_s * 1e6:.1f} us"
    return Result(what, f"{ours_s * 1e6:.1f} us", against, ours_s / theirs_s, 1.0, at_most=True)


def _cpu_s(say: Say, drained: Drained) -> float:
    """Return the processor time of a line, in every thread, until it is written."""
    say()
    began = time.process_time()
    for _ in range(LINES):
        say()
    while not drained():
        time.sleep(0.001)
    return (time.process_time() - began) / LINES


@contextmanager
def _ours(stream: BinaryIO) -> Iterator[tuple[tuple[Say, Say], Drained]]:
    log = JsonLog(stream, "INFO")
    log.hide(*SECRETS)

    def line() -> None:
        frame = sys._getframe(1)  # noqa: SLF001 - as `telemetry/bindings.py` does it
        logger = str(frame.f_globals["__name__"])
        log.write("INFO", logger, MESSAGE, frame.f_code, frame.f_lineno, dict(FIELDS))

    try:
        yield (line, lambda: log.request(REQUEST)), lambda: not log.waiting
    finally:
        log.close()
        if sum(log.dropped.values()):
            raise RuntimeError(f"lines were dropped, so the figures say nothing: {log.dropped}")


def _python_json_logger(stream: TextIO) -> Say:
    from pythonjsonlogger.orjson import OrjsonFormatter

    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        OrjsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s %(module)s %(funcName)s %(lineno)d"
        )
    )
    logger = logging.getLogger("bench.python_json_logger")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    return lambda: logger.info(MESSAGE, extra=FIELDS)


def _structlog(stream: BinaryIO) -> Say:
    import orjson
    import structlog
    from structlog.processors import (
        CallsiteParameter,
        CallsiteParameterAdder,
        JSONRenderer,
        TimeStamper,
        add_log_level,
    )

    site = (CallsiteParameter.MODULE, CallsiteParameter.FUNC_NAME, CallsiteParameter.LINENO)
    logger = structlog.wrap_logger(
        structlog.BytesLogger(stream),
        processors=[
            add_log_level,
            TimeStamper(fmt="iso", utc=True),
            CallsiteParameterAdder(site),
            JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    ).bind(logger="bench.structlog")
    return lambda: logger.info(MESSAGE, **FIELDS)


def _loguru(stream: TextIO) -> Say:
    from loguru import logger

    logger.remove()
    logger.add(stream, serialize=True, level="INFO")
    bound = logger.bind(**FIELDS)
    return lambda: bound.info(MESSAGE)


if __name__ == "__main__":
    for result in measure():
        print(result.row())
