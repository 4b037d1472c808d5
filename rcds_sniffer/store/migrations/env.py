"""Alembic runs this file to connect. The connection, and its transaction, are the caller's."""

from alembic import context

from rcds_sniffer.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
