"""What people are told, what waits to be told, and what nobody wants to hear."""

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of alerts."""
    _make_alerts()
    _make_messages()
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("until_s", sa.Double, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("rule", sa.Text),
        sa.Column("up_to", sa.String(16), nullable=False),
        sa.Column("critical", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_silences"),
    )


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("event", sa.JSON, nullable=False),
        sa.Column("decision", sa.JSON, nullable=False),
        sa.Column("step", sa.String(8), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("first_s", sa.Double, nullable=False),
        sa.Column("last_s", sa.Double, nullable=False),
        sa.Column("sinks", sa.JSON, nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_incident_first_s", "alerts", ["incident", "first_s"])
    op.create_index("ix_alerts_rule_source_first_s", "alerts", ["rule", "source", "first_s"])
    op.create_index("ix_alerts_last_s", "alerts", ["last_s"])
    op.create_table(
        "alert_events",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("over", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_alert_events"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_events_alert_id"),
    )
    op.create_index("ix_alert_events_alert_id", "alert_events", ["alert_id"])


def _make_messages() -> None:
    op.create_table(
        "alert_messages",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("step", sa.String(8), nullable=False),
        sa.Column("event", sa.JSON, nullable=False),
        sa.Column("decision", sa.JSON, nullable=False),
        sa.Column("time_s", sa.Double, nullable=False),
        sa.Column("clip_url", sa.Text),
        sa.PrimaryKeyConstraint("alert_id", "sequence", name="pk_alert_messages"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_messages_alert_id"),
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("position", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("sink", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("can_wait", sa.Boolean, nullable=False),
        sa.Column("opens", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("enqueued_s", sa.Double, nullable=False),
        sa.Column("due_s", sa.Double, nullable=False),
        sa.Column("done_s", sa.Double),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_alert_deliveries"),
        sa.ForeignKeyConstraint(
            ["alert_id", "sequence"],
            ["alert_messages.alert_id", "alert_messages.sequence"],
            name="fk_alert_deliveries_message",
        ),
    )
    op.create_index(
        "ix_alert_deliveries_alert_id_sequence_sink",
        "alert_deliveries",
        ["alert_id", "sequence", "sink"],
        unique=True,
    )
    op.create_index(
        "ix_alert_deliveries_sink_state_attempts_can_wait_position",
        "alert_deliveries",
        ["sink", "state", "attempts", "can_wait", "position"],
    )
    op.create_index(
        "ix_alert_deliveries_sink_enqueued_s", "alert_deliveries", ["sink", "enqueued_s"]
    )
