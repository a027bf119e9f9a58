"""Planned outages: announced so many working days ahead (NĐ 224/2026, Điều 13), shown on every
public page from then until they end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import OutageNotice, User
from services import audit, dates, duties
from services.errors import Conflict, InvalidInput, NotFound
from services.publications import one_line
from services.remembered import remembered

SUBJECT = "outage"
ADDRESS = "/ban-lam-viec/tam-ngung"
MAX_REASON_CHARACTERS = 300
MAX_URGENT_CHARACTERS = 500
# Longer is no outage any more, and more likely a wrong month.
MAX_LENGTH = timedelta(days=30)
MAX_LISTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDraft:
    """What was typed of one."""

    starts_day: str = ""
    starts_time: str = ""
    ends_day: str = ""
    ends_time: str = ""
    reason: str = ""
    is_urgent: bool = False
    urgent_reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What readers are told of one."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str


def current(*, now: datetime) -> list[Told]:
    """What readers are told of now: announced, not cancelled, not over."""
    return [one for one in remembered("outages", _announced) if one.ends_at > now]


def _announced() -> list[Told]:
    columns = (OutageNotice.id, OutageNotice.starts_at, OutageNotice.ends_at, OutageNotice.reason)
    query = (
        select(*columns)
        .where(OutageNotice.cancelled_at.is_(None))
        .order_by(OutageNotice.ends_at.desc())
        .limit(MAX_LISTED)
    )
    found = [Told(*row) for row in db.session.execute(query)]
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def latest() -> Sequence[OutageNotice]:
    """What was announced, the latest first."""
    query = (
        select(OutageNotice)
        .options(joinedload(OutageNotice.announced_by))
        .order_by(OutageNotice.starts_at.desc(), OutageNotice.id.desc())
        .limit(MAX_LISTED)
    )
    return db.session.scalars(query).all()


def first_day(*, now: datetime) -> date:
    """The earliest day that may still be announced today without being urgent."""
    day = dates.local_date(now)
    while duties.due_on(duty="outage", started_on=day) < dates.local_date(now):
        day += timedelta(days=1)
    return day


def announce(*, actor: User, draft: OutageDraft, now: datetime) -> OutageNotice:
    """Tell readers of an outage from this moment on; flushes. Audited, and in the ledger.

    Raises InvalidInput naming each field that is wrong, and where it is later than the law asks
    and not marked as urgent with a reason.
    """
    fields: dict[str, str] = {}
    starts_at = _moment(draft.starts_day, draft.starts_time, "starts", "Từ", fields)
    ends_at = _moment(draft.ends_day, draft.ends_time, "ends", "Đến", fields)
    reason = _words(draft.reason, "reason", "Lý do", MAX_REASON_CHARACTERS, fields)
    if not reason and "reason" not in fields:
        fields["reason"] = "Hãy ghi vì sao tạm ngừng; bạn đọc sẽ thấy lời này."
    urgent_reason = _words(
        draft.urgent_reason, "urgent_reason", "Vì sao báo gấp", MAX_URGENT_CHARACTERS, fields
    )
    if starts_at is not None and ends_at is not None:
        _check_span(starts_at, ends_at, now, fields)
    is_late = starts_at is not None and _is_late(starts_at, now)
    if is_late and not draft.is_urgent:
        fields.setdefault(
            "starts_day",
            f"Phải báo trước {duties.limit_of('outage')} ngày làm việc "
            f"(NĐ 224/2026/NĐ-CP, Điều 13): sớm nhất là ngày "
            f"{dates.format_date(first_day(now=now))}. Sự cố gấp thì chọn “Báo gấp” và ghi lý do.",
        )
    elif is_late and not urgent_reason:
        fields.setdefault("urgent_reason", "Hãy ghi vì sao không báo trước đủ ngày được.")
    if fields or starts_at is None or ends_at is None:
        raise InvalidInput(" ".join(fields.values()), fields)
    notice = OutageNotice(
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        is_urgent=is_late,
        urgent_reason=urgent_reason if is_late else "",
        announced_by_id=actor.id,
        announced_at=now,
    )
    db.session.add(notice)
    db.session.flush()
    duties.open_item(
        duty="outage",
        subject=SUBJECT,
        subject_id=notice.id,
        title=f"Tạm ngừng trang từ {dates.format_datetime(starts_at)}: {reason}",
        address=ADDRESS,
        unit_id=actor.unit_id,
        started_on=dates.local_date(starts_at),
    )
    duties.close_item(subject=SUBJECT, subject_id=notice.id, at=now)
    changes: dict[str, list[object]] = {
        "starts_at": [None, dates.format_datetime(starts_at)],
        "ends_at": [None, dates.format_datetime(ends_at)],
        "reason": [None, reason],
    }
    if is_late:
        changes["urgent_reason"] = [None, urgent_reason]
    _record(actor, "outage.announce", notice, changes, now)
    return notice


def cancel(*, actor: User, notice_id: int, now: datetime) -> OutageNotice:
    """It will not be, or is over sooner: readers are told no more. Raises NotFound, Conflict."""
    notice = db.session.get(OutageNotice, notice_id, with_for_update=True)
    if notice is None:
        raise NotFound("Không có thông báo tạm ngừng này.")
    if notice.cancelled_at is not None:
        raise Conflict("Một người khác vừa huỷ thông báo này.")
    if notice.ends_at <= now:
        raise Conflict("Lần tạm ngừng này đã qua nên không cần huỷ.")
    notice.cancelled_at = now
    db.session.flush()
    if notice.starts_at > now:
        duties.drop_item(subject=SUBJECT, subject_id=notice.id)
    changes: dict[str, list[object]] = {"cancelled_at": [None, dates.format_datetime(now)]}
    _record(actor, "outage.cancel", notice, changes, now)
    return notice


def _is_late(starts_at: datetime, now: datetime) -> bool:
    last_day = duties.due_on(duty="outage", started_on=dates.local_date(starts_at))
    return dates.local_date(now) > last_day


def _check_span(
    starts_at: datetime, ends_at: datetime, now: datetime, fields: dict[str, str]
) -> None:
    if ends_at <= starts_at:
        fields["ends_day"] = "Lúc kết thúc phải sau lúc bắt đầu."
    elif ends_at <= now:
        fields["ends_day"] = "Lúc kết thúc đã qua; hãy xem lại ngày và giờ."
    elif ends_at - starts_at > MAX_LENGTH:
        fields["ends_day"] = "Dài quá 30 ngày; hãy xem lại ngày kết thúc."


def _moment(day: str, hour: str, name: str, label: str, fields: dict[str, str]) -> datetime | None:
    on: date | None = None
    at: time | None = None
    try:
        on = dates.parse_date(day)
    except InvalidInput as error:
        fields[f"{name}_day"] = f"{label} ngày: {error.sentence}"
    try:
        at = dates.parse_time(hour)
    except InvalidInput as error:
        fields[f"{name}_time"] = f"{label} giờ: {error.sentence}"
    return dates.combine(on, at) if on is not None and at is not None else None


def _words(text: str, name: str, label: str, most: int, fields: dict[str, str]) -> str:
    words = one_line(text[: most * 4])
    if len(words) > most:
        fields[name] = f"{label} dài {len(words)} ký tự; hãy rút còn nhiều nhất {most} ký tự."
    return words


def _record(
    actor: User, action: str, notice: OutageNotice, changes: dict[str, list[object]], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=SUBJECT,
        subject_key=str(notice.id),
        subject_name=f"Từ {dates.format_datetime(notice.starts_at)}",
        changes=changes,
        now=now,
    )
