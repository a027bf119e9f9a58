"""The words of the site, other names of things, promoted and related publications, and what was
asked for and not found.

Revision ID: 0011
Revises: 0010
"""

from datetime import datetime, timezone

import sqlalchemy as sa
from alembic import op

from services.search import schema
from tables.types import UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What a Vietnamese agency's texts abbreviate; the administrator adds and takes away.
SYNONYMS = (
    ["KH&CN", "KHCN", "khoa học và công nghệ", "khoa học công nghệ"],
    ["KHCN&ĐMST", "khoa học, công nghệ và đổi mới sáng tạo"],
    ["ĐMST", "đổi mới sáng tạo"],
    ["CĐS", "chuyển đổi số"],
    ["SHTT", "sở hữu trí tuệ"],
    ["SHCN", "sở hữu công nghiệp"],
    ["CNTT", "công nghệ thông tin"],
    ["TT&TT", "thông tin và truyền thông"],
    ["ĐLCL", "TĐC", "TCĐLCL", "tiêu chuẩn đo lường chất lượng"],
    ["TP", "thành phố"],
    ["UBND", "ủy ban nhân dân"],
    ["HĐND", "hội đồng nhân dân"],
    ["TTHC", "thủ tục hành chính"],
    ["DVC", "dịch vụ công"],
    ["DVCTT", "dịch vụ công trực tuyến"],
    ["DN", "doanh nghiệp"],
    ["DNNVV", "doanh nghiệp nhỏ và vừa"],
    ["HTX", "hợp tác xã"],
    ["VBQPPL", "văn bản quy phạm pháp luật"],
    ["QPPL", "quy phạm pháp luật"],
    ["NĐ", "nghị định"],
    ["QĐ", "quyết định"],
    ["AI", "trí tuệ nhân tạo"],
    ["IoT", "internet vạn vật"],
    ["CSDL", "cơ sở dữ liệu"],
    ["BVMT", "bảo vệ môi trường"],
)


def upgrade() -> None:
    op.execute(schema.WORDS)
    synonym = op.create_table(
        "synonym",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonym")),
    )
    now = datetime.now(timezone.utc)
    op.bulk_insert(synonym, [{"forms": forms, "updated_at": now} for forms in SYNONYMS])
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM search_document")) == 0:
        # What comes into an empty index is of this version; a full one the worker makes anew.
        setting = sa.table("setting", sa.column("key"), sa.column("value", sa.JSON))
        op.bulk_insert(setting, [{"key": "search:index_version", "value": schema.VERSION}])
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_promotion_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_promotion_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(op.f("ix_promotion_key"), "promotion", ["key"])
    op.create_index(op.f("ix_promotion_publication_id"), "promotion", ["publication_id"])
    op.create_table(
        "unanswered_query",
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("asked_on", "key", name=op.f("pk_unanswered_query")),
    )
    op.create_table(
        "related_publication",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("related_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_related_publication_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["related_id"],
            ["publication.id"],
            name=op.f("fk_related_publication_related_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "publication_id", "position", name=op.f("pk_related_publication")
        ),
    )
    op.create_index(
        op.f("ix_related_publication_related_id"), "related_publication", ["related_id"]
    )
    op.create_table(
        "related_state",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("worked_out_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_related_state_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_related_state")),
    )
    op.create_index("ix_related_state_worked_out", "related_state", ["worked_out_at"])


def downgrade() -> None:
    op.execute("DELETE FROM setting WHERE key = 'search:index_version'")
    for table in (
        "related_state",
        "related_publication",
        "unanswered_query",
        "promotion",
        "synonym",
        "search_word",
    ):
        op.drop_table(table)
