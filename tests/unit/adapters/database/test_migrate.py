from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from vitrine.adapters.database.migrate import MIGRATIONS, NewerDatabaseError, migrate, version_of
from vitrine.adapters.database.schema import HEAD, metadata
from vitrine.adapters.database.sqlite.engine import sqlite_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = sqlite_engine(tmp_path / "vitrine.db", 2)
    yield made
    made.dispose()


def tables(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'")
        )
        return {name: sql for name, sql in rows if sql}


def alembic(engine: Engine, order: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        getattr(command, order)(config, revision)


def test_head_is_the_newest_migration() -> None:
    numbers = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    assert numbers[-1] == HEAD


def test_an_empty_database_has_no_version(engine: Engine) -> None:
    assert version_of(engine) is None


def test_migrating_twice_has_nothing_left_to_do(engine: Engine) -> None:
    assert migrate(engine) is True
    assert migrate(engine) is False
    assert version_of(engine) == HEAD


def test_the_migrated_schema_is_that_of_the_code(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrated_tables_are_made_by_the_same_words(engine: Engine, tmp_path: Path) -> None:
    migrate(engine)
    fresh = sqlite_engine(tmp_path / "fresh.db", 1)
    metadata.create_all(fresh)
    made = {name: sql.split() for name, sql in tables(fresh).items()}
    fresh.dispose()
    assert {name: sql.split() for name, sql in tables(engine).items()} == made


def test_going_down_and_up_again_gives_the_same_schema(engine: Engine) -> None:
    migrate(engine)
    before = tables(engine)
    alembic(engine, "downgrade", "base")
    assert tables(engine) == {}
    assert version_of(engine) is None
    alembic(engine, "upgrade", "head")
    assert tables(engine) == before


def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError, match=f"schema 9999, .* up to {HEAD}") as refusal:
        migrate(engine)
    assert "\n" not in str(refusal.value)
    assert version_of(engine) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (other INTEGER)"))
    with pytest.raises(Exception, match="notes already exists"):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["notes"]
