"""Figures by the minute: how many, where, for how long."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of figures."""
    op.create_table(
        "stats",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("minute_s", sa.BigInteger, nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("most", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "minute_s", "session", "kind", "place", "label", name="pk_stats"
        ),
    )
    op.create_index("ix_stats_minute_s", "stats", ["minute_s"])
    op.create_table(
        "heat",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("minute_s", sa.BigInteger, nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("source", "minute_s", "session", name="pk_heat"),
    )
    op.create_index("ix_heat_minute_s", "heat", ["minute_s"])
