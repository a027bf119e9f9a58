"""Which of many hits are hidden, in an index of those that can be; few pieces of FTS5's.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

from services.search.schema import FEW_PIECES

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hidden = sa.text("expires_at IS NOT NULL OR withdrawn_at IS NOT NULL")
    op.create_index(
        "ix_publication_hidden",
        "publication",
        ["id", "expires_at", "withdrawn_at"],
        sqlite_where=hidden,
        postgresql_where=hidden,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(FEW_PIECES)


def downgrade() -> None:
    op.drop_index("ix_publication_hidden", table_name="publication")
