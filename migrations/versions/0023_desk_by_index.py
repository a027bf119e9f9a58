"""The desk's counts and a unit's month from indexes alone, however many texts there are.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

IS_PUBLIC = sa.text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL")
IS_IN_WORK = sa.text("live_revision_id IS NULL OR latest_revision_id <> live_revision_id")


def _make(name: str, table: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    for name, table in (
        ("ix_publication_public", "publication"),
        ("ix_publication_unit_id", "publication"),
        ("ix_revision_author_id", "revision"),
    ):
        op.drop_index(name, table_name=table)
    _make("ix_publication_public", "publication", ["published_at", "id", "expires_at"], IS_PUBLIC)
    _make("ix_publication_unit_published", "publication", ["unit_id", "published_at"])
    _make("ix_publication_in_work", "publication", ["author_id"], IS_IN_WORK)
    _make("ix_revision_author_state", "revision", ["author_id", "state"])


def downgrade() -> None:
    for name, table in (
        ("ix_revision_author_state", "revision"),
        ("ix_publication_in_work", "publication"),
        ("ix_publication_unit_published", "publication"),
        ("ix_publication_public", "publication"),
    ):
        op.drop_index(name, table_name=table)
    _make("ix_publication_public", "publication", ["published_at", "id"], IS_PUBLIC)
    _make("ix_publication_unit_id", "publication", ["unit_id"])
    _make("ix_revision_author_id", "revision", ["author_id"])
