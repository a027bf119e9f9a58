"""What the desk keeps beside the texts: remarks, who is here, what is told to whom, links."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import User
from tables.publications import Publication
from tables.types import UTCDateTime


class Remark(Model):
    """What a reviewer says of one paragraph. ``block`` counts the body's outermost elements
    from 0, in the revision that the reviewer read; ``quote`` is how the paragraph began, by
    which it is found again in a later revision."""

    __tablename__ = "remark"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"))
    block: Mapped[int] = mapped_column(Integer)
    quote: Mapped[str] = mapped_column(String(200), default="", server_default="")
    text: Mapped[str] = mapped_column(String(2000))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User] = relationship(foreign_keys=[by_id])
    resolved_by: Mapped[User | None] = relationship(foreign_keys=[resolved_by_id])


class Presence(Model):
    """That somebody had a text open lately; never a lock, and pruned after a while."""

    __tablename__ = "presence"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    is_writing: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    user: Mapped[User] = relationship()


class PreviewLink(Model):
    """Lets somebody without an account read one text until a time. The address is signed, and
    names this row: nothing secret is kept."""

    __tablename__ = "preview_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    # For whom it was made, as its maker noted.
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    created_by: Mapped[User] = relationship()


class Notification(Model):
    """One thing that one person is told: shown behind the bell, and mailed as they chose."""

    __tablename__ = "notification"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    # "returned", "published", "target_reminder" …: services/notifications names them.
    event: Mapped[str] = mapped_column(String(40))
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE")
    )
    sentence: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    # A path of this site.
    address: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # Once a person and key: what is told every month is not told twice in one.
    once_key: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When it went into a mail of the outbox, or was decided not to.
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship()
    publication: Mapped[Publication | None] = relationship()

    __table_args__ = (
        UniqueConstraint("user_id", "once_key"),
        Index("ix_notification_user", "user_id", "read_at", "id"),
        Index("ix_notification_mailed", "mailed_at", "id"),
    )


class OutboxMail(Model):
    """A mail that is to be sent: written with what it tells of, in one transaction, and tried
    until it is sent or given up."""

    __tablename__ = "outbox_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    # The Message-ID: a mail that was sent twice is one mail to whoever receives it.
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    last_error: Mapped[str] = mapped_column(String(500), default="", server_default="")
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Given up, for the reason in ``last_error``.
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Link(Model):
    """An outside address that texts link to, and whether it answered when it was last asked."""

    __tablename__ = "link"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    url_hash: Mapped[str] = mapped_column(String(64), unique=True)
    host: Mapped[str] = mapped_column(String(253), default="", server_default="")
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_check_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    # The answer's status; 0: none came.
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    broken_since: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class LinkUse(Model):
    """Which publication's latest or live text links to it."""

    __tablename__ = "link_use"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    link_id: Mapped[int] = mapped_column(
        ForeignKey("link.id", ondelete="CASCADE"), primary_key=True, index=True
    )
