"""How a PostgreSQL is reached: by TLS that proves the server, and by a socket without a password.

Whoever connects is asked: the service's driver, the commands' and the jobs', and `pg_dump`.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from procrastinate import PsycopgConnector
from sqlalchemy import text

from tests.acceptance.live import vitrine
from tests.contract.conftest import PATIENT_S
from tests.postgres import PostgresServer
from vitrine.adapters.database.postgres.address import Address
from vitrine.adapters.database.postgres.condition import PostgresRefusedError
from vitrine.adapters.database.postgres.copy import server_of
from vitrine.adapters.database.postgres.engine import (
    PostgresDatabase,
    administering_engine,
    postgres_engine,
)
from vitrine.operations.backup.programs import run

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
SETTINGS = "SELECT current_setting('application_name') || current_setting('work_mem')"


def certificate(folder: Path, name: str) -> Path:
    """Make a key and a certificate that proves itself; return where the certificate is."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
    subprocess.run([*made, *named, *files], check=True, stderr=subprocess.DEVNULL)
    return folder / f"{name}.crt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a server with a certificate, which lets us in by its socket without a password."""
    found = PostgresServer("fsync=off")
    owner = found.data.stat()
    certificate(found.data, "server")
    for file in found.data.glob("server.*"):
        os.chown(file, owner.st_uid, owner.st_gid)
    rules = found.data / "pg_hba.conf"
    rules.write_text(f"local all {us()} peer\n{rules.read_text()}")
    found.sql("ALTER SYSTEM SET ssl = on", "postgres")
    found.sql(f"CREATE ROLE {us()} LOGIN SUPERUSER", "postgres")
    found.stop()
    found.start()
    yield found
    found.remove()


def us() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(scope="module")
def proven(server: PostgresServer) -> str:
    """Give the address of a database whose server has to prove who it is."""
    return f"{server.database()}?sslmode=verify-full&sslrootcert={server.data / 'server.crt'}"


@pytest.fixture(scope="module")
def by_socket(server: PostgresServer) -> str:
    name = Address.read(server.database()).database
    return f"postgresql://{us()}@/{name}?host={server.folder}&port={server.port}"


async def told(url: str, statement: str) -> list[object]:
    """Return what the service, a command and a worker get from a statement."""
    service, command = (
        PostgresDatabase(postgres_engine(url, 1, PATIENT_S)),
        administering_engine(url),
    )
    found = [await service.read(lambda c: c.execute(text(statement)).scalar_one())]
    await service.close()
    with command.connect() as connection:
        found.append(connection.execute(text(statement)).scalar_one())
    command.dispose()
    worker = PsycopgConnector(kwargs=Address.read(url).for_psycopg())
    await worker.open_async()
    found += (await worker.execute_query_one_async(statement)).values()
    await worker.close_async()
    return found


async def test_a_server_that_proves_who_it_is_is_asked_by_tls(proven: str) -> None:
    assert await told(proven, ENCRYPTED) == [True] * 3
    assert "PostgreSQL database dump complete" in run("pg_dump", server_of(proven), proven)


async def test_who_demands_no_tls_has_it_and_who_refuses_it_has_none(proven: str) -> None:
    bare = proven.partition("?")[0]
    assert await told(bare, ENCRYPTED) == [True] * 3
    assert await told(f"{bare}?sslmode=disable", ENCRYPTED) == [False] * 3


async def test_options_reach_the_server(proven: str) -> None:
    options = "application_name=mine&options=-c%20work_mem%3D1MB&connect_timeout=9"
    assert await told(f"{proven}&{options}", SETTINGS) == ["mine1MB"] * 3


async def test_a_socket_lets_us_in_for_who_we_are(by_socket: str) -> None:
    assert await told(by_socket, "SELECT CAST(current_user AS text)") == [us()] * 3
    assert "PostgreSQL database dump complete" in run("pg_dump", server_of(by_socket), by_socket)


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_another_root_is_one_clear_line(proven: str, command: str, tmp_path: Path) -> None:
    stranger = certificate(tmp_path, "stranger")
    url = f"{proven.partition('?')[0]}?sslmode=verify-full&sslrootcert={stranger}"
    code, _out, err = vitrine(command, "--home", tmp_path / "home", DATABASE_URL=url)
    (line,) = err.splitlines()
    assert code == 1
    assert line.startswith("the database cannot be used: ")
    assert "certificate verify failed" in line


def test_a_root_that_is_not_there_is_named(proven: str) -> None:
    url = f"{proven.partition('?')[0]}?sslmode=verify-full&sslrootcert=/absent"
    with pytest.raises(PostgresRefusedError, match='root certificate file "/absent" does not'):
        server_of(url)
