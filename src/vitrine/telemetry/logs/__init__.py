"""Log lines as JSON, one object a line: redacted, queued, written by a thread of their own."""

from vitrine.telemetry.logs.google_cloud import PLAIN, GoogleCloud
from vitrine.telemetry.logs.json_log import JsonLog
from vitrine.telemetry.logs.line import LEVELS
from vitrine.telemetry.logs.outputs import FileOutput, Output
from vitrine.telemetry.logs.records import LibraryRecords, plain_logging

__all__ = [
    "LEVELS",
    "PLAIN",
    "FileOutput",
    "GoogleCloud",
    "JsonLog",
    "LibraryRecords",
    "Output",
    "plain_logging",
]
