"""A PostgreSQL to run for a while: found on this machine, in a directory of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vitrine.domain.failure import Failure

HOST = "127.0.0.1"
MISSING = "not installed: apt-get install postgresql"
DEBIAN = Path("/usr/lib/postgresql")
OWNER, DATABASE, PASSWORD = "vitrine", "postgres", "of-this-server"
UNPRIVILEGED = "postgres"


class NoPostgresError(Failure):
    """A server cannot be made here; the message is PostgreSQL's own."""


@dataclass(frozen=True, slots=True)
class PostgresProgram:
    """A PostgreSQL on loopback, whose data are worth no more than its directory.

    `user` is who runs it where that is not us: it refuses root.
    """

    programs: Path
    home: Path
    port: int
    user: str | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{OWNER}:{PASSWORD}@{HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make an empty server in its home, which must be there; raises `NoPostgresError`."""
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        if self.user is not None:
            for path in (self.home, secret):
                shutil.chown(path, self.user)
        self.run(
            "initdb",
            *("--pgdata", str(self.data), "--username", OWNER, "--auth", "scram-sha-256"),
            *("--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        )

    def command(self, *settings: str) -> list[str]:
        """Return the command that runs it; `settings` are as they stand in postgresql.conf."""
        words = ["-D", str(self.data), "-p", str(self.port), "-k", str(self.home)]
        for setting in (f"listen_addresses={HOST}", *settings):
            words += ["-c", setting]
        return [str(self.programs / "postgres"), *words]

    def answers(self) -> bool:
        """Return whether it takes connections now."""
        asked = [str(self.programs / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603 - what was found

    def run(self, program: str, *words: str) -> None:
        """Run one of its programs as its user; raises `NoPostgresError`."""
        done = subprocess.run(  # noqa: S603 - the program that was found
            [self.programs / program, *words],
            capture_output=True,
            text=True,
            errors="replace",
            user=self.user,
            cwd=self.home,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"
            raise NoPostgresError(f"{program} of PostgreSQL: {said}")


def find_postgres() -> Path | None:
    """Return where the programs of the newest server are; `None` where none can be run."""
    found = sorted(DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found and (os.getuid() != 0 or unprivileged()) else None


def unprivileged() -> str | None:
    """Return the user to run a server as, where it would not run as us."""
    if os.getuid() == 0:
        with suppress(KeyError):
            return pwd.getpwnam(UNPRIVILEGED).pw_name
    return None
