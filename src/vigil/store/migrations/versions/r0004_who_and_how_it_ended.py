"""Who did it, and how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns more on each event; nothing is known of those of before."""
    op.add_column("events", sa.Column("by", sa.Integer))
    op.add_column("events", sa.Column("ending", sa.Text, nullable=False, server_default=""))
