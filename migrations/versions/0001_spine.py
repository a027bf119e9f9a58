"""The spine: accounts, sections, publications, revisions, media and view counts.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LATER_REFERENCES = (
    ("lead_media_id", "media"),
    ("live_revision_id", "revision"),
    ("latest_revision_id", "revision"),
)
# In the order of their making.
TABLES = (
    "login_failure",
    "section",
    "setting",
    "unit",
    "user_account",
    "publication",
    "user_section",
    "correction",
    "media",
    "view_day",
    "view_seen",
    "view_total",
    "revision",
    "media_use",
    "notice_detail",
    "transition",
)


def upgrade() -> None:
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index(
        "ix_login_failure_account", "login_failure", ["account_hash", "at"], unique=False
    )
    op.create_index(
        "ix_login_failure_address", "login_failure", ["address_hash", "at"], unique=False
    )

    op.create_table(
        "section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("show_in_menu", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("show_on_home", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["section.id"], name=op.f("fk_section_parent_id_section")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
        sa.UniqueConstraint("slug", name=op.f("uq_section_slug")),
    )
    op.create_index(op.f("ix_section_parent_id"), "section", ["parent_id"], unique=False)

    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=400).with_variant(sa.VARCHAR(length=400, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("is_outside", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("name", name=op.f("uq_unit_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_unit_slug")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=400).with_variant(sa.VARCHAR(length=400, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "contributor", "editor", "chief", "admin", name="role", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("session_token", sa.String(length=64), nullable=False),
        sa.Column(
            "may_publish_unreviewed", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_user_account_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("session_token", name=op.f("uq_user_account_session_token")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    op.create_index(op.f("ix_user_account_unit_id"), "user_account", ["unit_id"], unique=False)

    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("post", "notice", name="kind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("byline", sa.String(length=200), server_default="", nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("posted_by_id", sa.Integer(), nullable=True),
        sa.Column("lead_media_id", sa.Integer(), nullable=True),
        sa.Column("live_revision_id", sa.Integer(), nullable=True),
        sa.Column("latest_revision_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("draft_key", sa.String(length=32), nullable=True),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expires_at IS NULL OR published_at IS NULL OR expires_at > published_at",
            name=op.f("ck_publication_expires_after_published"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_publication_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["latest_revision_id"],
            ["revision.id"],
            name="fk_publication_latest_revision_id_revision",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["lead_media_id"],
            ["media.id"],
            name="fk_publication_lead_media_id_media",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["live_revision_id"],
            ["revision.id"],
            name="fk_publication_live_revision_id_revision",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["posted_by_id"],
            ["user_account.id"],
            name=op.f("fk_publication_posted_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["section_id"], ["section.id"], name=op.f("fk_publication_section_id_section")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_publication_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("author_id", "draft_key", name=op.f("uq_publication_author_id")),
    )
    op.create_index(op.f("ix_publication_author_id"), "publication", ["author_id"], unique=False)
    op.create_index(
        "ix_publication_kind_published", "publication", ["kind", "published_at", "id"], unique=False
    )
    op.create_index(
        "ix_publication_public",
        "publication",
        ["published_at", "id"],
        unique=False,
        sqlite_where=sa.text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_publication_section_published",
        "publication",
        ["section_id", "published_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_publication_unit_id"), "publication", ["unit_id"], unique=False)

    op.create_table(
        "user_section",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"],
            ["section.id"],
            name=op.f("fk_user_section_section_id_section"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_user_section_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "section_id", name=op.f("pk_user_section")),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_correction_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_correction_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(
        op.f("ix_correction_publication_id"), "correction", ["publication_id"], unique=False
    )

    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("widths", sa.JSON(), nullable=False),
        sa.Column("alt", sa.String(length=300), server_default="", nullable=False),
        sa.Column("caption", sa.String(length=500), server_default="", nullable=False),
        sa.Column("credit", sa.String(length=200), server_default="", nullable=False),
        sa.Column("is_decorative", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_media_publication_id_publication"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_media_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"],
            ["user_account.id"],
            name=op.f("fk_media_uploaded_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("token", name=op.f("uq_media_token")),
    )
    op.create_index(op.f("ix_media_publication_id"), "media", ["publication_id"], unique=False)
    op.create_index(op.f("ix_media_sha256"), "media", ["sha256"], unique=False)

    op.create_table(
        "view_day",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("viewed_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_view_day_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "viewed_on", name=op.f("pk_view_day")),
    )
    op.create_index(op.f("ix_view_day_viewed_on"), "view_day", ["viewed_on"], unique=False)

    op.create_table(
        "view_seen",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("visitor_hash", sa.String(length=32), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_view_seen_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "visitor_hash", name=op.f("pk_view_seen")),
    )
    op.create_index(op.f("ix_view_seen_counted_at"), "view_seen", ["counted_at"], unique=False)

    op.create_table(
        "view_total",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_view_total_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_view_total")),
    )
    op.create_index(op.f("ix_view_total_total"), "view_total", ["total"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "awaiting_edit",
                "in_edit",
                "awaiting_approval",
                "approved",
                "published",
                "withdrawn",
                "needs_changes",
                "rejected",
                "archived",
                "superseded",
                name="state",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.String(length=1000), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("byline", sa.String(length=200), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=True),
        sa.Column(
            "genre",
            sa.Enum(
                "news",
                "article",
                "reportage",
                "interview",
                "photo",
                "video",
                name="genre",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "origin",
            sa.Enum("own", "collected", name="origin", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("source_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("source_url", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("lead_media_id", sa.Integer(), nullable=True),
        sa.Column("secrecy_declared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("held_by_id", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_revision_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["held_by_id"], ["user_account.id"], name=op.f("fk_revision_held_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["lead_media_id"], ["media.id"], name=op.f("fk_revision_lead_media_id_media")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_revision_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["section_id"], ["section.id"], name=op.f("fk_revision_section_id_section")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"],
            ["user_account.id"],
            name=op.f("fk_revision_written_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("publication_id", "number", name=op.f("uq_revision_publication_id")),
    )
    op.create_index(op.f("ix_revision_author_id"), "revision", ["author_id"], unique=False)
    op.create_index(
        "ix_revision_state_submitted", "revision", ["state", "submitted_at", "id"], unique=False
    )

    op.create_table(
        "media_use",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_use_media_id_media"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_media_use_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", "media_id", name=op.f("pk_media_use")),
    )
    op.create_index(op.f("ix_media_use_media_id"), "media_use", ["media_id"], unique=False)

    op.create_table(
        "notice_detail",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("issuing_body", sa.String(length=200), server_default="", nullable=False),
        sa.Column("document_number", sa.String(length=80), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_notice_detail_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_notice_detail")),
    )
    op.create_table(
        "transition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum(
                "draft",
                "awaiting_edit",
                "in_edit",
                "awaiting_approval",
                "approved",
                "published",
                "withdrawn",
                "needs_changes",
                "rejected",
                "archived",
                "superseded",
                name="state",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "draft",
                "awaiting_edit",
                "in_edit",
                "awaiting_approval",
                "approved",
                "published",
                "withdrawn",
                "needs_changes",
                "rejected",
                "archived",
                "superseded",
                name="state",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_transition_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publication.id"],
            name=op.f("fk_transition_publication_id_publication"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_transition_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    op.create_index(op.f("ix_transition_actor_id"), "transition", ["actor_id"], unique=False)
    op.create_index(
        op.f("ix_transition_publication_id"), "transition", ["publication_id"], unique=False
    )
    # SQLite takes a reference to a table that comes later; PostgreSQL has to be told afterwards.
    if op.get_bind().dialect.name == "postgresql":
        for column, table in LATER_REFERENCES:
            name = f"fk_publication_{column}_{table}"
            op.create_foreign_key(name, "publication", table, [column], ["id"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column, table in LATER_REFERENCES:
            op.drop_constraint(f"fk_publication_{column}_{table}", "publication")
    for table in reversed(TABLES):
        op.drop_table(table)
