"""The search index, empty: what is published fills it, `flask reindex` fills it anew.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from services.search import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema.create(op.get_bind())


def downgrade() -> None:
    schema.drop(op.get_bind())
