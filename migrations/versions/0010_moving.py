"""What was moved in from another site: its addresses, and which of its items became what.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ONE_TARGET = " + ".join(
    f"(CASE WHEN {column} IS NULL THEN 0 ELSE 1 END)"
    for column in ("publication_id", "section_id", "media_id")
)


def _target(table: str, column: str, target: str) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (
        sa.Column(column, sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            [column],
            [f"{target}.id"],
            name=op.f(f"fk_{table}_{column}_{target}"),
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "old_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        *_target("old_address", "publication_id", "publication"),
        *_target("old_address", "section_id", "section"),
        *_target("old_address", "media_id", "media"),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user_account.id"],
            name=op.f("fk_old_address_created_by_id_user_account"),
        ),
        sa.CheckConstraint(f"{ONE_TARGET} = 1", name=op.f("ck_old_address_one_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_address")),
        sa.UniqueConstraint("address", name=op.f("uq_old_address_address")),
    )
    op.create_table(
        "import_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=False),
        *_target("import_item", "publication_id", "publication"),
        *_target("import_item", "section_id", "section"),
        *_target("import_item", "user_id", "user_account"),
        sa.Column("content_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("left_as", sa.String(length=64), server_default="", nullable=False),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("imported_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_item")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_import_item_source")),
    )
    for table, columns in (
        ("old_address", ("publication_id", "section_id", "media_id")),
        ("import_item", ("publication_id", "section_id", "user_id")),
    ):
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    op.drop_table("import_item")
    op.drop_table("old_address")
