"""The drills, which wait more than they work: held while the other tests run, and first in line.

They are about time, so they keep the processor's attention: all other tests are `nice`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.acceptance.live import VITRINE, environment

NICENESS = 10
WITHIN_S = 900
SOAKING = ("--for", "600") if os.environ.get("VITRINE_SOAK") else ()


class Beside:
    """All drills, and after them that of false alarms."""

    def __init__(self) -> None:
        self._place = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; whatever this process does from now on comes second."""
        self._place = Path(tempfile.mkdtemp(prefix="vitrine-beside-"))
        words = " ".join(VITRINE)
        said = f"2>>{self._place}/said"
        drills = f"{words} drill --json >{self._place}/drills {said}"
        healthy = (
            f"{words} drill --healthy --json {' '.join(SOAKING)} >{self._place}/healthy {said}"
        )
        self._process = subprocess.Popen(
            ["bash", "-c", f"{drills}; {healthy}"], env=environment(), start_new_session=True
        )
        os.nice(NICENESS)

    def drills(self) -> str:
        """Return what the drills printed, once all have ended."""
        return self._said("drills")

    def healthy(self) -> str:
        """Return what the drill of false alarms printed, once it has ended."""
        return self._said("healthy")

    def end(self) -> None:
        """End what still runs, where the tests were interrupted, and leave nothing behind."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
        shutil.rmtree(self._place)

    def _said(self, name: str) -> str:
        assert self._process is not None
        self._process.wait(WITHIN_S + (600 if SOAKING else 0))
        said = (self._place / name).read_text()
        assert said, (self._place / "said").read_text()
        return said
