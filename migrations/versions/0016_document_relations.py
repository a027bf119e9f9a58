"""What documents say of each other, and the register of their numbers.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TYPED = ("replaces", "amends", "supplements", "relates")


def upgrade() -> None:
    for name in TYPED:
        op.add_column(
            "document_detail", sa.Column(name, sa.Text(), server_default="", nullable=False)
        )
    op.create_table(
        "document_relation",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_document_relation_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["publication.id"],
            name=op.f("fk_document_relation_target_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "revision_id", "relation", "target_id", name=op.f("pk_document_relation")
        ),
    )
    op.create_index(op.f("ix_document_relation_target_id"), "document_relation", ["target_id"])
    op.create_table(
        "document_register",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("number_key", sa.String(length=80), nullable=False),
        sa.Column("body_key", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_document_register_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_document_register")),
        sa.UniqueConstraint(
            "number_key", "body_key", "year", name=op.f("uq_document_register_number_key")
        ),
    )


def downgrade() -> None:
    op.drop_table("document_register")
    op.drop_index(op.f("ix_document_relation_target_id"), table_name="document_relation")
    op.drop_table("document_relation")
    with op.batch_alter_table("document_detail") as table:
        for name in reversed(TYPED):
            table.drop_column(name)
