"""Which journals of readings are in the counters.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "view_fold",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_view_fold")),
    )
    op.create_index(op.f("ix_view_fold_folded_at"), "view_fold", ["folded_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_view_fold_folded_at"), table_name="view_fold")
    op.drop_table("view_fold")
