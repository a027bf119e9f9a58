"""Readings, and the administrator's choices."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    String,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from extensions import Model
from tables.types import UTCDateTime


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


class ViewFold(Model):
    """That a journal of readings was added to the counters, so that it is added once."""

    __tablename__ = "view_fold"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    folded_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Setting(Model):
    """A choice of the administrator's; what is not here has the default of services/settings."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class SiteLink(Model):
    """Liên kết: another site that readers are led to, under a heading; one order for all."""

    __tablename__ = "site_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    # What it is called on English pages; "": as in Vietnamese. So too the heading, which all links
    # below it write alike.
    english_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    address: Mapped[str] = mapped_column(String(1000))
    heading: Mapped[str] = mapped_column(String(80))
    english_heading: Mapped[str] = mapped_column(String(80), default="", server_default="")
    position: Mapped[int] = mapped_column(Integer)
    is_shown: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    # The same address as the link checker knows it.
    link_id: Mapped[int | None] = mapped_column(
        ForeignKey("link.id", ondelete="SET NULL"), index=True
    )

    @property
    def host(self) -> str:
        """The site's name in its address, as readers are told it."""
        return (urlsplit(self.address).hostname or "").removeprefix("www.")


class ContentVersion(Model):
    """One row, whose number is another after every change that readers can see."""

    __tablename__ = "content_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
