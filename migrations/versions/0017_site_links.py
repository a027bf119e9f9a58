"""Other sites that readers are led to.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("english_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("heading", sa.String(length=80), nullable=False),
        sa.Column("english_heading", sa.String(length=80), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["link.id"], name=op.f("fk_site_link_link_id_link"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_link")),
    )
    op.create_index(op.f("ix_site_link_link_id"), "site_link", ["link_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_site_link_link_id"), table_name="site_link")
    op.drop_table("site_link")
