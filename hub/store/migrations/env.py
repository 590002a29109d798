"""Alembic's entry: runs in the transaction that hub.store.migrate opened."""

from alembic import context

from hub.store import engine  # noqa: F401  (registers the tables)
from hub.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
