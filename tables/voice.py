"""What strangers send: questions, comments, reports of errors, requests to reuse, votes.

Nothing here is on a public page before somebody of the board has let it out.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import Unit, User
from tables.publications import Publication
from tables.types import UTCDateTime, enum_column


class Channel(StrEnum):
    """By which form it came."""

    QUESTION = "question"
    COMMENT = "comment"
    ERROR_REPORT = "error_report"
    REUSE = "reuse"


class VoiceStatus(StrEnum):
    """Where it stands; ``services/voice/rules.py`` says what leads where."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    ANSWERING = "answering"
    IN_REVIEW = "in_review"
    ANSWERED = "answered"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class VoiceItem(Model):
    """One thing that a stranger sent, plain text, and what became of it.

    ``text`` is as it was sent and for the desk alone; readers see ``public_text``, once
    ``public_at`` says that it was let out. What tells who sent it is erased some time after
    ``closed_at``.
    """

    __tablename__ = "voice_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel, "voice_channel"))
    status: Mapped[VoiceStatus] = mapped_column(
        enum_column(VoiceStatus, "voice_status"), default=VoiceStatus.RECEIVED
    )
    lock_version: Mapped[int] = mapped_column(Integer, default=1)
    # Of the tracking code, which is shown once and not kept.
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Names the page on which it was written: sent twice from there, it is one.
    send_key: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str] = mapped_column(String(200), default="", server_default="")
    text: Mapped[str] = mapped_column(Text, default="")
    # Where it is, or will be, used (requests to reuse).
    url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    sender_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    sender_email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    organisation: Mapped[str] = mapped_column(String(200), default="", server_default="")
    # What the sender agreed to; never by default.
    shows_name: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    may_publish: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # What it is about: the draft, the text with the error, the text to reuse.
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE")
    )
    # What was made of it: the published question.
    made_publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="SET NULL")
    )
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    extended_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answer_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    # Why the answer came back from review.
    return_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    refusal_reason: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    public_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    public_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    public_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    publication: Mapped[Publication | None] = relationship(foreign_keys=[publication_id])
    made_publication: Mapped[Publication | None] = relationship(foreign_keys=[made_publication_id])
    unit: Mapped[Unit | None] = relationship()
    answer_by: Mapped[User | None] = relationship()

    __mapper_args__ = {"version_id_col": lock_version}
    __table_args__ = (
        Index("ix_voice_item_channel", "channel", "status", "id"),
        Index("ix_voice_item_unit", "unit_id", "status"),
        Index("ix_voice_item_publication", "publication_id", "public_at"),
        Index("ix_voice_item_made_publication", "made_publication_id"),
        Index("ix_voice_item_received", "received_at"),
        Index(
            "ix_voice_item_closed",
            "closed_at",
            sqlite_where=sql("erased_at IS NULL"),
            postgresql_where=sql("erased_at IS NULL"),
        ),
    )


class RatingDay(Model):
    """How many readers said of a publication, on one day, that it satisfies them or does not."""

    __tablename__ = "rating_day"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    rated_on: Mapped[date] = mapped_column(Date, primary_key=True, index=True)
    satisfied: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unsatisfied: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class RatingSeen(Model):
    """That a visitor (a hash with a key of the day) has rated; pruned after a day."""

    __tablename__ = "rating_seen"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    visitor_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    rated_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class RatingNote(Model):
    """What a reader said of a publication in some words; for the desk alone."""

    __tablename__ = "rating_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    send_key: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Poll(Model):
    """A question with choices, put to readers; one at most is open."""

    __tablename__ = "poll"
    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    is_open: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # The last day on which votes are taken; None: until somebody closes it.
    closes_on: Mapped[date | None] = mapped_column(Date)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    choices: Mapped[list["PollChoice"]] = relationship(
        order_by="PollChoice.position", cascade="all, delete-orphan"
    )

    __table_args__ = (
        Index(
            "uq_poll_open",
            "is_open",
            unique=True,
            sqlite_where=sql("is_open"),
            postgresql_where=sql("is_open"),
        ),
    )


class PollChoice(Model):
    """One answer to choose, with its votes."""

    __tablename__ = "poll_choice"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(200))
    votes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    __table_args__ = (UniqueConstraint("poll_id", "position"),)


class PollSeen(Model):
    """That a visitor (a hash with a key of the day) has voted; pruned after a day."""

    __tablename__ = "poll_seen"
    poll_id: Mapped[int] = mapped_column(
        ForeignKey("poll.id", ondelete="CASCADE"), primary_key=True
    )
    visitor_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    voted_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
