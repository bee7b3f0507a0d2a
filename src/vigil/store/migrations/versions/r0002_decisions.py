"""What judges and people say of events, what becomes of them, and what it cost."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of decisions; clips learn how their pixels compare with an event's boxes."""
    op.add_column("clips", sa.Column("scale", sa.Double, nullable=False, server_default="1"))
    op.create_table(
        "verdicts",
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("ruling", sa.String(16), nullable=False),
        sa.Column("likelihood", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reason_zh", sa.Text, nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("judge", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("time_s", sa.Double, nullable=False),
        sa.Column("seconds", sa.JSON, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("tokens_in", sa.Integer, nullable=False),
        sa.Column("tokens_out", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_verdicts_event_id"),
    )
    op.create_index("ix_verdicts_event_id", "verdicts", ["event_id"])
    op.create_table(
        "decisions",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("verdict_id", sa.String(160)),
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("due_s", sa.Double, nullable=False),
        sa.Column("decided_s", sa.Double),
        sa.PrimaryKeyConstraint("event_id", name="pk_decisions"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_decisions_event_id"),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name="fk_decisions_verdict_id"),
    )
    op.create_index("ix_decisions_outcome_due_s", "decisions", ["outcome", "due_s"])
    op.create_index("ix_decisions_incident", "decisions", ["incident"])
    op.create_table(
        "brain_request",
        sa.Column("incident", sa.String(64), nullable=False),
        sa.Column("judge", sa.String(80), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("asked_s", sa.Double),
        sa.Column("ended_s", sa.Double),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("verdict_id", sa.String(160)),
        sa.PrimaryKeyConstraint("incident", "judge", name="pk_brain_request"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_brain_request_event_id"),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.id"], name="fk_brain_request_verdict_id"
        ),
    )
    op.create_index("ix_brain_request_state_created_s", "brain_request", ["state", "created_s"])
    op.create_table(
        "brain_spend",
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", "day", "source", "algorithm", name="pk_brain_spend"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("ruling", sa.String(16), nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("time_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_reviews_event_id"),
    )
    op.create_index("ix_reviews_event_id", "reviews", ["event_id"])
