"""One transaction after the other, where the database would let two go on side by side."""

from sqlalchemy import Connection, text


def hold(connection: Connection, key: int) -> None:
    """Wait until no other transaction holds `key`, and hold it until this one ends.

    For what is read and then written: SQLite's writers go one after the other anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
