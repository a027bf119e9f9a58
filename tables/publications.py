"""The spine: publications, what was written of each, and what was done to it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.kinds import (
    ComplaintDetail,
    ConsultationDetail,
    DocumentDetail,
    NoticeDetail,
    PageDetail,
    ProcedureDetail,
    QuestionDetail,
    TaskDetail,
)
from tables.media import Media, RevisionFile
from tables.people import Section, Unit, User
from tables.types import Genre, Kind, Language, Origin, State, UTCDateTime, enum_column

_OWNED = "all, delete-orphan"


# All that readers have seen they go on seeing, but for these.
_MAY_BE_HIDDEN = "expires_at IS NOT NULL OR withdrawn_at IS NOT NULL"
# Something newer than what readers have, or nothing that they have.
_IS_IN_WORK = "live_revision_id IS NULL OR latest_revision_id <> live_revision_id"


def _written_at(context: Any) -> Any:
    return context.get_current_parameters(isolate_multiinsert_groups=True)["updated_at"]


class Publication(Model):
    """The spine: one public thing of any kind.

    Title, slug, summary, byline, section and lead picture here are the *published copy* (before
    the first publication: the working copy), so that a list needs no join. What is being
    written is a Revision; readers see ``live_revision``, the desk works on ``latest_revision``.
    """

    __tablename__ = "publication"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind, "kind"))
    language: Mapped[Language] = mapped_column(
        enum_column(Language, "language"), default=Language.VI, server_default="vi"
    )
    # Of a version in another language: what it says the same as. Each is approved, published
    # and withdrawn by itself.
    translation_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="SET NULL")
    )
    slug: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    byline: Mapped[str] = mapped_column(String(200), default="", server_default="")
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
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
    # When somebody should look whether it is still right; None: the settings' number of months.
    review_on: Mapped[date | None] = mapped_column(Date)
    withdrawn_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    # Given to the page on which a new text is begun: its first save, sent again because the answer
    # was lost or the button was pressed twice, makes one publication and not two.
    draft_key: Mapped[str | None] = mapped_column(String(32))
    lock_version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # When what readers have of it last changed: it came, went, or says something else. What is
    # written meanwhile on the desk does not count; what waits for its hour changes then. Whoever
    # puts publications in past the workflow (an import) gives the moment of doing so.
    public_changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=_written_at)

    section: Mapped[Section | None] = relationship()
    unit: Mapped[Unit] = relationship()
    author: Mapped[User] = relationship(foreign_keys=[author_id])
    posted_by: Mapped[User | None] = relationship(foreign_keys=[posted_by_id])
    lead_media: Mapped[Media | None] = relationship(foreign_keys=[lead_media_id])
    live_revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[live_revision_id], post_update=True
    )
    latest_revision: Mapped["Revision | None"] = relationship(
        foreign_keys=[latest_revision_id], post_update=True
    )
    corrections: Mapped[list["Correction"]] = relationship(order_by="Correction.noted_at")
    translation_of: Mapped["Publication | None"] = relationship(remote_side=[id])

    __mapper_args__ = {"version_id_col": lock_version}
    __table_args__ = (
        UniqueConstraint("author_id", "draft_key"),
        # One version in each other language.
        UniqueConstraint("translation_of_id", "language"),
        CheckConstraint(
            "translation_of_id IS NULL OR language <> 'vi'", name="original_is_vietnamese"
        ),
        # The few that are not Vietnamese, for their own lists.
        Index(
            "ix_publication_english",
            "published_at",
            "id",
            sqlite_where=text("language = 'en'"),
            postgresql_where=text("language = 'en'"),
        ),
        # The public lists: newest first, all of it, by kind, by section. Only what has been
        # published is in them.
        Index(
            "ix_publication_public",
            "published_at",
            "id",
            # So that counting does not look at the texts.
            "expires_at",
            sqlite_where=text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("live_revision_id IS NOT NULL AND withdrawn_at IS NULL"),
        ),
        # Whose live text a revision is: from what is known of texts to publications.
        Index("ix_publication_live_revision", "live_revision_id"),
        # What re-users ask for: what has changed since they were last here, in that order.
        Index(
            "ix_publication_changed",
            "public_changed_at",
            "id",
            sqlite_where=text("live_revision_id IS NOT NULL"),
            postgresql_where=text("live_revision_id IS NOT NULL"),
        ),
        Index("ix_publication_kind_published", "kind", "published_at", "id"),
        # What a unit published in a month.
        Index("ix_publication_unit_published", "unit_id", "published_at"),
        # What somebody works on, among the thousands that a busy author has on the site.
        Index(
            "ix_publication_in_work",
            "author_id",
            sqlite_where=text(_IS_IN_WORK),
            postgresql_where=text(_IS_IN_WORK),
        ),
        Index("ix_publication_section_published", "section_id", "published_at", "id"),
        # Which of many hits are hidden, without looking at those that never will be.
        Index(
            "ix_publication_hidden",
            "id",
            "expires_at",
            "withdrawn_at",
            sqlite_where=text(_MAY_BE_HIDDEN),
            postgresql_where=text(_MAY_BE_HIDDEN),
        ),
        # The desk's lists by dates that few texts have: without these each would read them all.
        *(
            Index(
                name,
                column,
                sqlite_where=text(f"{column} IS NOT NULL"),
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for name, column in (
                ("ix_publication_expires", "expires_at"),
                ("ix_publication_review", "review_on"),
                ("ix_publication_withdrawn", "withdrawn_at"),
            )
        ),
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
    state: Mapped[State] = mapped_column(enum_column(State, "state"))
    title: Mapped[str] = mapped_column(String(300), default="")
    summary: Mapped[str] = mapped_column(String(1000), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    byline: Mapped[str] = mapped_column(String(200), default="")
    section_id: Mapped[int | None] = mapped_column(ForeignKey("section.id"))
    genre: Mapped[Genre] = mapped_column(enum_column(Genre, "genre"), default=Genre.NEWS)
    origin: Mapped[Origin] = mapped_column(enum_column(Origin, "origin"), default=Origin.OWN)
    source_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    source_url: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    lead_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    # The author states that the text holds no state secret (Luật Bảo vệ bí mật nhà nước 2018).
    secrecy_declared: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # ``author`` is whose text it is, through every round of edits; ``written_by`` typed this one.
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
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
    lead_media: Mapped[Media | None] = relationship(foreign_keys=[lead_media_id])
    files: Mapped[list[RevisionFile]] = relationship(
        order_by=RevisionFile.position, cascade="all, delete-orphan"
    )
    # What only its kind has; named as the kind is.
    notice: Mapped[NoticeDetail | None] = relationship(cascade=_OWNED)
    document: Mapped[DocumentDetail | None] = relationship(cascade=_OWNED)
    consultation: Mapped[ConsultationDetail | None] = relationship(cascade=_OWNED)
    procedure: Mapped[ProcedureDetail | None] = relationship(cascade=_OWNED)
    complaint: Mapped[ComplaintDetail | None] = relationship(cascade=_OWNED)
    question: Mapped[QuestionDetail | None] = relationship(cascade=_OWNED)
    task: Mapped[TaskDetail | None] = relationship(cascade=_OWNED)
    page: Mapped[PageDetail | None] = relationship(cascade=_OWNED)

    __table_args__ = (
        UniqueConstraint("publication_id", "number"),
        # The review queue: by state, oldest first.
        Index("ix_revision_state_submitted", "state", "submitted_at", "id"),
        # Whose they are, and of those what is being worked on.
        Index("ix_revision_author_state", "author_id", "state"),
    )


class Transition(Model):
    """The audit trail: who moved which revision from where to where, when and why."""

    __tablename__ = "transition"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[State | None] = mapped_column(enum_column(State, "state"))
    to_state: Mapped[State] = mapped_column(enum_column(State, "state"))
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
