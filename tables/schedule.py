"""What the agency's leaders do when: the work schedule."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Model
from tables.people import User
from tables.types import DayPart, EntryStatus, UTCDateTime, enum_column


class ScheduleEntry(Model):
    """One thing that leaders do on one day. Its hours are those of the clock on the wall in
    Asia/Ho_Chi_Minh, as such schedules are written."""

    __tablename__ = "schedule_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    # By which a reader's calendar knows it again (RFC 5545, 3.8.4.7): never given to another.
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    # Counts its changes (RFC 5545, 3.8.7.4); also what tells two who change it at once.
    sequence: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    on: Mapped[date] = mapped_column(Date)
    part: Mapped[DayPart] = mapped_column(enum_column(DayPart, "day_part"))
    # With DayPart.HOURS alone; an end is not always known.
    starts: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    content: Mapped[str] = mapped_column(String(500))
    place: Mapped[str] = mapped_column(String(200), default="", server_default="")
    chair: Mapped[str] = mapped_column(String(200), default="", server_default="")
    attendees: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    preparing_unit: Mapped[str] = mapped_column(String(200), default="", server_default="")
    status: Mapped[EntryStatus] = mapped_column(
        enum_column(EntryStatus, "entry_status"), default=EntryStatus.PLANNED
    )
    # What readers are told of a postponement or cancelling.
    status_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    changed_by: Mapped[User] = relationship(foreign_keys=[changed_by_id])

    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends > starts", name="ends_after_start"),
        CheckConstraint("(part = 'hours') = (starts IS NOT NULL)", name="hours_have_a_start"),
        CheckConstraint("ends IS NULL OR starts IS NOT NULL", name="end_has_a_start"),
        Index("ix_schedule_entry_on", "on"),
    )
