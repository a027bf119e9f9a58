"""The desk: indexes for what was withdrawn, has expired or is to be reviewed.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

INDEXES = (
    ('ix_publication_expires', 'expires_at'),
    ('ix_publication_review', 'review_on'),
    ('ix_publication_withdrawn', 'withdrawn_at'),
)


def upgrade() -> None:
    for name, column in INDEXES:
        where = sa.text(f'{column} IS NOT NULL')
        op.create_index(name, 'publication', [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _ in INDEXES:
        op.drop_index(name, table_name='publication')
