"""A real Redis for tests, from Debian's package: on a free port, without a disk."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotThereError

from vitrine.operations.cache_server import HOST, RedisProgram, find_redis
from vitrine.operations.server import free_port

INSTALL = "these tests need a real Redis: deploy/debian/install-quietly redis-server"
WITHIN_S = 60.0
PATIENT_S = 5.0
"""What a test gives a Redis that is well, on a machine that does much else."""


class RunningRedis:
    """One running Redis, which can be killed, held still, and started again on its port."""

    def __init__(self, home: Path, *options: str, password: str = "") -> None:
        binary = find_redis()
        assert binary is not None, INSTALL
        home.mkdir(parents=True, exist_ok=True)
        self._program = RedisProgram(binary, home, free_port())
        self._options = ("--requirepass", password, *options)
        self.place = f"{HOST}:{self._program.port}"
        self.url = f"redis://:{password}@{self.place}" if password else self._program.url
        self.start()

    @property
    def client(self) -> Redis:
        """A client of its own: whoever asks for one closes it."""
        return Redis.from_url(self.url)

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Start it, and return when it answers."""
        self._process = subprocess.Popen(
            [*self._program.command(), *self._options], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the Redis ended"
            with suppress(NotThereError), self.client as client:
                client.ping()
                return
            time.sleep(0.02)
        raise AssertionError(f"no Redis within {WITHIN_S:g} s")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def hold(self) -> None:
        """Let it hang: it takes connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)  # until then it may answer once more

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(home: Path, *options: str, password: str = "") -> Iterator[RunningRedis]:
    """Run a Redis until the block ends."""
    server = RunningRedis(home, *options, password=password)
    try:
        yield server
    finally:
        server.kill()
