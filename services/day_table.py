"""The administrator's table of days: over the national calendar, both ways. Everything is audited.

A range is typed at once, since Tết is; each of its days is a row of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import DayException, User
from services import audit, duties
from services.dates import format_date, parse_date
from services.errors import InvalidInput, NotFound
from services.publications import one_line
from services.working_days import WorkingCalendar, calendar, national

MAX_DAYS_AT_ONCE = 31
MAX_NAME_CHARACTERS = 200
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day that is not as its day of the week would have it. ``is_own``: the administrator's;
    ``covers`` is what the national calendar says of it then."""

    on: date
    is_working: bool
    name: str
    is_own: bool
    covers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDraft:
    """What an administrator typed."""

    first: str = ""
    last: str = ""
    is_working: bool = False
    name: str = ""


def year_of(year: int) -> Sequence[DayRow]:
    """Every such day of a year, in order."""
    of_year, own = national(year), _own_of(year)
    rows = [DayRow(on, False, name, False) for on, name in of_year.off.items() if on not in own] + [
        DayRow(on, True, "Làm bù theo lịch quốc gia", False)
        for on in of_year.made_up
        if on not in own
    ]
    for on, row in own.items():
        covered = of_year.off.get(on, "Làm bù" if on in of_year.made_up else "")
        rows.append(DayRow(on, row.is_working, row.name, True, covered))
    return sorted(rows, key=lambda row: row.on)


def set_days(*, actor: User, draft: DayDraft, now: datetime) -> int:
    """Say of a day, or of each from one to another, that it is off or worked; answers of how many
    that was news, and counts the open deadlines anew. Raises InvalidInput naming each field."""
    name, fields = one_line(draft.name)[: MAX_NAME_CHARACTERS + 1], {}
    if not name:
        fields["name"] = "Hãy ghi lý do, ví dụ “Nghỉ bù Quốc khánh” hay “Làm bù”."
    elif len(name) > MAX_NAME_CHARACTERS:
        fields["name"] = f"Lý do dài quá {MAX_NAME_CHARACTERS} ký tự; hãy ghi ngắn lại."
    first = _day(draft.first, "first", "Từ ngày", fields)
    last = _day(draft.last, "last", "Đến ngày", fields) if draft.last.strip() else first
    if first is not None and last is not None:
        if last < first:
            fields["last"] = "“Đến ngày” phải cùng ngày hoặc sau “Từ ngày”."
        elif (last - first).days >= MAX_DAYS_AT_ONCE:
            fields["last"] = f"Mỗi lần ghi nhiều nhất {MAX_DAYS_AT_ONCE} ngày; hãy chia làm hai."
    if fields or first is None or last is None:
        raise InvalidInput(" ".join(fields.values()), fields)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    plain = WorkingCalendar({})
    # In a range, what is so already stays as the calendar has it: a weekend amid days off.
    news = [
        day
        for day in days
        if plain.is_working_day(day=day) != draft.is_working or day in calendar().exceptions
    ]
    if not news:
        said = "làm việc" if draft.is_working else "nghỉ"
        sentence = f"Những ngày này vốn đã là ngày {said}, không cần ghi thêm."
        raise InvalidInput(sentence, {"first": sentence})
    for day in news:
        _set(actor, day, draft.is_working, name, now)
    duties.recount()
    return len(news)


def remove_day(*, actor: User, on: date, now: datetime) -> None:
    """The day is again as the national calendar has it. Raises NotFound."""
    row = db.session.get(DayException, on)
    if row is None:
        raise NotFound(f"Ngày {format_date(on)} không có trong bảng; có thể ai đó vừa bỏ.")
    _record(actor, "day.remove", on, {"is_working": [row.is_working, None]}, now)
    db.session.delete(row)
    db.session.flush()
    duties.recount()


def _set(actor: User, day: date, is_working: bool, name: str, now: datetime) -> None:
    row = db.session.get(DayException, day)
    before = {"is_working": row.is_working, "name": row.name} if row else {}
    if row is None:
        row = DayException(on=day)
    row.is_working, row.name = is_working, name
    db.session.add(row)
    db.session.flush()
    changes = audit.changed(before, {"is_working": is_working, "name": name})
    if changes:
        _record(actor, "day.set", day, changes, now)


def _record(
    actor: User, action: str, day: date, changes: dict[str, list[object]], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="day",
        subject_key=day.isoformat(),
        subject_name=format_date(day),
        changes=changes,
        now=now,
    )


def _own_of(year: int) -> dict[date, DayException]:
    query = select(DayException).where(
        DayException.on >= date(year, 1, 1), DayException.on <= date(year, 12, 31)
    )
    return {row.on: row for row in db.session.scalars(query)}


def _day(typed: str, name: str, label: str, fields: dict[str, str]) -> date | None:
    try:
        day = parse_date(typed)
    except InvalidInput as error:
        fields[name] = f"{label}: {error.sentence}"
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        fields[name] = f"{label}: hãy ghi năm từ {FIRST_YEAR} đến {LAST_YEAR}."
        return None
    return day
