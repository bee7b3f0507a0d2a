"""A database of any older version becomes one of this version, or is left as it was."""

import shutil
import sqlite3
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine
from store_values import a_step, an_event

from vigil.core import StoreError
from vigil.store import EventStore
from vigil.store.migrate import MIGRATIONS, migrate
from vigil.store.schema import metadata

NEXT = """
import os, signal
import sqlalchemy as sa
from alembic import op
revision = "r9999"
down_revision = "{head}"
def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("events", sa.Column("half_done", sa.Integer))
    {end}
"""


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    return [found.revision for found in ScriptDirectory.from_config(config).walk_revisions()]


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, metadata)


def schema(path: Path) -> list[tuple[str, ...]]:
    database = sqlite3.connect(path)
    found = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    database.close()
    return found


@pytest.fixture
def newer_scripts(tmp_path: Path) -> Path:
    """Our migrations, to which a test adds one more."""
    folder = tmp_path / "migrations"
    shutil.copytree(str(files("vigil.store") / "migrations"), folder)
    return folder


def add_revision(scripts: Path, end: str) -> None:
    text = NEXT.replace("{head}", revisions()[0]).replace("{end}", end)
    (scripts / "versions" / "r9999_next.py").write_text(text)


def test_a_new_database_is_what_the_tables_say(store: EventStore) -> None:
    with store.database.reading() as connection:
        assert differences(connection) == []


def test_a_missing_column_would_be_noticed(store: EventStore) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE clips DROP COLUMN audio")
    with store.database.reading() as connection:
        assert differences(connection) != []


@pytest.mark.parametrize("revision", revisions())
def test_every_older_database_becomes_the_same_as_a_new_one(
    revision: str, store: EventStore, tmp_path: Path
) -> None:
    store.open()
    with create_engine(f"sqlite:///{tmp_path}/old.db", poolclass=NullPool).begin() as connection:
        config = Config()
        config.set_main_option("script_location", MIGRATIONS)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    EventStore(tmp_path / "old.db", tmp_path).open()
    assert schema(tmp_path / "old.db") == schema(tmp_path / "events.db")


def test_opening_twice_keeps_what_is_there(store: EventStore) -> None:
    event = an_event()
    store.record(a_step(event), None)
    store.close()
    assert store.event(event.id) is not None


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    store: EventStore, tmp_path: Path, newer_scripts: Path
) -> None:
    add_revision(newer_scripts, "pass")
    with store.database.writing() as connection:
        migrate(connection, migrations=str(newer_scripts))
    store.close()
    before = (tmp_path / "events.db").read_bytes()
    with pytest.raises(StoreError) as error:
        store.open()
    assert str(error.value) == (
        "the database is of a newer Vigil (revision r9999); this one knows up to "
        f"{revisions()[0]}: upgrade Vigil or choose another home"
    )
    assert (tmp_path / "events.db").read_bytes() == before


def test_a_migration_that_fails_halfway_leaves_nothing(
    store: EventStore, tmp_path: Path, newer_scripts: Path
) -> None:
    store.open()
    before = schema(tmp_path / "events.db")
    add_revision(newer_scripts, "raise RuntimeError('power')")
    with pytest.raises(RuntimeError, match="power"), store.database.writing() as connection:
        migrate(connection, migrations=str(newer_scripts))
    assert schema(tmp_path / "events.db") == before
    store.record(a_step(an_event()), None)


def test_a_migration_that_is_killed_halfway_leaves_nothing(
    store: EventStore, tmp_path: Path, newer_scripts: Path
) -> None:
    store.record(a_step(an_event()), None)
    store.close()
    before = schema(tmp_path / "events.db")
    add_revision(newer_scripts, "os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import sys\n"
        "from vigil.store.database import Database\n"
        "from vigil.store.migrate import migrate\n"
        "with Database(sys.argv[1]).writing() as connection:\n"
        "    migrate(connection, migrations=sys.argv[2])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "events.db"), str(newer_scripts)], check=False
    )
    assert done.returncode == -9
    assert store.count() == 1
    assert schema(tmp_path / "events.db") == before


def test_two_processes_that_open_a_new_database_at_once_both_succeed(tmp_path: Path) -> None:
    code = "import sys; from vigil.store.database import Database; Database(sys.argv[1]).open()"
    arguments = [sys.executable, "-c", code, str(tmp_path / "events.db")]
    both = [subprocess.Popen(arguments) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
