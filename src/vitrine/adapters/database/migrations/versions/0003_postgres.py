"""On PostgreSQL: events in a partition for each month, and room for more than 2^31 rows."""

import sqlalchemy as sa
from alembic import op

from vitrine.adapters.database.postgres.partitions import Month, make

revision = "0003"
down_revision = "0002"

EVENTS = """
CREATE TABLE events (
    id bigint NOT NULL DEFAULT nextval('events_id_seq'),
    visit bigint NOT NULL,
    started bigint NOT NULL,
    name varchar(64) NOT NULL,
    at bigint NOT NULL,
    params text NOT NULL,
    key varchar(16)
) PARTITION BY RANGE (started)
"""
MOVE = """
INSERT INTO events (id, visit, started, name, at, params, key)
SELECT e.id, e.visit, v.started, e.name, e.at, e.params, e.key
FROM events_before e JOIN visits v ON v.id = e.visit
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE visits ALTER COLUMN id TYPE bigint")
    op.execute("ALTER SEQUENCE visits_id_seq AS bigint")
    # Rows change with every event: room in each page lets them do so without a new index entry.
    op.execute("ALTER TABLE visits SET (fillfactor = 70)")
    # Never changed after a visit began, so that it costs a changed row nothing.
    op.execute("CREATE INDEX visits_by_start ON visits USING brin (started)")
    op.execute("ALTER TABLE events RENAME TO events_before")
    op.execute("ALTER SEQUENCE events_id_seq AS bigint OWNED BY NONE")
    op.execute("DROP INDEX events_by_visit")
    op.execute(EVENTS)
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events.id")
    op.execute("CREATE UNIQUE INDEX events_by_visit ON events (visit, key, started)")
    starts = sa.text(
        "SELECT DISTINCT v.started FROM visits v JOIN events_before e ON e.visit = v.id"
    )
    for month in sorted({Month.of(started) for (started,) in connection.execute(starts)}):
        make(connection, month)
    op.execute(MOVE)
    op.execute("DROP TABLE events_before")


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute("DROP INDEX visits_by_start")
    op.execute("ALTER TABLE events RENAME TO events_after")
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY NONE")
    op.execute("DROP INDEX events_by_visit")
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "visit", sa.BigInteger, sa.ForeignKey("visits.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("key", sa.String(16)),
    )
    op.execute("ALTER TABLE events ALTER COLUMN id SET DEFAULT nextval('events_id_seq')")
    op.execute("ALTER SEQUENCE events_id_seq OWNED BY events.id")
    op.create_index("events_by_visit", "events", ["visit", "key"], unique=True)
    op.execute(
        "INSERT INTO events (id, visit, name, at, params, key)"
        " SELECT id, visit, name, at, params, key FROM events_after"
    )
    op.execute("DROP TABLE events_after")
