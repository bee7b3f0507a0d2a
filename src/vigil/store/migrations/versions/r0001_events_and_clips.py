"""Events, and the clips that show them."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "events",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("critical", sa.Boolean, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("claim_zh", sa.Text, nullable=False),
        sa.Column("start_s", sa.Double, nullable=False),
        sa.Column("end_s", sa.Double, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("step_s", sa.Double, nullable=False),
        sa.Column("track_ids", sa.JSON, nullable=False),
        sa.Column("box", sa.JSON),
        sa.Column("path", sa.JSON, nullable=False),
        sa.Column("direction", sa.Text),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("cards", sa.JSON, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("updated_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_start_s_id", "events", ["start_s", "id"])
    op.create_index("ix_events_source_start_s", "events", ["source", "start_s"])
    op.create_index("ix_events_rule_start_s", "events", ["rule", "start_s"])
    op.create_table(
        "clips",
        sa.Column("uri", sa.String(136), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("start_s", sa.Double, nullable=False),
        sa.Column("end_s", sa.Double, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("audio", sa.Boolean, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("uri", name="pk_clips"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_clips_event_id"),
    )
    op.create_index("ix_clips_event_id", "clips", ["event_id"], unique=True)
    op.create_index("ix_clips_created_s", "clips", ["created_s"])
