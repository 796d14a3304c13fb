from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from vitrine.operations import postgres_server
from vitrine.operations.drill.parts import CannotDrillError
from vitrine.operations.drill.rehearsal import _postgres
from vitrine.operations.postgres_server import (
    NoPostgresError,
    PostgresProgram,
    find_postgres,
)


def test_the_newest_server_by_number_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9", "15", "16"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    monkeypatch.setattr(postgres_server, "DEBIAN", tmp_path)
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert find_postgres() == tmp_path / "16" / "bin"


async def test_a_drill_that_finds_no_postgresql_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "DEBIAN", tmp_path)
    assert find_postgres() is None
    async with AsyncExitStack() as ending:
        with pytest.raises(CannotDrillError) as problem:
            await _postgres(ending, tmp_path / "log")
    assert str(problem.value) == "PostgreSQL is not installed: apt-get install postgresql"


def test_what_a_program_says_last_is_the_problem(tmp_path: Path) -> None:
    program = tmp_path / "initdb"
    program.write_text("#!/bin/sh\necho hint >&2\necho 'no space is left' >&2\nexit 1\n")
    program.chmod(0o755)
    server = PostgresProgram(tmp_path, tmp_path, 1)
    with pytest.raises(NoPostgresError, match="initdb of PostgreSQL: no space is left"):
        server.prepare()
