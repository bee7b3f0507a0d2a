"""The tables. A change here needs a migration beside it; a test compares the two."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
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
    Column("suspected", Boolean, nullable=False, server_default=false()),
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
    Column("by", Integer),
    Column("ending", Text, nullable=False, server_default=""),
    Column("readings", JSON, nullable=False, server_default="[]"),
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
    Column("scale", Double, nullable=False, server_default="1"),
    Index(None, "event_id", unique=True),
    Index(None, "created_s"),
)
"""One row a clip that is on the disk. An event has one at most; a longer one replaces it."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("event_id", String(64), ForeignKey("events.id"), nullable=False),
    Column("ruling", String(16), nullable=False),
    Column("likelihood", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("judge", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("time_s", Double, nullable=False),
    Column("seconds", JSON, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Index(None, "event_id"),
)
"""One row for what one judge said of one event; its id names the two."""

decisions = Table(
    "decisions",
    metadata,
    Column("event_id", String(64), ForeignKey("events.id"), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(16)),
    Column("verdict_id", String(160), ForeignKey("verdicts.id")),
    Column("incident", String(64), nullable=False),
    Column("due_s", Double, nullable=False),
    Column("decided_s", Double),
    Index(None, "outcome", "due_s"),
    Index(None, "incident"),
)
"""One row an event, made with it: where it stands."""

brain_request = Table(
    "brain_request",
    metadata,
    Column("incident", String(64), primary_key=True),
    Column("judge", String(80), primary_key=True),
    Column("event_id", String(64), ForeignKey("events.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("created_s", Double, nullable=False),
    Column("asked_s", Double),
    Column("ended_s", Double),
    Column("tries", Integer, nullable=False),
    Column("verdict_id", String(160), ForeignKey("verdicts.id")),
    Index(None, "state", "created_s"),
)
"""One row a question for a large model: an incident has one for each judge that asks."""

brain_spend = Table(
    "brain_spend",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("algorithm", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("tokens", BigInteger, nullable=False),
)
"""What was spent on a camera and an algorithm on one local day, what is reserved included."""

reviews = Table(
    "reviews",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("event_id", String(64), ForeignKey("events.id"), nullable=False),
    Column("ruling", String(16), nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("time_s", Double, nullable=False),
    Index(None, "event_id"),
)
"""What people said; never changed, a later one counts."""

# Alerts: what people are told, and what waits to be told.

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("incident", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("event", JSON, nullable=False),
    Column("decision", JSON, nullable=False),
    Column("step", String(8), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("first_s", Double, nullable=False),
    Column("last_s", Double, nullable=False),
    Column("sinks", JSON, nullable=False),
    Column("held", Text, nullable=False),
    Index(None, "incident", "first_s"),
    Index(None, "rule", "source", "first_s"),
    Index(None, "last_s"),
)
"""One row an alert. `sequence` of its last message, -1 when nobody was told; `held` says why."""

alert_events = Table(
    "alert_events",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("alert_id", String(64), ForeignKey("alerts.id"), nullable=False),
    Column("over", Boolean, nullable=False),
    Column("outcome", String(16), nullable=False),
    Index(None, "alert_id"),
)
"""One row an event that is part of an alert."""

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("alert_id", String(64), ForeignKey("alerts.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("step", String(8), nullable=False),
    Column("event", JSON, nullable=False),
    Column("decision", JSON, nullable=False),
    Column("time_s", Double, nullable=False),
    Column("clip_url", Text),
)
"""One row a message; never changed."""

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("alert_id", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("sink", String(64), nullable=False),
    Column("state", String(8), nullable=False),
    Column("can_wait", Boolean, nullable=False),
    Column("opens", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("enqueued_s", Double, nullable=False),
    Column("due_s", Double, nullable=False),
    Column("done_s", Double),
    Column("note", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    ForeignKeyConstraint(
        ["alert_id", "sequence"],
        ["alert_messages.alert_id", "alert_messages.sequence"],
        name="fk_alert_deliveries_message",
    ),
    Index(None, "alert_id", "sequence", "sink", unique=True),
    Index(None, "sink", "state", "attempts", "can_wait", "position"),
    Index(None, "sink", "enqueued_s"),
)
"""One row a message and receiver: `waiting`, `sent` or `dead`.

`opens`: its first of the alert; `can_wait`: it is not critical.
"""

stats = Table(
    "stats",
    metadata,
    Column("source", Text, primary_key=True),
    Column("minute_s", BigInteger, primary_key=True),
    Column("session", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("total", Double, nullable=False),
    Column("most", Double, nullable=False),
    Index(None, "minute_s"),
)
"""One row a figure of a minute of a watch; what the columns hold says `core.stats.Figure`."""

heat = Table(
    "heat",
    metadata,
    Column("source", Text, primary_key=True),
    Column("minute_s", BigInteger, primary_key=True),
    Column("session", String(64), primary_key=True),
    Column("cells", JSON, nullable=False),
    Index(None, "minute_s"),
)
"""One row a minute of a watch in which anything stood anywhere: seconds by cell, by label."""

alert_silences = Table(
    "alert_silences",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("until_s", Double, nullable=False),
    Column("source", Text),
    Column("rule", Text),
    Column("up_to", String(16), nullable=False),
    Column("critical", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_s", Double, nullable=False),
)
"""One row for what nobody wants to hear until a moment."""

samples = Table(
    "samples",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("time_s", Double, nullable=False),
    Column("path", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("score", Double, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("condition", String(32), nullable=False),
    Column("proposals", JSON, nullable=False),
    Column("event_id", String(64)),
    Column("state", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("updated_s", Double, nullable=False),
    Column("turn", Integer),
    Column("why", String(32), nullable=False, server_default=""),
    Column("holder", Text, nullable=False, server_default=""),
    Column("held_until_s", Double, nullable=False, server_default="0"),
    Index(None, "state", "score", "id"),
    Index(None, "state", "turn"),
    Index(None, "event_id"),
    Index(None, "created_s"),
)
"""One row a picture that is worth a person's look, whose file is on the disk.

`reasons`: words with a space around each, so that one is found by ` word `; `scores`: one a word.
`turn`: when it is to be labelled, from 1 on, where that was chosen; `why`: by what. `holder`: who
has it before them until `held_until_s`, so that nobody else gets it.
"""
