"""PostgreSQL's own programs, as Debian installs them: found, and run without showing a password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vitrine.adapters.database.postgres.address import Address
from vitrine.domain.failure import Failure
from vitrine.operations.death_signal import ends_with_this_process
from vitrine.operations.postgres_server import DEBIAN

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class ProgramMissingError(Failure):
    """A program of PostgreSQL is not on this machine; the message says what to install."""


class ProgramFailedError(Failure):
    """A program of PostgreSQL did not do its work; the message is its own."""


def run(program: str, server: int, url: str | None, *words: str) -> str:
    """Run a program, against a database if one is given, and return what it writes.

    `server` is the server's major version: that very version is taken where it is installed.
    The password goes to the program by its environment, since every user of a machine can read
    arguments. The program ends with us. Raises `ProgramMissingError` or `ProgramFailedError`.
    """
    database, password = _connecting(url)
    done = subprocess.run(  # noqa: S603 - the program that was found, our options
        [str(find(program, server)), "--no-password", *words, *database],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **password},
        stdin=subprocess.DEVNULL,
        check=False,
        preexec_fn=ends_with_this_process(),
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise ProgramFailedError(f"{program}: {said[0].removeprefix(f'{program}: ')}")
    return done.stdout


def find(program: str, server: int) -> Path:
    """Return a program of the server's version, else of the next newer one."""
    fitting = sorted((found, path) for found, path in _installed(program) if found >= server)
    if not fitting:
        raise ProgramMissingError(
            f"{program} of PostgreSQL {server} or newer is missing on this machine:"
            f" apt-get install postgresql-client-{server}"
        )
    return fitting[0][1]


def _installed(program: str) -> Iterator[tuple[int, Path]]:
    for path in DEBIAN.glob(f"*/bin/{program}"):
        if path.parts[-3].isdigit():
            yield int(path.parts[-3]), path
    found = shutil.which(program)
    if found is not None:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - what was found
        version = _VERSION.search(said.stdout)
        if version is not None:
            yield int(version[1]), Path(found)


def _connecting(url: str | None) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return the option that names a database, without its password, and the password apart."""
    if url is None:
        return (), {}
    address = Address.read(url)
    password = {"PGPASSWORD": address.password} if address.password else {}
    return (f"--dbname={address.without_password().for_libpq()}",), password
