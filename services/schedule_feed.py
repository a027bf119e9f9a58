"""The work schedule as an iCalendar object (RFC 5545), for readers' own calendars.

The same schedule is the same bytes: a stamp says when an entry last changed and not when it was
asked for, as the standard has it for what is published without a method (3.8.7.2).
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard
from sqlalchemy import func, select

from extensions import db
from models import AuditEvent, DayPart, EntryStatus, ScheduleEntry
from services import dates, settings, work_schedule
from services.dates import HO_CHI_MINH
from services.work_schedule import STATUS_LABELS, WEEK

# A calendar shows what was and what is to come; the rest is on the site.
WEEKS_BACK, WEEKS_AHEAD = 8, 26
PRODUCT = "-//Trang tin//Lich cong tac//VI"
ASK_AGAIN = timedelta(hours=4)
ZONE = "Asia/Ho_Chi_Minh"
# Since this day the clocks there have never been changed.
_ZONE_SINCE = datetime(1975, 6, 13)  # noqa: DTZ001 - local by definition (3.6.5)
_PARTS = {DayPart.MORNING: "schedule_morning", DayPart.AFTERNOON: "schedule_afternoon"}


def window(*, now: datetime) -> tuple[date, date]:
    """The first and the last day that the feed tells of."""
    present = work_schedule.monday_of(dates.local_date(now))
    return present - WEEK * WEEKS_BACK, present + WEEK * (WEEKS_AHEAD + 1) - timedelta(days=1)


def entries(*, now: datetime) -> Sequence[ScheduleEntry]:
    """What the feed tells of, in its order."""
    return work_schedule.entries_between(*window(now=now))


def changed_at(*, now: datetime) -> datetime:
    """When its bytes last changed: by somebody's hand, or because a week began. What was removed
    is known of by the trail alone."""
    by_hand = db.session.scalar(
        select(func.max(AuditEvent.at)).where(AuditEvent.subject.in_(("schedule", "setting")))
    )
    newest = db.session.scalar(select(func.max(ScheduleEntry.changed_at)))
    present = dates.start_of_day(work_schedule.monday_of(dates.local_date(now)))
    return max(moment for moment in (by_hand, newest, present) if moment is not None)


def written(
    found: Sequence[ScheduleEntry],
    *,
    name: str,
    description: str,
    address_of: Callable[[date], str],
) -> str:
    """The calendar of these entries; ``address_of`` gives the page of the week of a day."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    # RFC 7986, and what programs older than it read.
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("description", description)
    calendar.add("x-wr-caldesc", description)
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", ASK_AGAIN)
    calendar.add_component(_zone())
    halves = {part: _span(settings.get(key)) for part, key in _PARTS.items()}
    for entry in found:
        calendar.add_component(_event(entry, halves, address_of(entry.on)))
    return calendar.to_ical().decode("utf-8")


def _zone() -> Timezone:
    hours = timedelta(hours=1)
    standard = TimezoneStandard()
    standard.add("dtstart", _ZONE_SINCE)
    standard.add("tzname", "+07")
    standard.add("tzoffsetfrom", 8 * hours)
    standard.add("tzoffsetto", 7 * hours)
    zone = Timezone()
    zone.add("tzid", ZONE)
    zone.add_component(standard)
    return zone


def _span(text: str) -> tuple[time, time]:
    starts, _, ends = text.partition("-")
    return time.fromisoformat(starts), time.fromisoformat(ends)


def _event(entry: ScheduleEntry, halves: dict[DayPart, tuple[time, time]], address: str) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("created", entry.created_at)
    event.add("last-modified", entry.changed_at)
    if entry.part is DayPart.ALL_DAY:
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
    else:
        starts, ends = halves.get(entry.part, (entry.starts, entry.ends))
        assert starts is not None
        event.add("dtstart", datetime.combine(entry.on, starts, HO_CHI_MINH))
        if ends is not None:
            event.add("dtend", datetime.combine(entry.on, ends, HO_CHI_MINH))
    is_on = entry.status is EntryStatus.PLANNED
    # Some programs show what is cancelled as if it were not: the words say it too.
    event.add(
        "summary", entry.content if is_on else f"[{STATUS_LABELS[entry.status]}] {entry.content}"
    )
    event.add("status", "CONFIRMED" if is_on else "CANCELLED")
    if entry.place:
        event.add("location", entry.place)
    if description := _description(entry):
        event.add("description", description)
    event.add("url", address)
    # It is not the reader who is busy then.
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC")
    return event


def _description(entry: ScheduleEntry) -> str:
    lines = [
        (STATUS_LABELS[entry.status] if entry.status_note else "", entry.status_note),
        ("Chủ trì", entry.chair),
        ("Thành phần", entry.attendees),
        ("Đơn vị chuẩn bị", entry.preparing_unit),
    ]
    return "\n".join(f"{label}: {value}" for label, value in lines if value)
