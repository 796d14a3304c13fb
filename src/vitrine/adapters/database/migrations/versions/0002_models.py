"""What models cost, and what they said."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_table(
        "opinions",
        sa.Column("site_version", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(24), primary_key=True),
        sa.Column("features", sa.Text, nullable=False),
        sa.Column("segment", sa.String(64)),
        sa.Column("certainty", sa.Float, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
    )
    op.create_index("opinions_by_time", "opinions", ["site_version", "answered_at"])


def downgrade() -> None:
    op.drop_table("opinions")
    op.drop_table("spending")
