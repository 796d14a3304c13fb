"""The log of a running program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from io import RawIOBase
from pathlib import PurePath
from time import time
from types import CodeType
from typing import Any, BinaryIO, Protocol

from vitrine.telemetry.logs.google_cloud import PLAIN, GoogleCloud, Plain
from vitrine.telemetry.logs.line import LEVELS, begin, clip, dumps
from vitrine.telemetry.logs.outputs import Output
from vitrine.telemetry.logs.recent import RecentLines
from vitrine.telemetry.logs.redaction import Redactor
from vitrine.telemetry.logs.writer import QUEUE_BYTES, QUEUE_LINES, Writer
from vitrine.telemetry.request_id import current

CALL_SITES = 2_048
"""Beginnings of lines that are kept ready; a program has a few hundred."""
LOGGER_OF_REQUESTS = "vitrine.http"


class Finished(Protocol):
    """What became of a request; every value is a number, hexadecimal or of a closed set."""

    @property
    def method(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def first_byte_s(self) -> float | None: ...
    @property
    def request_id(self) -> str: ...


class JsonLog:
    """Writes lines to a stream in the order in which they came; see `Writer` for its bounds.

    Nobody waits for the stream, and secrets, addresses and e-mails do not reach it. What was
    written last is kept in `recent`. `outputs` get the same lines; the `form` says what stands
    in them beside our own members. Of several processes, each names its `worker`.
    """

    def __init__(
        self,
        stream: BinaryIO | RawIOBase,
        level: str,
        lines: int = QUEUE_LINES,
        size: int = QUEUE_BYTES,
        outputs: Sequence[Output] = (),
        form: Plain | GoogleCloud = PLAIN,
        worker: str = "",
    ) -> None:
        self._form = form
        self._of_each = {"worker": worker} if worker else {}
        self.level = LEVELS[level]
        self._followers: list[Callable[[int], None]] = []
        self._redactor = Redactor()
        self.recent = RecentLines()
        self._writer = Writer(stream, lines, size, self.recent.keep, outputs)
        self._site = lru_cache(CALL_SITES)(self._render_site)
        self._request = lru_cache(CALL_SITES)(self._render_request)
        self.written: Mapping[str, int] = self._writer.written
        self.dropped: Mapping[str, int] = self._writer.dropped

    @property
    def redactions(self) -> int:
        """Values taken out so far."""
        return self._redactor.count

    @property
    def waiting(self) -> int:
        """Lines that wait to be written."""
        return len(self._writer)

    def hide(self, *values: str) -> None:
        """Keep these secrets out of every line to come."""
        for value in values:
            self._redactor.hide(value)
        self._site.cache_clear()

    def takes(self, level: str) -> bool:
        """Whether lines of this level are wanted."""
        return LEVELS[level] >= self.level

    def set_level(self, name: str) -> None:
        """Want lines of this level and above from now on; `KeyError` where there is none such."""
        self.level = LEVELS[name]
        for follow in self._followers:
            follow(self.level)

    def follow_level(self, follow: Callable[[int], None]) -> None:
        """Tell the level, now and whenever it is set."""
        self._followers.append(follow)
        follow(self.level)

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
        site = self._site(level, logger, message, code.co_filename, code.co_name, line)
        request_id = current()
        members = fields
        if request_id is not None or "exception" in fields:
            others = {**fields}
            exception = others.pop("exception", None)
            members = self._ended(others, request_id, exception)
        body = self._redactor.clean(dumps(members))
        start = begin(time()).encode()
        end = b"%b%b\n" % (site, body[1:]) if members else site[:-1] + b"}\n"
        self._writer.put(level, start + end)

    def put(
        self, level: str, at_s: float, members: Mapping[str, Any], exception: str | None = None
    ) -> None:
        """Queue a line of whole members, all of which are searched for what is to be hidden."""
        whole = {**members, **self._of_each, **self._form.of_level(level)}
        body = self._redactor.clean(dumps(self._ended(whole, current(), exception)))
        self._writer.put(level, b"%b,%b\n" % (begin(at_s).encode(), body[1:]))

    def request(self, finished: Finished) -> None:
        """Queue the one line that each request leaves."""
        level, start = self._request(
            finished.method, finished.endpoint, finished.status, finished.outcome
        )
        if LEVELS[level] < self.level:
            return
        first = finished.first_byte_s
        more = "" if self._form is PLAIN else self._more(finished.request_id)
        line = (
            f"{begin(time())}{start}{finished.duration_s * 1e3:.3f},"
            f'"first_byte_ms":{"null" if first is None else f"{first * 1e3:.3f}"},'
            f'"request_id":"{finished.request_id}"{more}}}\n'
        )
        self._writer.put(level, line.encode())

    def close(self) -> None:
        """Write what waits and stop, within two seconds."""
        self._writer.close()

    def _more(self, request_id: str) -> str:
        """Return what stands behind the id of a request, with a comma before it."""
        members = self._form.of_request(request_id)
        return f",{dumps(members)[1:-1].decode()}" if members else ""

    def _ended(
        self, members: dict[str, Any], request_id: str | None, exception: str | None
    ) -> dict[str, Any]:
        """Return the members with what comes last in a line."""
        if request_id is not None:
            members["request_id"] = request_id
            members.update(self._form.of_request(request_id))
        if exception is not None:
            members["exception"] = exception
        return members

    def _render_site(
        self, level: str, logger: str, message: str, file: str, function: str, line: int
    ) -> bytes:
        members = {
            "level": level,
            "logger": logger,
            "message": clip(message),
            "module": PurePath(file).stem,
            "function": function,
            "line": line,
            **self._of_each,
            **self._form.of_level(level),
        }
        return b"," + self._redactor.clean(dumps(members))[1:-1] + b","

    def _render_request(
        self, method: str, endpoint: str, status: int, outcome: str
    ) -> tuple[str, str]:
        failed = status >= 500 or outcome in {"server_error", "stream_broken"}
        level = "ERROR" if failed else "INFO"
        caller = sys._getframe(2)  # noqa: SLF001 - the standard way to a caller's place
        code = caller.f_code
        site = self._site(
            level,
            LOGGER_OF_REQUESTS,
            "Request finished",
            code.co_filename,
            code.co_name,
            caller.f_lineno,
        )
        members = {"method": method, "endpoint": endpoint, "status": status, "outcome": outcome}
        return level, f'{site.decode()}{dumps(members)[1:-1].decode()},"duration_ms":'
