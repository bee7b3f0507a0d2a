"""When a sample is to be labelled, and who has it before them."""

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Four columns more on each sample; nobody holds those of before."""
    op.add_column("samples", sa.Column("turn", sa.Integer))
    op.add_column("samples", sa.Column("why", sa.String(32), nullable=False, server_default=""))
    op.add_column("samples", sa.Column("holder", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "samples", sa.Column("held_until_s", sa.Double, nullable=False, server_default="0")
    )
    op.create_index("ix_samples_state_turn", "samples", ["state", "turn"])
