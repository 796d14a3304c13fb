"""Ships lines to Amazon CloudWatch Logs, by watchtower, behind a bounded queue.

Imported only where it is configured: it brings boto3.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import boto3
import orjson
import watchtower
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from vitrine.telemetry.logs.outputs import Line, Lost, Trouble

QUEUE_LINES = 10_000
QUEUE_BYTES = 8 * 1024 * 1024
LONGEST_LINE = 1_000_000
"""CloudWatch takes events of 1 MiB at most."""
SEND_EVERY_S = 2
CLOSE_S = 3.0
CONNECT_WITHIN_S, ANSWER_WITHIN_S = 2, 5
TRIES = 3
"""Of a batch, with growing pauses between them."""
LIBRARIES = ("boto3", "botocore", "s3transfer", "urllib3", "watchtower")
_OF_LIBRARIES = re.compile(rb'"logger":"(?:%b)[."]' % "|".join(LIBRARIES).encode())
_BEGINNING = 200
_TIMESTAMP = slice(14, 38)

Done = Callable[[Sequence[str], str | None], None]
"""Told of a batch when it is over: its lines, and the problem for which they are lost."""


class Target(NamedTuple):
    """Where lines go. Region and credentials come from where boto3 looks for them."""

    group: str
    stream: str
    endpoint_url: str | None = None


class UnusableTargetError(Exception):
    """No client can be made for the target; the message says why, and shows no credential."""


class CloudWatchOutput:
    """Hands lines to watchtower, which sends them in batches from a thread of its own.

    At most 10,000 lines and 8 MiB wait or are on their way; what comes on top is lost and
    counted, as is a batch that is not taken. What the libraries say of their own work is not
    shipped, so that shipping never makes lines to ship. Raises `UnusableTargetError`.
    """

    def __init__(self, target: Target) -> None:
        self._handler = _Handler(target, self._done)
        self._trouble = Trouble(f"CloudWatch, {target.group}")
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._size = 0
        for name in LIBRARIES:
            logging.getLogger(name).setLevel(logging.WARNING)

    def begin(self, lost: Lost) -> None:
        self._lost = lost

    def take(self, lines: Sequence[Line], data: bytes) -> None:  # noqa: ARG002 - every output's
        without_room = []
        for level, line in lines:
            if _OF_LIBRARIES.search(line, 0, _BEGINNING):
                continue
            if self._has_room(level, len(line)):
                self._handler.emit(_record(line))
            else:
                without_room.append(level)
        if without_room:
            self._lost(without_room)

    def close(self) -> None:
        """Send what waits, for at most three seconds; what is not taken by then is lost."""
        with warnings.catch_warnings():  # of what is counted here
            warnings.simplefilter("ignore", watchtower.WatchtowerWarning)
            self._handler.end()
        with self._lock:
            left, self._waiting = self._waiting, Counter()
        self._lost(left.elements())

    def _has_room(self, level: str, size: int) -> bool:
        with self._lock:
            if self._waiting.total() >= QUEUE_LINES or self._size + size > QUEUE_BYTES:
                return False
            if size > LONGEST_LINE:
                return False
            self._waiting[level] += 1
            self._size += size
        return True

    def _done(self, lines: Sequence[str], problem: str | None) -> None:
        levels = [orjson.loads(line)["level"] for line in lines]
        with self._lock:
            self._waiting.subtract(levels)
            self._size -= sum(len(line.encode()) + 1 for line in lines)
        if problem:
            self._lost(levels)
        self._trouble.of(problem)


class _Handler(watchtower.CloudWatchLogHandler):  # type: ignore[misc]  # it has no types
    """Watchtower's queue and batches; sent so that it is known what became of each."""

    def __init__(self, target: Target, done: Done) -> None:
        super().__init__(
            log_group_name=target.group,
            log_stream_name=target.stream,
            boto3_client=_client(target),
            send_interval=SEND_EVERY_S,
            max_message_size=1024 * 1024,
            create_log_group=False,  # it would wait for the network, at the start
        )
        self.FLUSH_TIMEOUT = CLOSE_S
        self._tell = done
        try:
            self._get_stream_name(_record(b"\n"))
        except (KeyError, ValueError, IndexError) as problem:
            raise UnusableTargetError(f"CLOUDWATCH_LOG_STREAM: cannot be used: {problem}") from None

    def end(self) -> None:
        """Send what waits and take no more, for at most three seconds."""
        super().close()

    def flush(self) -> None:
        """Let nobody but `end` wait for the network."""

    def close(self) -> None:
        """Stay: logging's `dictConfig`, which servers use, closes every handler there is."""

    def _submit_batch(
        self,
        batch: list[dict[str, Any]],
        log_stream_name: str,
        max_retries: int = TRIES,  # noqa: ARG002 - watchtower's signature; boto3 does it
    ) -> None:
        if batch:
            events = sorted(batch, key=itemgetter("timestamp"))
            problem = self._sent(log_stream_name, events)
            self._tell([event["message"] for event in events], problem)

    def _sent(self, stream: str, events: list[dict[str, Any]]) -> str | None:
        """Send a batch; return why it was not taken. Group and stream are made where missing."""
        batch = {"logGroupName": self.log_group_name, "logStreamName": stream}
        try:
            try:
                answer = self.cwl_client.put_log_events(**batch, logEvents=events)
            except self.cwl_client.exceptions.ResourceNotFoundException:
                with suppress(ClientError):  # it may be there, and not ours to make
                    self._idempotent_call("create_log_group", logGroupName=self.log_group_name)
                self._idempotent_call("create_log_stream", **batch)
                answer = self.cwl_client.put_log_events(**batch, logEvents=events)
        except ClientError as problem:
            return str(problem.response.get("Error", {}).get("Code", "refused"))
        except Exception as problem:  # noqa: BLE001 - the thread must live on
            return type(problem).__name__
        return "rejected as too old or too new" if answer.get("rejectedLogEventsInfo") else None


def _client(target: Target) -> Any:
    try:
        return boto3.client(
            "logs",
            endpoint_url=target.endpoint_url,
            config=Config(
                connect_timeout=CONNECT_WITHIN_S,
                read_timeout=ANSWER_WITHIN_S,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
            ),
        )
    except (BotoCoreError, ValueError) as problem:
        raise UnusableTargetError(f"CLOUDWATCH_LOG_GROUP: cannot be used: {problem}") from None


def _record(line: bytes) -> logging.LogRecord:
    """Return a line as watchtower wants it, at the time that stands in it."""
    record = logging.makeLogRecord({"msg": line[:-1].decode(), "name": "vitrine"})
    with suppress(ValueError):
        record.created = datetime.fromisoformat(line[_TIMESTAMP].decode()).timestamp()
    return record
