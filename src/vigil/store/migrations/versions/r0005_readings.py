"""What readers found out about the things of an event."""

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column more on each event; those of before were read by nobody."""
    op.add_column("events", sa.Column("readings", sa.JSON, nullable=False, server_default="[]"))
