"""The tables. A change here needs a migration beside it; a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

events = Table(
    "events",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("algorithm", Text),
    Column("label", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("critical", Boolean, nullable=False),
    Column("claim", Text, nullable=False),
    Column("claim_zh", Text, nullable=False),
    Column("start_s", Double, nullable=False),
    Column("end_s", Double, nullable=False),
    Column("state", String(8), nullable=False),
    Column("step_s", Double, nullable=False),
    Column("track_ids", JSON, nullable=False),
    Column("box", JSON(none_as_null=True)),
    Column("path", JSON, nullable=False),
    Column("direction", Text),
    Column("counts", JSON, nullable=False),
    Column("cards", JSON, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("updated_s", Double, nullable=False),
    Index(None, "start_s", "id"),
    Index(None, "source", "start_s"),
    Index(None, "rule", "start_s"),
)
"""One row an event: what its last step said. `step_s` is that step's own time."""

clips = Table(
    "clips",
    metadata,
    Column("uri", String(136), primary_key=True),
    Column("event_id", String(64), ForeignKey("events.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("start_s", Double, nullable=False),
    Column("end_s", Double, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("audio", Boolean, nullable=False),
    Column("path", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Index(None, "event_id", unique=True),
    Index(None, "created_s"),
)
"""One row a clip that is on the disk. An event has one at most; a longer one replaces it."""
