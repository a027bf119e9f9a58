"""Writing the leaders' work schedule. What is written is on the site at once; every act is in
the audit trail, and counts up the entry's sequence, by which calendars know that it changed.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import uuid4

from sqlalchemy import func, select

from extensions import db
from models import DayPart, EntryStatus, ScheduleEntry, User
from services import audit, dates, work_schedule
from services.errors import Conflict, InvalidInput, NotFound
from services.voice.plain import taken
from services.work_schedule import STATUS_LABELS, WEEK, half_of, hours_of, week_name

SUBJECT = "schedule"
# field: its name in sentences, and how much of it there may be.
TEXTS: dict[str, tuple[str, int]] = {
    "content": ("Nội dung", 500),
    "place": ("Địa điểm", 200),
    "chair": ("Chủ trì", 200),
    "attendees": ("Thành phần", 1000),
    "preparing_unit": ("Đơn vị chuẩn bị", 200),
}
MAX_NOTE_CHARACTERS = 300
# No agency's leaders do more; a page and a feed must have an end.
MAX_IN_A_WEEK = 200
# Farther is more likely a slip in the year.
MAX_AHEAD, MAX_BACK = timedelta(days=366), timedelta(days=731)
OVERTAKEN = (
    "Một người khác vừa sửa việc này. Chưa có gì bị ghi đè: hãy mở lại để xem bản mới rồi sửa."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """What was typed of one."""

    day: str = ""
    part: str = DayPart.HOURS.value
    starts: str = ""
    ends: str = ""
    content: str = ""
    place: str = ""
    chair: str = ""
    attendees: str = ""
    preparing_unit: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """The same, read; what could not be is None and has its sentence in the errors."""

    on: date | None
    part: DayPart | None
    starts: time | None
    ends: time | None
    texts: dict[str, str]


def get(entry_id: int) -> ScheduleEntry:
    """One entry. Raises NotFound."""
    entry = db.session.get(ScheduleEntry, entry_id)
    if entry is None:
        raise NotFound("Việc này không còn trong lịch công tác.")
    return entry


def draft_of(entry: ScheduleEntry) -> EntryDraft:
    """An entry as its form shows it."""
    return EntryDraft(
        day=dates.format_date(entry.on),
        part=entry.part.value,
        starts=f"{entry.starts:%H:%M}" if entry.starts else "",
        ends=f"{entry.ends:%H:%M}" if entry.ends else "",
        **{name: getattr(entry, name) for name in TEXTS},
    )


def add(*, actor: User, draft: EntryDraft, now: datetime) -> ScheduleEntry:
    """Put something into the schedule; flushes. Raises InvalidInput naming what is wrong."""
    read = read_draft(draft, now=now)
    assert read.on is not None
    assert read.part is not None
    check_room(read.on, 1)
    entry = _new(actor, now, on=read.on, part=read.part, starts=read.starts, ends=read.ends)
    set_texts(entry, read.texts)
    db.session.add(entry)
    db.session.flush()
    _record(actor, "schedule.add", entry, before={}, now=now)
    return entry


def change(
    *, actor: User, entry_id: int, draft: EntryDraft, seen: str, now: datetime
) -> ScheduleEntry:
    """Write an entry anew; flushes. Raises NotFound, InvalidInput, and Conflict if somebody else
    changed it since its form showed the sequence ``seen``."""
    entry = _locked(entry_id, seen)
    read = read_draft(draft, now=now, kept_on=entry.on)
    assert read.on is not None
    assert read.part is not None
    if work_schedule.monday_of(read.on) != work_schedule.monday_of(entry.on):
        check_room(read.on, 1)
    before = in_words(entry)
    entry.on, entry.part, entry.starts, entry.ends = read.on, read.part, read.starts, read.ends
    set_texts(entry, read.texts)
    if in_words(entry) != before:
        _changed(entry, actor, now)
        _record(actor, "schedule.change", entry, before=before, now=now)
    return entry


def set_status(
    *, actor: User, entry_id: int, status: str, note: str, seen: str, now: datetime
) -> ScheduleEntry:
    """Postpone, cancel, or say that it takes place after all; flushes. It stays in the schedule,
    struck out, so that whoever planned by it sees what became of it.

    Raises NotFound, InvalidInput for a status that there is not or a note too long, Conflict.
    """
    entry = _locked(entry_id, seen)
    fields: dict[str, str] = {}
    wanted = next((one for one in EntryStatus if one.value == status), None)
    if wanted is None:
        fields["status"] = "Tình trạng: hãy chọn một trong “Theo lịch”, “Hoãn”, “Huỷ”."
    try:
        words = read_note(note)
    except InvalidInput as error:
        fields |= error.fields
    if fields or wanted is None:
        raise InvalidInput(" ".join(fields.values()), fields)
    words = "" if wanted is EntryStatus.PLANNED else words
    before = in_words(entry)
    entry.status, entry.status_note = wanted, words
    if in_words(entry) != before:
        _changed(entry, actor, now)
        _record(actor, "schedule.status", entry, before=before, now=now)
    return entry


def remove(*, actor: User, entry_id: int, seen: str, now: datetime) -> date:
    """Take out what was never to be there; its day. What will not take place is cancelled
    instead, so that readers are told. Raises NotFound, Conflict."""
    entry = _locked(entry_id, seen)
    before, on = in_words(entry), entry.on
    audit.record(
        actor=actor,
        action="schedule.remove",
        subject=SUBJECT,
        subject_key=str(entry.id),
        subject_name=entry.content,
        changes={field: [value, None] for field, value in before.items() if value},
        now=now,
    )
    db.session.delete(entry)
    db.session.flush()
    return on


def copy_last_week(*, actor: User, week_on: date, now: datetime) -> int:
    """Write the entries of the week before into the week of this Monday; how many, of those that
    are not there yet: pressed twice, it gives nothing twice. What was called off stays behind.

    Raises Conflict where there is nothing to copy, InvalidInput where there is no room or the
    week is too far.
    """
    _check_distance(week_on, now)
    last = timedelta(days=6)
    there = {
        _sameness(one, one.on) for one in work_schedule.entries_between(week_on, week_on + last)
    }
    before = work_schedule.entries_between(week_on - WEEK, week_on - WEEK + last)
    planned = [one for one in before if one.status is EntryStatus.PLANNED]
    if not planned:
        raise Conflict("Tuần trước không có việc nào để chép sang.")
    wanted = [one for one in planned if _sameness(one, one.on + WEEK) not in there]
    if not wanted:
        raise Conflict("Mọi việc của tuần trước đã có trong tuần này.")
    check_room(week_on, len(wanted))
    for one in wanted:
        entry = _new(actor, now, on=one.on + WEEK, part=one.part, starts=one.starts, ends=one.ends)
        set_texts(entry, {name: getattr(one, name) for name in TEXTS})
        db.session.add(entry)
    db.session.flush()
    audit.record(
        actor=actor,
        action="schedule.copy",
        subject=SUBJECT,
        subject_key=week_name(week_on),
        subject_name=f"Tuần từ {dates.format_date(week_on)}",
        changes={"texts": [None, len(wanted)], "content": [None, [one.content for one in wanted]]},
        now=now,
    )
    return len(wanted)


def _new(
    actor: User, now: datetime, *, on: date, part: DayPart, starts: time | None, ends: time | None
) -> ScheduleEntry:
    return ScheduleEntry(
        uid=str(uuid4()),
        sequence=0,
        on=on,
        part=part,
        starts=starts,
        ends=ends,
        status=EntryStatus.PLANNED,
        status_note="",
        created_by_id=actor.id,
        created_at=now,
        changed_by_id=actor.id,
        changed_at=now,
    )


def set_texts(entry: ScheduleEntry, texts: dict[str, str]) -> None:
    for name, value in texts.items():
        setattr(entry, name, value)


def _changed(entry: ScheduleEntry, actor: User, now: datetime) -> None:
    entry.sequence += 1
    entry.changed_by_id, entry.changed_at = actor.id, now
    db.session.flush()


def _locked(entry_id: int, seen: str) -> ScheduleEntry:
    entry = db.session.get(ScheduleEntry, entry_id, with_for_update=True)
    if entry is None:
        raise NotFound("Việc này không còn trong lịch công tác.")
    if seen != str(entry.sequence):
        raise Conflict(OVERTAKEN)
    return entry


def read_draft(draft: EntryDraft, *, now: datetime, kept_on: date | None = None) -> Read:
    """What was typed, or InvalidInput with a sentence for each field that is wrong."""
    fields: dict[str, str] = {}
    on = _day(draft.day, now, fields, kept_on)
    part = next((one for one in DayPart if one.value == draft.part), None)
    if part is None:
        fields["part"] = "Buổi: hãy chọn một mục trong danh sách."
    starts = _time(draft.starts, "starts", "Giờ bắt đầu", fields)
    ends = _time(draft.ends, "ends", "Giờ kết thúc", fields)
    if part is DayPart.HOURS:
        _check_hours(draft, starts, ends, fields)
    elif draft.starts.strip() or draft.ends.strip():
        named = "starts" if draft.starts.strip() else "ends"
        fields.setdefault(
            named, "Giờ: đã ghi giờ thì chọn “Theo giờ”; chọn cả buổi, cả ngày thì bỏ trống giờ."
        )
    texts = {}
    for name, (label, limit) in TEXTS.items():
        texts[name], wrong = taken(
            getattr(draft, name), label=label, limit=limit, is_needed=name == "content", lines=False
        )
        if wrong:
            fields[name] = wrong
    if fields:
        raise InvalidInput(" ".join(fields.values()), fields)
    return Read(on, part, starts, ends, texts)


def read_note(note: str) -> str:
    """What readers are told of a postponement, cleaned. Raises InvalidInput if it is too long."""
    words, wrong = taken(
        note, label="Ghi chú", limit=MAX_NOTE_CHARACTERS, is_needed=False, lines=False
    )
    if wrong:
        raise InvalidInput(wrong, {"note": wrong})
    return words


def _day(text: str, now: datetime, fields: dict[str, str], kept_on: date | None) -> date | None:
    try:
        day = dates.parse_date(text)
        if day != kept_on:
            _check_distance(day, now)
    except InvalidInput as error:
        fields["day"] = f"Ngày: {error.sentence}" if text.strip() else "Hãy ghi ngày."
        return None
    return day


def _check_distance(day: date, now: datetime) -> None:
    today = dates.local_date(now)
    if not today - MAX_BACK <= day <= today + MAX_AHEAD:
        sentence = (
            f"ngày {dates.format_date(day)} cách hôm nay quá xa (sau quá một năm, hoặc trước quá "
            "hai năm); hãy xem lại năm."
        )
        raise InvalidInput(sentence, {"day": f"Ngày: {sentence}"})


def _time(text: str, name: str, label: str, fields: dict[str, str]) -> time | None:
    if not text.strip():
        return None
    try:
        return dates.parse_time(text)
    except InvalidInput as error:
        fields[name] = f"{label}: {error.sentence}"
        return None


def _check_hours(
    draft: EntryDraft, starts: time | None, ends: time | None, fields: dict[str, str]
) -> None:
    if not draft.starts.strip():
        fields["starts"] = "Hãy ghi giờ bắt đầu, hoặc chọn cả buổi sáng, cả buổi chiều, cả ngày."
    elif starts is not None and ends is not None and ends <= starts:
        fields["ends"] = "Giờ kết thúc phải sau giờ bắt đầu, trong cùng ngày."


def check_room(day: date, more: int) -> None:
    monday = work_schedule.monday_of(day)
    count = db.session.scalar(
        select(func.count(ScheduleEntry.id)).where(
            ScheduleEntry.on.between(monday, monday + timedelta(days=6))
        )
    )
    if (count or 0) + more > MAX_IN_A_WEEK:
        sentence = (
            f"Ngày: tuần từ {dates.format_date(monday)} đã có {count} việc; mỗi tuần nhiều nhất "
            f"{MAX_IN_A_WEEK} việc. Hãy gộp hoặc xoá bớt."
        )
        raise InvalidInput(sentence, {"day": sentence})


def _sameness(entry: ScheduleEntry, on: date) -> tuple[object, ...]:
    return on, entry.part, entry.starts, entry.content


def in_words(entry: ScheduleEntry) -> dict[str, str]:
    """What it says, as the trail shows it."""
    hours = hours_of(entry)
    half = half_of(entry) if entry.part is not DayPart.HOURS else ""
    return {
        "when": f"{dates.weekday_label(entry.on)} {dates.format_date(entry.on)}, {hours or half}",
        **{name: getattr(entry, name) for name in TEXTS},
        "status": STATUS_LABELS[entry.status],
        "status_note": entry.status_note,
    }


def _record(
    actor: User, action: str, entry: ScheduleEntry, *, before: dict[str, str], now: datetime
) -> None:
    after = in_words(entry)
    changes = {
        field: [before.get(field), value]
        for field, value in after.items()
        if before.get(field, "") != value
    }
    audit.record(
        actor=actor,
        action=action,
        subject=SUBJECT,
        subject_key=str(entry.id),
        subject_name=entry.content,
        changes=changes,
        now=now,
    )
