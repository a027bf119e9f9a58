"""The deadline ledger, notices of an outage, and the queue to the city portal.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=300), server_default="", nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("reminded", sa.String(length=20), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_duty_item_unit_id_unit"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_item")),
        sa.UniqueConstraint("subject", "subject_id", name=op.f("uq_duty_item_subject")),
    )
    op.create_index("ix_duty_item_due", "duty_item", ["due_on", "id"])
    op.create_index("ix_duty_item_done", "duty_item", ["done_at", "due_on"])
    op.create_index("ix_duty_item_unit", "duty_item", ["unit_id", "due_on"])
    op.create_table(
        "outage_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("urgent_reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("announced_by_id", sa.Integer(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_outage_notice_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["announced_by_id"],
            ["user_account.id"],
            name=op.f("fk_outage_notice_announced_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_notice")),
    )
    op.create_index(op.f("ix_outage_notice_ends_at"), "outage_notice", ["ends_at"])
    op.create_table(
        "portal_mark",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["marked_by_id"],
            ["user_account.id"],
            name=op.f("fk_portal_mark_marked_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_portal_mark_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_portal_mark")),
    )
    op.create_table(
        "portal_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("portal_address", sa.String(length=1000), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_portal_delivery_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_portal_delivery_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_portal_delivery_key")),
    )
    op.create_index(
        "ix_portal_delivery_publication", "portal_delivery", ["publication_id", "id"]
    )
    op.create_index("ix_portal_delivery_due", "portal_delivery", ["state", "next_try_at", "id"])
    op.create_index(op.f("ix_portal_delivery_sent_at"), "portal_delivery", ["sent_at"])


def downgrade() -> None:
    op.drop_table("portal_delivery")
    op.drop_table("portal_mark")
    op.drop_table("outage_notice")
    op.drop_table("duty_item")
