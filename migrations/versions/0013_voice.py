"""What readers send, their ratings, and polls.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_poll_created_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
    )
    with op.batch_alter_table("poll", schema=None) as batch_op:
        batch_op.create_index(
            "uq_poll_open",
            ["is_open"],
            unique=True,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )

    op.create_table(
        "poll_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["poll.id"], name=op.f("fk_poll_choice_poll_id_poll"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll_choice")),
        sa.UniqueConstraint("poll_id", "position", name=op.f("uq_poll_choice_poll_id")),
    )
    op.create_table(
        "poll_seen",
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("visitor_hash", sa.String(length=32), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["poll.id"], name=op.f("fk_poll_seen_poll_id_poll"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("poll_id", "visitor_hash", name=op.f("pk_poll_seen")),
    )
    with op.batch_alter_table("poll_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_poll_seen_voted_at"), ["voted_at"], unique=False)

    op.create_table(
        "rating_day",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column("satisfied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsatisfied", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_rating_day_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "rated_on", name=op.f("pk_rating_day")),
    )
    with op.batch_alter_table("rating_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_day_rated_on"), ["rated_on"], unique=False)

    op.create_table(
        "rating_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("send_key", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_rating_note_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_note")),
        sa.UniqueConstraint("send_key", name=op.f("uq_rating_note_send_key")),
    )
    with op.batch_alter_table("rating_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_note_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_rating_note_publication_id"), ["publication_id"], unique=False
        )

    op.create_table(
        "rating_seen",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("visitor_hash", sa.String(length=32), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_rating_seen_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "visitor_hash", name=op.f("pk_rating_seen")),
    )
    with op.batch_alter_table("rating_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_seen_rated_at"), ["rated_at"], unique=False)

    op.create_table(
        "voice_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "question",
                "comment",
                "error_report",
                "reuse",
                name="voice_channel",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "received",
                "assigned",
                "answering",
                "in_review",
                "answered",
                "refused",
                "taken_back",
                name="voice_status",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("send_key", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=500), server_default="", nullable=False),
        sa.Column("sender_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("sender_email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("organisation", sa.String(length=200), server_default="", nullable=False),
        sa.Column("shows_name", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("may_publish", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=True),
        sa.Column("made_publication_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("extended_reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answer_by_id", sa.Integer(), nullable=True),
        sa.Column("return_reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("refusal_reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("public_text", sa.Text(), server_default="", nullable=False),
        sa.Column("public_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("public_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_by_id"],
            ["user_account.id"],
            name=op.f("fk_voice_item_answer_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["made_publication_id"],
            ["publication.id"],
            name=op.f("fk_voice_item_made_publication_id_publication"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_voice_item_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_voice_item_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_item")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_voice_item_code_hash")),
        sa.UniqueConstraint("send_key", name=op.f("uq_voice_item_send_key")),
    )
    with op.batch_alter_table("voice_item", schema=None) as batch_op:
        batch_op.create_index("ix_voice_item_channel", ["channel", "status", "id"], unique=False)
        batch_op.create_index(
            "ix_voice_item_closed",
            ["closed_at"],
            unique=False,
            sqlite_where=sa.text("erased_at IS NULL"),
            postgresql_where=sa.text("erased_at IS NULL"),
        )
        batch_op.create_index(
            "ix_voice_item_made_publication", ["made_publication_id"], unique=False
        )
        batch_op.create_index(
            "ix_voice_item_publication", ["publication_id", "public_at"], unique=False
        )
        batch_op.create_index("ix_voice_item_received", ["received_at"], unique=False)
        batch_op.create_index("ix_voice_item_unit", ["unit_id", "status"], unique=False)


def downgrade() -> None:
    for table in (
        "voice_item",
        "rating_seen",
        "rating_note",
        "rating_day",
        "poll_seen",
        "poll_choice",
        "poll",
    ):
        op.drop_table(table)
