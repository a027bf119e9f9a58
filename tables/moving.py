"""What was moved here from another site: the addresses that it had, and which item became what."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.media import Media
from tables.people import Section, User
from tables.publications import Publication
from tables.types import UTCDateTime


class OldAddress(Model):
    """An address of before the move, as services/moving/old_addresses writes it. It leads to one
    thing, for ever, and is asked for only where the site has nothing of its own."""

    __tablename__ = "old_address"
    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(1000), unique=True)
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    section_id: Mapped[int | None] = mapped_column(
        ForeignKey("section.id", ondelete="CASCADE"), index=True
    )
    media_id: Mapped[int | None] = mapped_column(
        ForeignKey("media.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # None: brought by an import.
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    publication: Mapped[Publication | None] = relationship()
    section: Mapped[Section | None] = relationship()
    media: Mapped[Media | None] = relationship()

    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN publication_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN section_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN media_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_target",
        ),
    )


class ImportItem(Model):
    """What one item of another site became here, so that bringing it again changes nothing.

    ``external_id`` is "author:…", "section:…" or, of a text, its own number or path there.
    """

    __tablename__ = "import_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(300))
    publication_id: Mapped[int | None] = mapped_column(
        ForeignKey("publication.id", ondelete="CASCADE"), index=True
    )
    section_id: Mapped[int | None] = mapped_column(
        ForeignKey("section.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    # Of the item as it was read, and how the publication was left: what differs from that has
    # been changed on the site since.
    content_hash: Mapped[str] = mapped_column(String(64), default="", server_default="")
    left_as: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # Readings that came with it, which are in the total already.
    views: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    # False: a picture or file was missing; the next run looks for it again.
    is_complete: Mapped[bool] = mapped_column(Boolean)
    imported_at: Mapped[datetime] = mapped_column(UTCDateTime)

    publication: Mapped[Publication | None] = relationship()
    section: Mapped[Section | None] = relationship()
    user: Mapped[User | None] = relationship()

    __table_args__ = (UniqueConstraint("source", "external_id"),)


class ImportRun(Model):
    """One run of ``flask import``, of which administrators may read how it went."""

    __tablename__ = "import_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    # The file or folder, what it was taken for, and the site that it says it is of.
    said: Mapped[str] = mapped_column(String(300))
    form: Mapped[str] = mapped_column(String(20), default="", server_default="")
    source: Mapped[str] = mapped_column(String(200), default="", server_default="")
    is_dry: Mapped[bool] = mapped_column(Boolean)
    # Who was at the machine, and which one and which process it was.
    by: Mapped[str] = mapped_column(String(100))
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    # Written with every batch: what has not moved for long was killed.
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_whole: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    done: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # How many items had which outcome.
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    error: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    report: Mapped[str] = mapped_column(String(100), default="", server_default="")
