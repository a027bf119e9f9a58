"""Tables, enumerations and constraints of the site. No queries, no rules, no Flask.

Naming: ``*_at`` is an aware UTC datetime, ``*_on`` a date in Asia/Ho_Chi_Minh.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on both engines (SQLite has no zones of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Sorting keys are ASCII and made in Python; PostgreSQL must compare them by byte, as SQLite does.
SortKey = String(400).with_variant(postgresql.VARCHAR(400, collation="C"), "postgresql")


def _enum(kind: type[StrEnum], name: str) -> Enum:
    """A StrEnum kept by its value, as text, so that a new member needs no ALTER TYPE."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Role(StrEnum):
    CONTRIBUTOR = "contributor"
    EDITOR = "editor"
    CHIEF = "chief"
    ADMIN = "admin"


class Kind(StrEnum):
    POST = "post"
    NOTICE = "notice"


class State(StrEnum):
    """Where a revision stands (domain.md, States). Scheduled and expired follow from dates."""

    DRAFT = "draft"
    AWAITING_EDIT = "awaiting_edit"
    IN_EDIT = "in_edit"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    NEEDS_CHANGES = "needs_changes"
    REJECTED = "rejected"
    ARCHIVED = "archived"
    SUPERSEDED = "superseded"


class Origin(StrEnum):
    OWN = "own"
    COLLECTED = "collected"


class Genre(StrEnum):
    """Thể loại, as NĐ 18/2014 Điều 5 tells them apart for royalties."""

    NEWS = "news"
    ARTICLE = "article"
    REPORTAGE = "reportage"
    INTERVIEW = "interview"
    PHOTO = "photo"
    VIDEO = "video"


class Unit(Model):
    """A division of the agency, or an outside body that contributes (phòng, đơn vị)."""

    __tablename__ = "unit"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    short_name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    sort_key: Mapped[str] = mapped_column(SortKey)
    is_outside: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


# Rights are granted per section; somebody with no row here has them in every section.
user_section = Table(
    "user_section",
    Model.metadata,
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("section_id", ForeignKey("section.id", ondelete="CASCADE"), primary_key=True),
)


class User(Model):
    """Somebody with an account. ``session_token`` is what a session cookie names: a new one
    ends every session that this person has open."""

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(SortKey)
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(_enum(Role, "role"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    session_token: Mapped[str] = mapped_column(String(64), unique=True)
    may_publish_unreviewed: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    unit: Mapped[Unit] = relationship()
    sections: Mapped[list["Section"]] = relationship(secondary=user_section)

    # What Flask-Login asks of a user, without importing it here.
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        return self.session_token


class LoginFailure(Model):
    """A refused login, kept for the throttle only and pruned after it."""

    __tablename__ = "login_failure"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_hash: Mapped[str] = mapped_column(String(64))
    address_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (
        Index("ix_login_failure_account", "account_hash", "at"),
        Index("ix_login_failure_address", "address_hash", "at"),
    )


class Section(Model):
    """Chuyên mục: a tree, ordered by ``position`` among its siblings."""

    __tablename__ = "section"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    show_in_menu: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    show_on_home: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())

    parent: Mapped["Section | None"] = relationship(remote_side=[id])


class Publication(Model):
    """The spine: one public thing of any kind.

    Title, slug, summary, byline, section and lead picture here are the *published copy* (before
    the first publication: the working copy), so that a list needs no join. What is being
    written is a Revision; readers see ``live_revision``, the desk works on ``latest_revision``.
    """

    __tablename__ = "publication"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(_enum(Kind, "kind"))
    slug: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    byline: Mapped[str] = mapped_column(String(200), default="", server_default="")
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    posted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lead_media_id: Mapped[int | None] = mapped_column(
        ForeignKey("media.id", use_alter=True, name="fk_publication_lead_media_id_media")
    )
    live_revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revision.id", use_alter=True, name="fk_publication_live_revision_id_revision")
    )
    latest_revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revision.id", use_alter=True, name="fk_publication_latest_revision_id_revision")
    )
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    # Given to the page on which a new text is begun: its first save, sent again because the answer
    # was lost or the button was pressed twice, makes one publication and not two.
    draft_key: Mapped[str | None] = mapped_column(String(32))
    lock_version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    section: Mapped[Section | None] = relationship()
    unit: Mapped[Unit] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    posted_by: Mapped[User | None] = relationship(foreign_keys=[posted_by_id])
    lead_media: Mapped["Media | None"] = relationship(foreign_keys=[lead_media_id])
    live_revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[live_revision_id], post_update=True
    )
    latest_revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[latest_revision_id], post_update=True
    )
    corrections: Mapped[list["Correction"]] = relationship(order_by="Correction.noted_at")

    __mapper_args__ = {"version_id_col": lock_version}
    __table_args__ = (
        UniqueConstraint("author_id", "draft_key"),
        # The public lists: newest first, all of it, by kind, by section. Only what has been
        # published is in them.
        Index(
            "ix_publication_public",
            "published_at",
            "id",
            sqlite_where=text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
        ),
        Index("ix_publication_kind_published", "kind", "published_at", "id"),
        Index("ix_publication_section_published", "section_id", "published_at", "id"),
        CheckConstraint(
            "expires_at IS NULL OR published_at IS NULL OR expires_at > published_at",
            name="expires_after_published",
        ),
    )


class Revision(Model):
    """What was written: one text of a publication, and where it stands.

    Once somebody else has seen it (``frozen_at``) it never changes again; further edits make
    the next number. ``version`` counts the saves of an unfrozen one, for autosave.
    """

    __tablename__ = "revision"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[State] = mapped_column(_enum(State, "state"))
    title: Mapped[str] = mapped_column(String(300), default="")
    summary: Mapped[str] = mapped_column(String(1000), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    byline: Mapped[str] = mapped_column(String(200), default="")
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))
    genre: Mapped[Genre] = mapped_column(_enum(Genre, "genre"), default=Genre.NEWS)
    origin: Mapped[Origin] = mapped_column(_enum(Origin, "origin"), default=Origin.OWN)
    source_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    source_url: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    lead_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    # The author states that the text holds no state secret (Luật Bảo vệ bí mật nhà nước 2018).
    secrecy_declared: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # ``author`` is whose text it is, through every round of edits; ``written_by`` typed this one.
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    publication: Mapped[Publication] = relationship(foreign_keys=[publication_id])
    section: Mapped[Section | None] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    written_by: Mapped[User] = relationship(foreign_keys=[written_by_id])
    held_by: Mapped[User | None] = relationship(foreign_keys=[held_by_id])
    lead_media: Mapped["Media | None"] = relationship(foreign_keys=[lead_media_id])
    notice: Mapped["NoticeDetail | None"] = relationship(
        back_populates="revision", cascade="all, delete-orphan"
    )

    __table_args__ = (
        UniqueConstraint("publication_id", "number"),
        # The review queue: by state, oldest first.
        Index("ix_revision_state_submitted", "state", "submitted_at", "id"),
    )


class NoticeDetail(Model):
    """What only a notice (thông báo, chỉ đạo điều hành) has; one row a revision."""

    __tablename__ = "notice_detail"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    issuing_body: Mapped[str] = mapped_column(String(200), default="", server_default="")
    document_number: Mapped[str] = mapped_column(String(80), default="", server_default="")

    revision: Mapped[Revision] = relationship(back_populates="notice")


class Transition(Model):
    """The audit trail: who moved which revision from where to where, when and why."""

    __tablename__ = "transition"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[State | None] = mapped_column(_enum(State, "state"))
    to_state: Mapped[State] = mapped_column(_enum(State, "state"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    reason: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    actor: Mapped[User] = relationship()
    revision: Mapped[Revision] = relationship()


class Correction(Model):
    """Đính chính: what readers are told was wrong and is now right."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    noted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(String(2000))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class Media(Model):
    """A picture, stored as re-encoded variants in the media folder under ``token``."""

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    original_name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(100))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(Integer)
    # Widths in px for which a WebP variant is stored, ascending.
    widths: Mapped[list[int]] = mapped_column(JSON)
    alt: Mapped[str] = mapped_column(String(300), default="", server_default="")
    caption: Mapped[str] = mapped_column(String(500), default="", server_default="")
    credit: Mapped[str] = mapped_column(String(200), default="", server_default="")
    is_decorative: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class MediaUse(Model):
    """Which revision shows which picture, in its body or as its lead."""

    __tablename__ = "media_use"
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    media_id: Mapped[int] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ViewTotal(Model):
    """All readings of a publication, off its own row so that counting never blocks an editor."""

    __tablename__ = "view_total"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0", index=True)


class ViewDay(Model):
    """Readings of a publication on one day in Asia/Ho_Chi_Minh."""

    __tablename__ = "view_day"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    viewed_on: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class ViewSeen(Model):
    """That a visitor (a hash with a key of the day) was counted lately; pruned after a day."""

    __tablename__ = "view_seen"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    visitor_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Setting(Model):
    """A choice of the administrator's; what is not here has the default of services/settings."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
