"""Alembic's entry: the steps run on the connection, and in the transaction, of whoever opens the database."""

from __future__ import annotations

from alembic import context

from recon.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
