"""Publications in English beside their Vietnamese, and what attached files say.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

from models import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LANGUAGE = sa.Enum("vi", "en", name="language", native_enum=False, length=32)
TEXT_STATE = sa.Enum(
    "reading", "done", "empty", "unreadable", name="text_state", native_enum=False, length=32
)


def upgrade() -> None:
    with op.batch_alter_table("publication") as batch:
        batch.add_column(sa.Column("language", LANGUAGE, server_default="vi", nullable=False))
        batch.add_column(sa.Column("translation_of_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_publication_translation_of_id_publication"),
            "publication",
            ["translation_of_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch.create_unique_constraint(
            batch.f("uq_publication_translation_of_id"), ["translation_of_id", "language"]
        )
        batch.create_check_constraint(
            batch.f("ck_publication_original_is_vietnamese"),
            "translation_of_id IS NULL OR language <> 'vi'",
        )
    op.create_index(
        "ix_publication_english",
        "publication",
        ["published_at", "id"],
        sqlite_where=sa.text("language = 'en'"),
        postgresql_where=sa.text("language = 'en'"),
    )
    with op.batch_alter_table("section") as batch:
        batch.add_column(
            sa.Column("english_name", sa.String(length=120), server_default="", nullable=False)
        )
    op.create_table(
        "media_text",
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT_STATE, nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("extracted_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["media_id"],
            ["media.id"],
            name=op.f("fk_media_text_media_id_media"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_media_text")),
    )


def downgrade() -> None:
    op.drop_table("media_text")
    with op.batch_alter_table("section") as batch:
        batch.drop_column("english_name")
    op.drop_index("ix_publication_english", "publication")
    with op.batch_alter_table("publication") as batch:
        batch.drop_constraint(batch.f("ck_publication_original_is_vietnamese"), type_="check")
        batch.drop_constraint(batch.f("uq_publication_translation_of_id"), type_="unique")
        batch.drop_constraint(
            batch.f("fk_publication_translation_of_id_publication"), type_="foreignkey"
        )
        batch.drop_column("translation_of_id")
        batch.drop_column("language")
