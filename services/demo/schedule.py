"""The leaders' weeks of the demonstration, written by its board as such schedules are: on the
Friday before."""

from datetime import datetime, time, timedelta

from demo.content import read_schedule
from models import Role
from services import dates, schedule_writing, work_schedule
from services.demo.people import Cast
from services.schedule_writing import EntryDraft

_FRIDAY_BEFORE, _AT = timedelta(days=3), time(16, 30)


def write_schedule(*, cast: Cast, now: datetime) -> None:
    """Put last week, this one and the next into the schedule; flushes."""
    actor = cast.all_of(Role.EDITOR)[0]
    this_week = work_schedule.monday_of(dates.local_date(now))
    for row in read_schedule():
        monday = this_week + row.week * work_schedule.WEEK
        day = monday + timedelta(days=row.day - 2)
        written_at = min(now, dates.combine(monday - _FRIDAY_BEFORE, _AT))
        draft = EntryDraft(
            day=dates.format_date(day),
            part=row.part,
            starts=row.starts,
            ends=row.ends,
            content=row.content,
            place=row.place,
            chair=row.chair,
            attendees=row.attendees,
            preparing_unit=row.preparing_unit,
        )
        entry = schedule_writing.add(actor=actor, draft=draft, now=written_at)
        if row.status:
            schedule_writing.set_status(
                actor=actor,
                entry_id=entry.id,
                status=row.status,
                note=row.note,
                seen=str(entry.sequence),
                now=min(now, dates.start_of_day(day - timedelta(days=1))),
            )
