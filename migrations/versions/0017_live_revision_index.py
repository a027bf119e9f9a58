"""From a revision to the publication whose live text it is, without reading them all.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_publication_live_revision", "publication", ["live_revision_id"])


def downgrade() -> None:
    op.drop_index("ix_publication_live_revision", table_name="publication")
