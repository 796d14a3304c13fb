"""The log of a real process, on its real standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.acceptance.prometheus import WITHIN_S

CANARIES = ("canary.person@mail.example", "198.51.100.77", "2001:db8:77::4d", "canaryword77")

BEGINNING = """
import logging, sys, warnings
from tests.acceptance.prometheus import WITHIN_S
from vitrine.telemetry.logs import JsonLog, LibraryRecords
log = JsonLog(sys.stdout.buffer, "DEBUG")
log.hide("kept-canaryword77")
LibraryRecords(log).install()
library = logging.getLogger("some.library")
"""
TALKS = (
    BEGINNING
    + """
mail, four, six = "canary.person@mail.example", "198.51.100.77", "2001:db8:77::4d"
library.info("%s asked from %s and %s", mail, four, six)
library.debug("GET https://ada:canaryword77@host.example/v1?key=canaryword77&to=" + mail)
library.warning("headers", extra={"api_key": "canaryword77", "peer": (four, 5000), mail: six})
library.error({"authorization": "Bearer canaryword77"})
warnings.warn("with token=canaryword77")
try:
    try:
        raise KeyError("kept-canaryword77")
    except KeyError as cause:
        raise ValueError("no answer from http://[" + six + "]/?key=canaryword77") from cause
except ValueError:
    library.exception("failed for %s", mail)
code = log.write.__func__.__code__
log.write("ERROR", "own", "Request failed", code, 1, {"path": "/u/" + mail, "exception": four})
log.close()
"""
)
FLOODS = (
    BEGINNING
    + """
for number in range(5_000):
    library.error("x" * 100)
log.close()
sys.exit(3 if log.dropped["ERROR"] else 0)
"""
)


def test_what_libraries_say_is_redacted_on_the_way_out() -> None:
    done = subprocess.run([sys.executable, "-c", TALKS], capture_output=True, check=True)
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["level"] for line in lines] == [
        *("INFO", "DEBUG", "WARNING", "ERROR", "WARNING", "ERROR", "ERROR")
    ]
    printed = (done.stdout + done.stderr).decode()
    assert [canary for canary in CANARIES if canary in printed] == []
    assert lines[0]["message"] == "[email] asked from [ip] and [ip]"
    assert lines[-1]["path"] == "/u/[email]"


def test_a_process_whose_output_nobody_reads_still_ends_and_knows_what_it_dropped() -> None:
    with subprocess.Popen([sys.executable, "-c", FLOODS], stdout=subprocess.PIPE) as process:
        assert process.wait(WITHIN_S) == 3
