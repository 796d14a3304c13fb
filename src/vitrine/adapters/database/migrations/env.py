"""Alembic's entry: runs migrations on the connection that `migrate` hands over."""

from alembic import context

from vitrine.adapters.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
