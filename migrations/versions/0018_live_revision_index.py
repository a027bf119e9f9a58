"""From a revision to the publication whose live text it is, without reading them all.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_publication_live_revision", "publication", ["live_revision_id"])


def downgrade() -> None:
    op.drop_index("ix_publication_live_revision", table_name="publication")
