"""The leaders' work schedule as readers see it: by weeks that begin on Monday.

A week is named as ISO 8601 does, 2026-W48. Only weeks between the first and the last that hold
something have a page, beside the present one: an address for every week there could be would lead
robots on for ever.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, select

from extensions import db
from models import DayPart, EntryStatus, ScheduleEntry
from services.dates import local_date
from services.remembered import remembered

PATH = "lich-cong-tac"
WEEK = timedelta(days=7)
NOON, EVENING = time(12), time(18)
# In the order of the day; what has the whole of it comes first.
ALL_DAY, MORNING, AFTERNOON, NIGHT = "Cả ngày", "Buổi sáng", "Buổi chiều", "Buổi tối"
PART_LABELS = {
    DayPart.HOURS: "Theo giờ",
    DayPart.MORNING: "Cả buổi sáng",
    DayPart.AFTERNOON: "Cả buổi chiều",
    DayPart.ALL_DAY: ALL_DAY,
}
STATUS_LABELS = {
    EntryStatus.PLANNED: "Theo lịch",
    EntryStatus.POSTPONED: "Hoãn",
    EntryStatus.CANCELLED: "Huỷ",
}
# What pages show that stands here, for the English catalogue.
WORDS = (ALL_DAY, MORNING, AFTERNOON, NIGHT, *list(STATUS_LABELS.values())[1:])
_WEEK_NAME = re.compile(r"([0-9]{4})-W([0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Half:
    """A part of a day with what there is in it."""

    label: str
    entries: Sequence[ScheduleEntry]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a week; ``halves`` are those that hold something."""

    on: date
    is_today: bool
    halves: Sequence[Half]

    @property
    def rows(self) -> int:
        return sum(len(half.entries) for half in self.halves)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from Monday. ``previous`` and ``next`` are Mondays of weeks that have a page."""

    on: date
    days: Sequence[Day]
    is_present: bool
    previous: date | None
    next: date | None

    @property
    def name(self) -> str:
        return week_name(self.on)

    @property
    def last(self) -> date:
        return self.on + timedelta(days=6)

    @property
    def is_empty(self) -> bool:
        return not any(day.halves for day in self.days)

    @property
    def changed_at(self) -> datetime | None:
        """When what it shows last changed."""
        return max(
            (one.changed_at for day in self.days for half in day.halves for one in half.entries),
            default=None,
        )


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def week_name(day: date) -> str:
    """The week of a day as ISO 8601 writes it: 2026-W48."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def parse_week(text: str) -> date | None:
    """The Monday of the week written 2026-W48; None for anything else and for weeks that the
    year does not have."""
    match = _WEEK_NAME.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        return None
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        return None


def span(*, now: datetime) -> tuple[date, date]:
    """The Mondays of the first and the last week that have a page."""
    first, last = db.session.execute(
        select(func.min(ScheduleEntry.on), func.max(ScheduleEntry.on))
    ).one()
    present = monday_of(local_date(now))
    if first is None:
        return present, present
    return min(monday_of(first), present), max(monday_of(last), present)


def has_any() -> bool:
    """Whether anything was ever put into the schedule, and stayed."""
    one = select(ScheduleEntry.id).limit(1)
    return remembered("schedule has any", lambda: db.session.scalar(one)) is not None


def week(*, on: date, now: datetime) -> Week | None:
    """The week of this Monday; None where it has no page."""
    first, last = span(now=now)
    if not first <= on <= last:
        return None
    return _week(on, now, previous=_within(on - WEEK, first), next_=_within(on + WEEK, None, last))


def week_at_desk(*, on: date, now: datetime) -> Week:
    """The same for whoever writes it, who may go to any week."""
    return _week(on, now, previous=on - WEEK, next_=on + WEEK)


def entries_between(first: date, last: date) -> Sequence[ScheduleEntry]:
    """What there is from one day to another, both included, in the order of each day."""
    query = select(ScheduleEntry).where(ScheduleEntry.on.between(first, last))
    return sorted(db.session.scalars(query), key=_in_order)


def half_of(entry: ScheduleEntry) -> str:
    """The part of the day in which it is written."""
    if entry.part is DayPart.ALL_DAY:
        return ALL_DAY
    if entry.part is DayPart.MORNING:
        return MORNING
    if entry.part is DayPart.AFTERNOON or entry.starts is None:
        return AFTERNOON
    return MORNING if entry.starts < NOON else AFTERNOON if entry.starts < EVENING else NIGHT


def hours_of(entry: ScheduleEntry) -> str:
    """Its hours as people read them: 08:00–09:30, or nothing."""
    if entry.starts is None:
        return ""
    starts = f"{entry.starts:%H:%M}"
    return f"{starts}–{entry.ends:%H:%M}" if entry.ends else starts


def _week(on: date, now: datetime, *, previous: date | None, next_: date | None) -> Week:
    today = local_date(now)
    by_day = {
        day: list(entries)
        for day, entries in groupby(
            entries_between(on, on + timedelta(days=6)), key=lambda entry: entry.on
        )
    }
    days = [on + timedelta(days=count) for count in range(7)]
    return Week(
        on=on,
        days=[
            Day(
                day,
                day == today,
                [
                    Half(label, list(entries))
                    for label, entries in groupby(by_day.get(day, ()), key=half_of)
                ],
            )
            for day in days
        ],
        is_present=on == monday_of(today),
        previous=previous,
        next=next_,
    )


def _within(on: date, first: date | None = None, last: date | None = None) -> date | None:
    is_outside = (first is not None and on < first) or (last is not None and on > last)
    return None if is_outside else on


def _in_order(entry: ScheduleEntry) -> tuple[Any, ...]:
    """By day and part of it; what has the whole part before what has an hour."""
    halves = (ALL_DAY, MORNING, AFTERNOON, NIGHT)
    return entry.on, halves.index(half_of(entry)), entry.starts or time.min, entry.id
