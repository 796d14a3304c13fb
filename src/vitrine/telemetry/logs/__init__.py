"""Log lines as JSON, one object a line: redacted, queued, written by a thread of their own."""

from vitrine.telemetry.logs.google_cloud import GoogleCloud, Plain
from vitrine.telemetry.logs.json_log import JsonLog
from vitrine.telemetry.logs.line import LEVELS
from vitrine.telemetry.logs.outputs import FileOutput, Output
from vitrine.telemetry.logs.records import LibraryRecords, plain_logging

__all__ = [
    "LEVELS",
    "FileOutput",
    "GoogleCloud",
    "JsonLog",
    "LibraryRecords",
    "Output",
    "Plain",
    "plain_logging",
]
