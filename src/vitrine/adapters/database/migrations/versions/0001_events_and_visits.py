"""Events, visits and notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visitor", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("features", sa.Text, nullable=False),
        sa.Column("landing", sa.String(64)),
        sa.Column("referrer", sa.String(64)),
        sa.Column("segment", sa.String(64)),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("decided_after", sa.Integer),
        sa.Column("held_out", sa.Boolean, nullable=False),
        sa.Column("exposed_at", sa.BigInteger),
        sa.Column("conversions", sa.Integer, nullable=False),
        sa.Column("converted", sa.Boolean, nullable=False),
        sa.Column("bot", sa.Boolean, nullable=False),
        sa.Column("burst_started", sa.BigInteger, nullable=False),
        sa.Column("burst", sa.Integer, nullable=False),
    )
    op.create_index("visits_by_visitor", "visits", ["visitor", "ordinal"], unique=True)
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "visit", sa.Integer, sa.ForeignKey("visits.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("key", sa.String(16)),
    )
    op.create_index("events_by_visit", "events", ["visit", "key"], unique=True)
    op.create_table(
        "notes",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("notes", "events", "visits"):
        op.drop_table(table)
