"""What PostgreSQL does that no other database has to: partitions, several writers, its own word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, TextClause, inspect, text

from tests.contract.conftest import PATIENT_S, Opened
from tests.postgres import PostgresServer
from tests.sites import small_site
from vitrine.adapters.database.declared import declared_pairs, declared_texts
from vitrine.adapters.database.migrate import MIGRATIONS, migrate, version_of
from vitrine.adapters.database.postgres import rows
from vitrine.adapters.database.postgres.engine import (
    PostgresDatabase,
    administering_engine,
    lone_engine,
    postgres_engine,
)
from vitrine.adapters.database.postgres.insight import Insight
from vitrine.adapters.database.postgres.partitions import PREFIX, Month, drop, make, months
from vitrine.adapters.database.schema import HEAD, metadata
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import TIMEOUT_MS, Folding
from vitrine.domain.weights import FITTED
from vitrine.signals import (
    Access,
    DatabaseLooked,
    PlanFound,
    Signal,
    StatementExecuted,
    StatementTimed,
)
from vitrine.usecases.ports import StoreUnavailableError, Unit

NOON = 1_700_000_000_000
ANNA = "a" * 32
Another = Callable[[], SqlVisitStore]


@pytest.fixture
def kind() -> str:
    return "postgres"


@pytest.fixture
def another(opening: Opened) -> Another:
    """Give a way to open one more store on the same database, as one more process does."""
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)
    return lambda: SqlVisitStore(opening(), folding)


@pytest.fixture
def database(opening: Opened) -> PostgresDatabase:
    opened = opening()
    assert isinstance(opened, PostgresDatabase)
    return opened


@pytest.fixture
def apart(opening: Opened) -> PostgresDatabase:
    """Give the same database by connections of their own."""
    opened = opening()
    assert isinstance(opened, PostgresDatabase)
    return opened


def event(visitor: str, number: int, at: int = NOON) -> Event:
    skills = list(small_site().skills)
    params: dict[str, str | int] = {"skill_id": skills[number % len(skills)]}
    return Event(visitor, "skill_hover", at + number, params, f"{number}")


async def test_no_event_of_a_visitor_is_lost_or_counted_twice_where_many_processes_write(
    another: Another,
) -> None:
    stores, random = [another() for _ in range(3)], Random(3)
    visitors = [random.randbytes(16).hex() for _ in range(5)]
    sent = [(who, event(who, number)) for number in range(40) for who in visitors]
    random.shuffle(sent)
    again = sent[::4]
    units = [(random.choice(stores), Unit([one])) for _, one in [*sent, *again]]
    recorded = await asyncio.gather(*(store.record(unit) for store, unit in units))
    assert sum(len(one.duplicates) for one in recorded) == len(again)
    assert sum(one.visits_started for one in recorded) == len(visitors)
    for visitor in visitors:
        history = await another().history(visitor)
        assert [visit.events for visit in history.visits] == [40]
        assert {one.event_id for one in history.events} <= {None}
        assert len(history.events) == 40


async def test_bursts_of_new_visitors_at_several_processes_are_all_stored(
    another: Another,
) -> None:
    stores, random = [another() for _ in range(4)], Random(7)
    for turn in range(3):
        visitors = [random.randbytes(16).hex() for _ in range(60)]
        sent = [event(who, 10 * turn + number) for number in range(6) for who in visitors]
        random.shuffle(sent)
        done = await asyncio.gather(
            *(random.choice(stores).record(Unit([one])) for one in sent), return_exceptions=True
        )
        assert [one for one in done if isinstance(one, BaseException)] == []
        for visitor in visitors[:5]:
            history = await stores[0].history(visitor)
            assert ([visit.events for visit in history.visits], len(history.events)) == ([6], 6)


async def test_groups_that_touch_the_same_visitors_in_other_orders_do_not_lock_one_another_out(
    another: Another,
) -> None:
    one, other = another(), another()
    visitors = [Random(number).randbytes(16).hex() for number in range(20)]
    for turn in range(10):
        await asyncio.gather(
            one.record(Unit([event(who, turn) for who in visitors])),
            other.record(Unit([event(who, 100 + turn) for who in reversed(visitors)])),
        )
    assert [visit.events for visit in (await one.history(visitors[0])).visits] == [20]


async def test_what_another_process_wrote_is_seen_within_a_second(
    another: Another, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitrine.adapters.database.visits.BELIEVED_S", 0.1)
    one, other = another(), another()
    await one.record(Unit([event(ANNA, 0)]))
    await other.record(Unit([event(ANNA, 1)]))
    await asyncio.sleep(0.15)  # nothing tells that a time is over
    latest = await one.latest(ANNA)
    assert latest is not None
    assert latest.events == 2


async def test_events_lie_in_the_month_in_which_their_visit_began(
    another: Another, database: PostgresDatabase
) -> None:
    december = Month(2023, 12).begins_ms
    store = another()
    await store.record(Unit([event(ANNA, 0, december - 60_000), event(ANNA, 1, december + 60_000)]))
    later = december + 2 * TIMEOUT_MS + 120_000
    await store.record(Unit([event(ANNA, 2, later)]))
    assert await database.read(months) == [Month(2023, 11), Month(2023, 12)]
    assert await database.read(_rows, "events_2023_11") == 2
    assert await database.read(_rows, "events_2023_12") == 1
    await database.write(drop, Month(2023, 11))
    assert len((await another().history(ANNA)).events) == 1


def _rows(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


async def test_a_month_is_made_once_however_many_need_it_first(
    another: Another, database: PostgresDatabase
) -> None:
    stores = [another() for _ in range(4)]
    await asyncio.gather(
        *(store.record(Unit([event(f"{n:032}", n)])) for n, store in enumerate(stores))
    )
    assert await database.read(months) == [Month(2023, 11)]
    assert await database.read(_rows, "events") == 4


def test_months_follow_one_another_and_have_names() -> None:
    assert Month(2025, 12).next == Month(2026, 1)
    assert Month.named(Month(2026, 3).partition) == Month(2026, 3)
    assert Month.of(Month(2026, 3).begins_ms - 1) == Month(2026, 2)


async def test_a_statement_that_takes_too_long_is_ended(postgres: PostgresServer) -> None:
    database = PostgresDatabase(postgres_engine(postgres.database(), 1, 1.0))
    with pytest.raises(StoreUnavailableError, match="QueryCanceledError 57014"):
        await database.read(lambda c: c.execute(text("SELECT pg_sleep(60)")))
    assert await database.read(lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1
    await database.close()


async def test_after_a_restart_of_the_server_the_next_statement_finds_it() -> None:
    server = PostgresServer("fsync=off")
    database = PostgresDatabase(postgres_engine(server.database(), 3, PATIENT_S))
    one = lambda c: c.execute(text("SELECT 1")).scalar_one()  # noqa: E731
    try:
        assert await database.read(one) == 1
        server.kill()
        with pytest.raises(StoreUnavailableError):
            await database.read(one)
        with pytest.raises(StoreUnavailableError):
            await database.write(one)
        server.start()
        assert await asyncio.gather(*(database.read(one) for _ in range(3))) == [1, 1, 1]
        assert await database.write(one) == 1
    finally:
        await database.close()
        server.remove()


async def test_a_connection_is_tried_before_use_only_where_it_rested(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitrine.adapters.database.postgres.engine.TRUSTED_S", PATIENT_S)
    database = PostgresDatabase(postgres_engine(postgres.database(), 1, PATIENT_S))
    tried: list[Any] = []
    dialect = database.engine.dialect

    def ping(connection: Any, ping: Callable[[Any], bool] = dialect.do_ping) -> bool:
        tried.append(connection)
        return ping(connection)

    monkeypatch.setattr(dialect, "do_ping", ping)
    one = lambda c: c.execute(text("SELECT 1")).scalar_one()  # noqa: E731
    assert [await database.read(one), await database.write(one), tried] == [1, 1, []]
    monkeypatch.setattr("vitrine.adapters.database.postgres.engine.TRUSTED_S", 0.0)
    assert [await database.read(one), len(tried)] == [1, 1]
    await database.close()


async def test_the_server_tells_its_size_rows_scans_and_open_transactions(
    another: Another, database: PostgresDatabase, apart: PostgresDatabase
) -> None:
    await another().record(Unit([event(ANNA, 0), event("b" * 32, 1)]))
    heard: list[Signal] = []
    insight = Insight(apart, heard.append)
    async with database.engine.connect() as waiting:
        await waiting.execute(text("SELECT pg_stat_force_next_flush()"))
        await waiting.commit()
        await waiting.execute(text("SELECT 1"))
        await asyncio.sleep(0.1)
        await insight.look()
    (looked,) = [signal for signal in heard if isinstance(signal, DatabaseLooked)]
    assert looked.size_bytes > 1_000_000
    assert 0.05 < looked.longest_transaction_s < PATIENT_S
    assert set(looked.tables) == {*metadata.tables, "other"}


async def test_each_statement_of_ours_finds_its_rows_without_a_full_scan_but_the_counts(
    database: PostgresDatabase,
) -> None:
    heard: list[Signal] = []
    texts = declared_texts("postgresql")
    await Insight(database, heard.append, texts).look()
    found = {s.db_query: s.access for s in heard if isinstance(s, PlanFound)}
    explained = ("select", "insert", "update", "delete", "with")
    assert len(found) == len({t for t, _ in texts if t.lower().startswith(explained)})
    scans = {query for query, access in found.items() if access is Access.FULL_SCAN}
    assert all("last >= ?" in query or "exposed_at >= ?" in query for query in scans), scans


MONTHS_FULL = (
    "INSERT INTO visits (visitor, ordinal, started, last, events, features, confidence, held_out,"
    " conversions, converted, bot, burst_started, burst) SELECT md5(n::text), 1, {begins} + n,"
    " {begins} + n, 1, '{{}}', 0, false, 0, false, false, 0, 0 FROM generate_series({first},"
    " {first} + 2999) AS n"
)
THEIR_EVENTS = (
    "INSERT INTO events (visit, started, name, at, params)"
    " SELECT id, started, 'skill_hover', started, '{}' FROM visits"
)


async def test_a_visitors_events_are_looked_for_in_the_months_of_their_visits_alone(
    another: Another, database: PostgresDatabase
) -> None:
    """A year of other people's events lies beside those of a visit across the end of a month."""
    month = first = Month.of(NOON)
    for number in range(12):
        await database.write(make, month)
        full = text(MONTHS_FULL.format(begins=month.begins_ms, first=number * 3_000))
        await database.write(Connection.execute, full)
        month = month.next
    await database.write(lambda c: c.exec_driver_sql(THEIR_EVENTS).rowcount)
    late = first.next.begins_ms - 60_000
    await another().record(Unit([event(ANNA, 0, late)]))
    await another().record(Unit([event(ANNA, 1, late + 120_000)]))
    await database.write(lambda c: c.exec_driver_sql("ANALYZE visits, events"))
    for statement in (rows._EVENTS, rows._COUNT):
        assert await searched(database, statement, visitor=ANNA) == {first.partition}
    since = month.begins_ms - 40 * 24 * 3_600_000
    assert len(await searched(database, rows._COUNTED, since=since)) == 2
    history = await another().history(ANNA)
    assert [one.at for one in history.events] == [late, late + 120_001]
    assert await another().forget(ANNA) == (1, 2)


async def searched(database: PostgresDatabase, statement: TextClause, **asked: Any) -> set[str]:
    """Return the partitions in which a statement really looked."""
    explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
    found = await database.read(lambda c: c.execute(explain, asked).scalar_one())
    (plan,) = found if isinstance(found, list) else json.loads(found)
    return {name for name in _looked_at(plan["Plan"]) if name.startswith(PREFIX)}


def _looked_at(node: Any) -> Iterator[str]:
    if node["Actual Loops"] and "Relation Name" in node:
        yield node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _looked_at(below)


async def test_times_of_the_server_itself_are_told_where_it_keeps_them() -> None:
    server = PostgresServer("fsync=off", "shared_preload_libraries=pg_stat_statements")
    heard: list[Signal] = []
    try:
        url = server.database()
        server.sql("CREATE EXTENSION pg_stat_statements", url.rpartition("/")[2])
        engine = administering_engine(url)
        migrate(engine)
        engine.dispose()
        database = PostgresDatabase(postgres_engine(url, 2, PATIENT_S))
        insight = Insight(
            PostgresDatabase(lone_engine(url, PATIENT_S)),
            heard.append,
            declared_texts("postgresql"),
        )
        database.listen(heard.append, insight)
        await SqlVisitStore(database, _folding()).latest(ANNA)
        await insight.look()
        await database.close()
    finally:
        server.remove()
    assert any(s.mean_s > 0 and "visits" in s.fingerprint for s in _of(heard, StatementTimed))
    pairs = {(s.operation, s.table) for s in _of(heard, StatementExecuted)}
    assert pairs <= set(declared_pairs("postgresql"))


def _folding() -> Folding:
    site = small_site()
    return Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)


def _of(heard: list[Signal], kind: type[Signal]) -> list[Any]:
    return [signal for signal in heard if isinstance(signal, kind)]


@pytest.fixture
def empty(postgres: PostgresServer) -> Engine:
    return administering_engine(postgres.database())


def test_an_empty_database_is_brought_to_this_version_and_only_once(empty: Engine) -> None:
    assert migrate(empty)
    assert version_of(empty) == HEAD
    assert not migrate(empty)
    assert set(metadata.tables) <= set(inspect(empty).get_table_names())


@pytest.mark.parametrize(
    "version", sorted(path.stem[:4] for path in MIGRATIONS.glob("versions/0*"))
)
def test_data_of_every_earlier_version_are_there_after_an_upgrade_and_a_downgrade(
    empty: Engine, version: str
) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def go(step: Callable[[Config, str], None], to: str) -> None:
        with empty.begin() as connection:
            config.attributes["connection"] = connection
            step(config, to)

    go(command.upgrade, version)
    with empty.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO visits (visitor, ordinal, started, last, events, features, confidence,"
                " held_out, conversions, converted, bot, burst_started, burst)"
                f" VALUES ('{ANNA}', 1, {NOON}, {NOON}, 1, '{{}}', 0.5,"
                " false, 0, false, false, 0, 0)"
            )
        )
        if version < "0003":
            connection.execute(
                text(
                    "INSERT INTO events (visit, name, at, params, key)"
                    f" SELECT id, 'skill_hover', {NOON}, '{{}}', 'abc' FROM visits"
                )
            )
    migrate(empty)
    assert version_of(empty) == HEAD
    expected = int(version < "0003")
    with empty.connect() as connection:
        assert _rows(connection, "visits") == 1
        assert _rows(connection, "events") == expected
    go(command.downgrade, version)
    with empty.connect() as connection:
        assert _rows(connection, "visits") == 1
        assert _rows(connection, "events") == expected
