"""A PostgreSQL server of the tests' own, from Debian's package."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from vitrine.operations.server import free_port

PROGRAMS = Path("/usr/lib/postgresql")
STARTS_WITHIN_S = 60.0
PASSWORD = "of-the-tests"
_made = count()


def programs() -> Path:
    """Return where the newest installed server's programs are."""
    found = sorted(PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    assert found, "PostgreSQL is missing: install it with 'apt-get install postgresql'"
    return found[-1].parent


class PostgresServer:
    """One server on loopback; `settings` are passed on as they stand in postgresql.conf."""

    def __init__(self, *settings: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.data, self.log = self.folder / "data", self.folder / "log"
        self._settings = settings
        self._user = _unprivileged()
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self._user is not None:
            shutil.chown(secret, self._user)
        self.run(
            "initdb",
            *("--pgdata", str(self.data), "--username", "vitrine", "--auth", "scram-sha-256"),
            *("--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )
        self.start()

    def start(self) -> None:
        """Start the server and return when it answers."""
        words = ["-D", str(self.data), "-p", str(self.port), "-k", str(self.folder)]
        for setting in ("listen_addresses=127.0.0.1", *self._settings):
            words += ["-c", setting]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [programs() / "postgres", *words],
                stdout=out,
                stderr=subprocess.STDOUT,
                user=self._user,
                cwd=self.folder,
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while self._try("SELECT 1") != 0:
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
            self.process.wait(30)

    def remove(self) -> None:
        """End the server and delete all that it has."""
        self.stop()
        shutil.rmtree(self.folder)

    def database(self, template: str = "template1") -> str:
        """Return the address of a new database, empty or a copy of another."""
        name = f"vitrine_{os.getpid()}_{next(_made)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}", "postgres")
        return f"postgresql://vitrine:{PASSWORD}@127.0.0.1:{self.port}/{name}"

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

    def run(self, program: str, *words: str) -> None:
        """Run one of the server's programs as the server's user."""
        subprocess.run(
            [programs() / program, *words],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self.folder,
        )

    def _try(self, statement: str) -> int:
        words = self._psql(statement, "postgres")
        return subprocess.run(
            words, capture_output=True, env=_environment(), check=False
        ).returncode

    def _psql(self, statement: str, database: str) -> Sequence[str | Path]:
        where = f"host=127.0.0.1 port={self.port} user=vitrine dbname={database}"
        return [programs() / "psql", where, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement]


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}


def _unprivileged() -> str | None:
    """Return the user to run as, where that is not who runs the tests: the server refuses root."""
    if os.getuid() != 0:
        return None
    return pwd.getpwnam("postgres").pw_name
