"""Numbers of documents under one key, however they are written.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from services.vietnamese import fold_document_number

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("notice_detail", "document_detail", "complaint_detail")


def upgrade() -> None:
    for name in TABLES:
        op.add_column(
            name, sa.Column("number_key", sa.String(length=80), server_default="", nullable=False)
        )
        op.create_index(op.f(f"ix_{name}_number_key"), name, ["number_key"])
        _fill(name)


def _fill(name: str) -> None:
    table = sa.table(
        name, sa.column("revision_id"), sa.column("document_number"), sa.column("number_key")
    )
    connection = op.get_bind()
    written = sa.select(table.c.revision_id, table.c.document_number)
    rows = connection.execute(written.where(table.c.document_number != "")).all()
    if rows:
        connection.execute(
            table.update()
            .where(table.c.revision_id == sa.bindparam("row"))
            .values(number_key=sa.bindparam("key")),
            [{"row": row, "key": fold_document_number(number)} for row, number in rows],
        )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_index(op.f(f"ix_{name}_number_key"), table_name=name)
        with op.batch_alter_table(name) as table:
            table.drop_column("number_key")
