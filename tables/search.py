"""What search knows beside the index: other names of things, promoted results, what was not found,
and which publications are near each other."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import User
from tables.publications import Publication
from tables.types import UTCDateTime


class Synonym(Model):
    """Names of one thing ("KH&CN", "khoa học và công nghệ"): who asks for one finds all."""

    __tablename__ = "synonym"
    id: Mapped[int] = mapped_column(primary_key=True)
    # A list of texts, as the administrator wrote them.
    forms: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Promotion(Model):
    """That for some words a publication is shown first, until a day."""

    __tablename__ = "promotion"
    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(120))
    # The words as they are compared: folded, one space between them.
    key: Mapped[str] = mapped_column(String(120), index=True)
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    until_on: Mapped[date] = mapped_column(Date)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    publication: Mapped[Publication] = relationship()
    by: Mapped[User] = relationship()


class UnansweredQuery(Model):
    """How often on one day somebody asked for these words and found nothing; who, nobody knows."""

    __tablename__ = "unanswered_query"
    asked_on: Mapped[date] = mapped_column(Date, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class RelatedPublication(Model):
    """That readers of one publication may want another; the nearest has position 0."""

    __tablename__ = "related_publication"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    related_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )


class RelatedState(Model):
    """For which text of a publication its related ones were worked out; ``revision_id`` None: they
    should be worked out again."""

    __tablename__ = "related_state"
    publication_id: Mapped[int] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True
    )
    revision_id: Mapped[int | None] = mapped_column(Integer)
    worked_out_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_related_state_worked_out", "worked_out_at"),)
