"""Duties with a time limit, the days that are worked, and notices of an outage."""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import Unit, User
from tables.types import UTCDateTime


class DayException(Model):
    """What the administrator says of one day, over the week and the national holidays."""

    __tablename__ = "day_exception"
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    # False: a day off. True: worked, as a Saturday that makes up for a day off.
    is_working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DutyItem(Model):
    """One thing that must be done by a day: a line of the deadline ledger."""

    __tablename__ = "duty_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    # A key of services/duty_rules.
    duty: Mapped[str] = mapped_column(String(40))
    # What it is about: "publication", "question", "error_report", "outage", and its id.
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(Integer)
    # What the ledger shows, and the path of this site where somebody goes on.
    title: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(300), default="", server_default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="SET NULL"))
    started_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)
    # The moment may lie ahead: a text that is to appear at its hour is not done before it.
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Its day, by which it was in time or late.
    done_on: Mapped[date | None] = mapped_column(Date)
    # How far its people were reminded: "", "soon", "overdue".
    reminded: Mapped[str] = mapped_column(String(20), default="", server_default="")

    unit: Mapped[Unit | None] = relationship()

    __table_args__ = (
        UniqueConstraint("subject", "subject_id"),
        Index("ix_duty_item_due", "due_on", "id"),
        Index("ix_duty_item_done", "done_at", "due_on"),
        Index("ix_duty_item_unit", "unit_id", "due_on"),
    )


class OutageNotice(Model):
    """That the site will not be there from a time to a time, as readers are told."""

    __tablename__ = "outage_notice"
    id: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    reason: Mapped[str] = mapped_column(String(300))
    # Announced later than the law asks, for this reason.
    is_urgent: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    urgent_reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    announced_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    announced_by: Mapped[User] = relationship()

    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)
