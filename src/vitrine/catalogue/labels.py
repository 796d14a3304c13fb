"""The labels of the catalogue's metrics with their values, and the bucket edges."""

from __future__ import annotations

from vitrine.catalogue.metric import OTHER, Label
from vitrine.signals import JobName

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER)
GROUPS = ("api", "page", "console", "own")
"""Groups of routes: what visitors wait for, pages, the console, and what serves operators."""
OUTCOMES = ("ok", "client_error", "server_error", "stream_broken", "client_gone")
PROVIDERS = ("gemini", "deepseek", "openai_compatible")
MOST_EVENT_NAMES = 52
"""The eleven standard events, the forty that a site may add, and `unknown`."""
STORE_OPERATIONS = (
    "ready", "record", "latest", "identify", "expose", "switch", "opt_outs", "rules", "salt",
    "log_keys", "analyse", "retain", "report", "database", "jobs",
    "history", "forget", "opt_out", "journal", "admin", "console", "calibrate", OTHER,
)  # fmt: skip
CRAWLER_CATEGORIES = (
    "academic", "advertising", "ai-crawler", "archiver", "browser-automation", "feed-reader",
    "http-library", "monitoring", "scanner", "search-engine", "seo", "social-preview", OTHER,
)  # fmt: skip
"""The categories of the kept list (`crawler-user-agents`); a test holds them equal to it."""
NO_CATEGORY = "none"
NO_SEGMENT = "none"
WORKER = "worker"
"""The label by which several processes of one service differ; no metric declares it."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# The guide's targets (0.2, 0.5, 1, 5 and 10 s) are edges: a fraction at an edge is exact.
LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STATEMENT = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
FIRST_BYTE = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 10.0)
MODEL = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)
CONFIDENCE_UP_TO = tuple(f"{edge / 10:.1f}" for edge in range(1, 11))
CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

METHOD = Label("method", METHODS)
ENDPOINT = Label("endpoint", bound=64)
STATUS = Label("status", bound=40)
GROUP = Label("group", GROUPS)
OPERATION = Label("operation", ("select", "insert", "update", "delete", "commit", OTHER))
TABLE = Label("table", bound=12)
JOB = Label("job_name", tuple(name.value for name in JobName))
KEY_PATTERN = Label("key_pattern", bound=4)
PROVIDER = Label("provider", PROVIDERS)
SEGMENT = Label("segment", bound=24)
FINGERPRINT = Label("fingerprint", bound=48)
