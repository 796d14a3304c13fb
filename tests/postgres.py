"""A PostgreSQL server of the tests' own, from Debian's package."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from vitrine.operations.postgres_server import (
    HOST,
    MISSING,
    OWNER,
    PASSWORD,
    PostgresProgram,
    find_postgres,
    unprivileged,
)
from vitrine.operations.server import free_port

STARTS_WITHIN_S = 60.0
_made = count()


def programs() -> Path:
    """Return where the newest installed server's programs are."""
    found = find_postgres()
    assert found is not None, f"PostgreSQL is {MISSING}"
    return found


class PostgresServer:
    """One server on loopback; `settings` are passed on as they stand in postgresql.conf."""

    def __init__(self, *settings: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._program = PostgresProgram(programs(), self.folder, self.port, unprivileged())
        self.data, self.log = self._program.data, self.folder / "log"
        self._settings = settings
        self._program.prepare()
        self.start()

    def start(self) -> None:
        """Start the server and return when it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self._program.command(*self._settings),
                stdout=out,
                stderr=subprocess.STDOUT,
                user=self._program.user,
                cwd=self.folder,
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._program.answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.process.send_signal(signal.SIGQUIT)  # its parts end as well, without a checkpoint
        self.process.wait()

    def stop(self) -> None:
        """End the server at once, but in order."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STARTS_WITHIN_S)

    def remove(self) -> None:
        """End the server and delete all that it has."""
        self.stop()
        shutil.rmtree(self.folder)

    def database(self, template: str = "template1") -> str:
        """Return the address of a new database, empty or a copy of another."""
        name = f"vitrine_{os.getpid()}_{next(_made)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}", "postgres")
        return self._program.url(name)

    def sql(self, statement: str, database: str) -> str:
        """Return what psql prints of a statement, without headings."""
        done = subprocess.run(
            self._psql(statement, database),
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _psql(self, statement: str, database: str) -> Sequence[str | Path]:
        where = f"host={HOST} port={self.port} user={OWNER} dbname={database}"
        return [programs() / "psql", where, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
