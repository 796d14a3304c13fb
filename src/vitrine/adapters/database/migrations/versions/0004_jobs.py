"""On PostgreSQL: the queue of jobs, as Procrastinate 3.10 has it."""

from alembic import op

revision = "0004"
down_revision = "0003"

# What it made goes by its name: Procrastinate brings no way back.
DROP = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relkind = 'r' AND starts_with(c.relname, 'procrastinate_')
        AND c.relnamespace = current_schema()::regnamespace
    LOOP EXECUTE 'DROP TABLE ' || found.name || ' CASCADE'; END LOOP;
    FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE starts_with(p.proname, 'procrastinate_')
        AND p.pronamespace = current_schema()::regnamespace
    LOOP EXECUTE 'DROP FUNCTION ' || found.name || ' CASCADE'; END LOOP;
    FOR found IN SELECT t.oid::regtype AS name FROM pg_type t
        WHERE starts_with(t.typname, 'procrastinate_') AND t.typtype IN ('e', 'c')
        AND t.typnamespace = current_schema()::regnamespace
    LOOP EXECUTE 'DROP TYPE ' || found.name || ' CASCADE'; END LOOP;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        from procrastinate.schema import SchemaManager

        _execute(SchemaManager.get_schema())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _execute(DROP)


def _execute(script: str) -> None:
    """Execute a script as it stands: it has signs that would mark parameters."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(script)
