"""What attached files say, in the search index.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from services.search import schema

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An index that is made anew has them from 0002.
    schema.add_files(op.get_bind())


def downgrade() -> None:
    pass  # 0002 takes the whole index away
