"""When what readers have of a publication last changed.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

from models import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("public_changed_at", UTCDateTime(timezone=True)))
    # The text that is live was last written then; what is later still is a date of the row.
    op.execute(
        "UPDATE publication SET public_changed_at = COALESCE(withdrawn_at, (SELECT CASE WHEN"
        " revision.updated_at > publication.published_at THEN revision.updated_at"
        " ELSE publication.published_at END FROM revision"
        " WHERE revision.id = publication.live_revision_id), updated_at)"
    )
    with op.batch_alter_table("publication") as batch:
        batch.alter_column("public_changed_at", nullable=False)
    where = sa.text("live_revision_id IS NOT NULL")
    op.create_index(
        "ix_publication_changed",
        "publication",
        ["public_changed_at", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_publication_changed", table_name="publication")
    with op.batch_alter_table("publication") as batch:
        batch.drop_column("public_changed_at")
