"""Run by Alembic: applies the revisions inside the transaction that the caller has opened."""

from alembic import context

from vigil.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
