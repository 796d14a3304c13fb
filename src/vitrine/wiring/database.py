"""The database of a home, as the settings say: migrated, claimed for its site, and watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from vitrine.adapters.database.database import Database
from vitrine.adapters.database.declared import declared_texts
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.owner import KEY, claim_for, mark_of
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.adapters.database.sqlite.plans import SqlitePlans
from vitrine.catalogue.metrics import DB_SIZE
from vitrine.settings import Settings, SettingsError
from vitrine.signals import Emit
from vitrine.telemetry.database import watch_pool
from vitrine.telemetry.registry import Registry
from vitrine.usecases.background import Duty

INSIGHT_EVERY_S = 15.0


@contextmanager
def administered(settings: Settings) -> Iterator[Engine]:
    """Give an engine to migrate and claim the database with."""
    if settings.postgres_url is None:
        engine = sqlite_engine(settings.database_path, settings.db_pool_size)
    else:
        from vitrine.adapters.database.postgres.engine import administering_engine

        engine = administering_engine(settings.postgres_url)
    try:
        yield engine
    finally:
        engine.dispose()


def open_database(settings: Settings, site: str | None = None) -> Database:
    """Return the home's database at this version's schema, claimed for a site if one is given.

    A database belongs to one site for good, and on PostgreSQL to one key: with other evidence
    its decisions, by another key its visitors would be others. Raises `SettingsError`,
    `NewerDatabaseError` or SQLAlchemy's errors.
    """
    with administered(settings) as engine:
        migrate(engine)
        if site is not None:
            _claim(engine, settings, site)
    return database_as_it_is(settings)


def database_as_it_is(settings: Settings) -> Database:
    """Return the home's database at whatever schema it has; others may still run on that one.

    Nothing is asked of it yet: that it is away is heard by whoever reads first.
    """
    if settings.postgres_url is None:
        return SqliteDatabase(sqlite_engine(settings.database_path, settings.db_pool_size))
    from vitrine.adapters.database.postgres.engine import PostgresDatabase, postgres_engine

    timeout_s = settings.db_statement_timeout_s
    return PostgresDatabase(
        postgres_engine(settings.postgres_url, settings.db_pool_size, timeout_s)
    )


def _claim(engine: Engine, settings: Settings, site: str) -> None:
    owner = claim_for(engine, site)
    if owner != site:
        raise SettingsError(
            f"{place_of(settings)} belongs to the site {owner!r}, not to {site!r};"
            " name its site with --site, or another home with --home"
        )
    if settings.postgres_url is None:
        return
    mark = mark_of(settings.key())
    if claim_for(engine, mark, KEY) != mark:
        raise SettingsError(
            f"VITRINE_SECRET: {place_of(settings)} names its visitors by another one;"
            " give every process the same"
        )


def place_of(settings: Settings) -> str:
    """Return in words where the data of a home are."""
    return "the database of DATABASE_URL" if settings.postgres_url else str(settings.home)


def watch_database(
    settings: Settings, database: Database, registry: Registry, emit: Emit
) -> tuple[Duty, ...]:
    """Have the database heard from now on and its pool read before each scrape.

    Returns what has to be done meanwhile.
    """
    watch_pool(registry, database.connections_in_use, database.connections)
    texts = declared_texts(database.dialect)
    if isinstance(database, SqliteDatabase):
        plans = SqlitePlans(database.path, emit, texts)
        database.listen(emit, plans)
        registry.before_scrape(plans.explain)
        registry.before_scrape(lambda: registry[DB_SIZE].set(database.size_bytes()))
        return ()
    from vitrine.adapters.database.postgres.engine import PostgresDatabase, lone_engine
    from vitrine.adapters.database.postgres.insight import Insight

    assert settings.postgres_url is not None
    # On connections of its own: what is asked of the server's state is not part of the load.
    apart = PostgresDatabase(lone_engine(settings.postgres_url, settings.db_statement_timeout_s))
    insight = Insight(apart, emit, texts)
    database.listen(emit, insight)
    return (Duty("database", INSIGHT_EVERY_S, insight.look, 0.0),)
