"""Bring a database to this version's tables, or refuse it."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from vigil.core import StoreError
from vigil.store.exclusive import hold

MIGRATIONS = "vigil.store:migrations"
MIGRATES = 0x5649_4749_4C4D
"""Names the lock of who changes tables."""


def is_current(connection: Connection, *, migrations: str = MIGRATIONS) -> bool:
    """Whether nothing is to be done. Raises StoreError for a database of a newer version."""
    script = ScriptDirectory.from_config(_config(connection, migrations))
    found = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in script.walk_revisions()}
    if newer := set(found) - known:
        raise StoreError(
            f"the database is of a newer Vigil (revision {', '.join(sorted(newer))}); this one "
            f"knows up to {script.get_current_head()}: upgrade Vigil or choose another home"
        )
    return found == (script.get_current_head(),)


def migrate(connection: Connection, *, migrations: str = MIGRATIONS) -> None:
    """Apply what is missing, within the caller's one transaction: all of it, or nothing."""
    # Where tables can be made by two at once, they would both begin.
    hold(connection, MIGRATES)
    # Asked again, since another process may have been first while we waited for the lock.
    if not is_current(connection, migrations=migrations):
        command.upgrade(_config(connection, migrations), "head")


def _config(connection: Connection, migrations: str) -> Config:
    config = Config()
    # Alembic reads it through a parser to which a percent sign means something.
    config.set_main_option("script_location", migrations.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
