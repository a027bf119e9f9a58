"""Working days in Viet Nam: what deadlines are counted in.

The week, the national holidays (with Tết, from the ``holidays`` library), and over both what the
administrator says of single days: a day off, or a Saturday on which a day off is made up for.
The day of the event does not count (Bộ luật Dân sự 2015, Điều 147), and what falls due on a day
off is due on the next working day (Điều 148). Days are those of Asia/Ho_Chi_Minh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from extensions import db
from models import DayException
from services.dates import format_date

_DAY = timedelta(days=1)
_SATURDAY = 5
_MEMO = "working_days.calendar"


@dataclass(frozen=True, slots=True)
class NationalYear:
    """What the State's calendar says of one year: days off by name, and weekend days worked."""

    off: Mapping[date, str]
    made_up: frozenset[date]


@lru_cache(maxsize=400)
def national(year: int) -> NationalYear:
    """The national calendar of a year; nothing is added to it after it is made."""
    # Not above: most processes never ask, and it knows the moon of every country.
    import holidays

    found = holidays.country_holidays("VN", years=year, language="vi")
    made_up = frozenset(day for day in found.weekend_workdays if day.year == year)
    off = {day: name for day, name in sorted(found.items()) if day.year == year}
    return NationalYear(off, made_up)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked; ``exceptions`` are the administrator's, True for a day worked.

    For whoever asks of many days at once: ``calendar()`` reads it in one query.
    """

    exceptions: Mapping[date, bool]

    def is_working_day(self, *, day: date) -> bool:
        said = self.exceptions.get(day)
        if said is not None:
            return said
        of_year = national(day.year)
        if day in of_year.made_up:
            return True
        return day.weekday() < _SATURDAY and day not in of_year.off

    def on_or_after(self, *, day: date) -> date:
        """The day itself if it is worked, else the next that is."""
        while not self.is_working_day(day=day):
            day += _DAY
        return day

    def add_working_days(self, *, start: date, days: int) -> date:
        """The day that is so many working days after ``start``, which does not count.

        Fewer than 0 count backwards; 0 is ``start`` itself.
        """
        step, day = (_DAY if days > 0 else -_DAY), start
        for _ in range(abs(days)):
            day += step
            while not self.is_working_day(day=day):
                day += step
        return day

    def add_days(self, *, start: date, days: int) -> date:
        """So many calendar days after ``start``; moved to a working day if it falls on none."""
        return self.on_or_after(day=start + timedelta(days=days))

    def working_days_between(self, *, start: date, end: date) -> int:
        """How many working days lie after ``start`` up to and with ``end``; below 0 if it is
        earlier. Costs the years between them, not the days."""
        if end < start:
            return -self.working_days_between(start=end, end=start)
        total = _weekdays_to(end) - _weekdays_to(start)
        for day in self._irregular(start.year, end.year):
            if start < day <= end:
                usual = day.weekday() < _SATURDAY
                total += self.is_working_day(day=day) - usual
        return total

    def label_left(self, *, due: date, today: date) -> str:
        """What is left until a due day, in words."""
        if due == today:
            return "đến hạn hôm nay"
        days = self.working_days_between(start=today, end=due)
        if due < today:
            # On the day off after it, no working day has passed yet.
            return f"quá hạn {-days} ngày làm việc" if days else "vừa quá hạn"
        return f"còn {days} ngày làm việc" if days else f"đến hạn ngày {format_date(due)}"

    def _irregular(self, first: int, last: int) -> set[date]:
        """The days that may not be as the days of the week alone would have them."""
        found = set(self.exceptions)
        for year in range(first, last + 1):
            of_year = national(year)
            found.update(of_year.off)
            found.update(of_year.made_up)
        return found


def calendar() -> WorkingCalendar:
    """The calendar in force: the few rows of the table, read once a transaction.

    So a change is seen by the next request, whichever process made it.
    """
    info = db.session().info
    if _MEMO not in info:
        rows = db.session.execute(select(DayException.on, DayException.is_working))
        info[_MEMO] = WorkingCalendar({row.on: row.is_working for row in rows})
    found: WorkingCalendar = info[_MEMO]
    return found


def is_working_day(*, day: date) -> bool:
    """Whether the agency works on a day."""
    return calendar().is_working_day(day=day)


def add_working_days(*, start: date, days: int) -> date:
    """The day that is so many working days after ``start``, which does not count itself."""
    return calendar().add_working_days(start=start, days=days)


def working_days_between(*, start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and with ``end``; negative if earlier."""
    return calendar().working_days_between(start=start, end=end)


def label_left(*, due: date, today: date) -> str:
    """“còn 3 ngày làm việc”, “đến hạn hôm nay” or “quá hạn 2 ngày làm việc”."""
    return calendar().label_left(due=due, today=today)


def _weekdays_to(day: date) -> int:
    """How many days from Monday to Friday there are from the first of all days to this one."""
    weeks, rest = divmod(day.toordinal(), 7)
    # Ordinal 1 is a Monday.
    return weeks * 5 + min(rest, 5)


@event.listens_for(Session, "after_flush")
def _forget_when_changed(session: Session, _context: Any) -> None:
    if any(isinstance(row, DayException) for row in (*session.new, *session.dirty)) or any(
        isinstance(row, DayException) for row in session.deleted
    ):
        session.info.pop(_MEMO, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, _transaction: Any) -> None:
    session.info.pop(_MEMO, None)
