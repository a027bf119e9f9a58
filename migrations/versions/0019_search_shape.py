"""The search index in its third shape, empty: beginnings of words and filters are terms of their
own, and the texts stand beside the narrow rows that are looked through.

The background worker fills it, the newest first, and `flask reindex` does the same at once.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

from services.search import schema

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

VERSION_KEY = "search:index_version"


def upgrade() -> None:
    connection = op.get_bind()
    schema.drop(connection)
    schema.create(connection)
    setting = sa.table("setting", sa.column("key"), sa.column("value", sa.JSON))
    op.execute(setting.delete().where(setting.c.key == VERSION_KEY))
    if connection.scalar(sa.text("SELECT count(*) FROM publication")) == 0:
        # What comes into an empty index is of this version.
        op.bulk_insert(setting, [{"key": VERSION_KEY, "value": schema.VERSION}])


def downgrade() -> None:
    pass  # 0002 takes the whole index away
