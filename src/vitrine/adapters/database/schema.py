"""The tables of this version; `migrations/` brings older databases to the same shape."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

HEAD = "0005"
"""The newest migration; a database that says so needs no Alembic at start."""

LOG_KEYS = "log_keys"
"""A table of keys that are destroyed in time; its rows are in no backup, which would keep them."""

metadata = MetaData()

visits = Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visitor", String(32), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("features", Text, nullable=False),
    Column("landing", String(64)),
    Column("referrer", String(64)),
    Column("segment", String(64)),
    Column("confidence", Float, nullable=False),
    Column("decided_after", Integer),
    Column("held_out", Boolean, nullable=False),
    Column("exposed_at", BigInteger),
    Column("conversions", Integer, nullable=False),
    Column("converted", Boolean, nullable=False),
    Column("bot", Boolean, nullable=False),
    Column("burst_started", BigInteger, nullable=False),
    Column("burst", Integer, nullable=False),
    Index("visits_by_visitor", "visitor", "ordinal", unique=True),
)

# Events hang on the number of their visit, not on their visitor: numbers grow, so that rows
# and keys of today lie together. Scattered ones would cost a page of the disk each.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("visit", Integer, ForeignKey("visits.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("params", Text, nullable=False),
    Column("key", String(16)),
    Index("events_by_visit", "visit", "key", unique=True),
)

notes = Table(
    "notes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# The key of the log's pseudonyms in each ISO week, numbered from that of 1 January 1970.
log_keys = Table(
    LOG_KEYS,
    metadata,
    Column("week", Integer, primary_key=True, autoincrement=False),
    Column("key", String(64), nullable=False),
)

# In millionths of a US dollar, by UTC day.
spending = Table(
    "spending",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("reserved", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("calls", Integer, nullable=False),
)

opinions = Table(
    "opinions",
    metadata,
    Column("site_version", String(64), primary_key=True),
    Column("fingerprint", String(24), primary_key=True),
    Column("features", Text, nullable=False),
    Column("segment", String(64)),
    Column("certainty", Float, nullable=False),
    Column("provider", String(32), nullable=False),
    Column("model", String(128), nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    Index("opinions_by_time", "site_version", "answered_at"),
)
