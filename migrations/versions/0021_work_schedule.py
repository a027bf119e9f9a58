"""The leaders' work schedule.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("content", sa.String(length=500), nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("chair", sa.String(length=200), server_default="", nullable=False),
        sa.Column("attendees", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("preparing_unit", sa.String(length=200), server_default="", nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ends IS NULL OR ends > starts", name=op.f("ck_schedule_entry_ends_after_start")
        ),
        sa.CheckConstraint(
            "(part = 'hours') = (starts IS NOT NULL)",
            name=op.f("ck_schedule_entry_hours_have_a_start"),
        ),
        sa.CheckConstraint(
            "ends IS NULL OR starts IS NOT NULL", name=op.f("ck_schedule_entry_end_has_a_start")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user_account.id"],
            name=op.f("fk_schedule_entry_created_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"],
            ["user_account.id"],
            name=op.f("fk_schedule_entry_changed_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_schedule_entry_uid")),
    )
    op.create_index("ix_schedule_entry_on", "schedule_entry", ["on"])


def downgrade() -> None:
    op.drop_table("schedule_entry")
