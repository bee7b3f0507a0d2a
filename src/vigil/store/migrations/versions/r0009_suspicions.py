"""Events that nobody hears of unless a judge confirms them."""

import sqlalchemy as sa
from alembic import op

revision = "r0009"
down_revision = "r0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column more on each event; those of before were told by themselves."""
    op.add_column(
        "events",
        sa.Column("suspected", sa.Boolean, nullable=False, server_default=sa.false()),
    )
