"""The desk's inbox: what readers sent, by kind, stage, unit and clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import AuditEvent, Channel, User, VoiceItem, VoiceStatus
from services import audit, working_days
from services.dates import end_of_day, local_date, start_of_day
from services.voice.rules import BOARD, OPEN

MAX_WORDS_CHARACTERS = 100
SOON_WORKING_DAYS = 3


class Stage(StrEnum):
    """Where one looks: what waits for whom."""

    OPEN = "dang-xu-ly"
    NEW = "moi"
    IN_UNIT = "don-vi"
    REVIEW = "cho-duyet"
    LATE = "qua-han"
    CLOSED = "da-xong"


STAGE_LABELS = {
    Stage.OPEN: "Đang xử lý",
    Stage.NEW: "Mới nhận",
    Stage.IN_UNIT: "Ở đơn vị",
    Stage.REVIEW: "Chờ duyệt trả lời",
    Stage.LATE: "Quá hạn",
    Stage.CLOSED: "Đã xong",
}
# As they stand in addresses.
CHANNEL_KEYS = {
    Channel.QUESTION: "cau-hoi",
    Channel.COMMENT: "gop-y",
    Channel.ERROR_REPORT: "bao-sai",
    Channel.REUSE: "dung-lai",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the inbox was filtered by."""

    stage: Stage = Stage.OPEN
    channel: Channel | None = None
    unit_id: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line, with its clock in words; ``is_late`` for how it looks."""

    item: VoiceItem
    clock: str
    is_late: bool
    is_soon: bool


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page; ``number`` and ``pages`` count from 1."""

    items: Sequence[Row]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are by stage, and of the chosen stage by channel."""

    stages: dict[Stage, int] = field(default_factory=dict)
    channels: dict[Channel, int] = field(default_factory=dict)


def page_of(*, user: User, chosen: Chosen, number: int, per_page: int, now: datetime) -> InboxPage:
    """What this person may see of it: the board all, others what their unit was given."""
    today = local_date(now)
    conditions = [*_seen_by(user), *_filters(chosen), _of_stage(chosen.stage, today)]
    total = db.session.scalar(select(func.count(VoiceItem.id)).where(*conditions)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    # What is due first, first; what has no day, by age; what is closed, the newest first.
    order: list[Any] = [
        case((VoiceItem.due_on.is_(None), 1), else_=0),
        VoiceItem.due_on,
        VoiceItem.received_at,
        VoiceItem.id,
    ]
    if chosen.stage is Stage.CLOSED:
        order = [VoiceItem.closed_at.desc(), VoiceItem.id.desc()]
    items = db.session.scalars(
        select(VoiceItem)
        .options(joinedload(VoiceItem.unit), joinedload(VoiceItem.publication))
        .where(*conditions)
        .order_by(*order)
        .limit(per_page)
        .offset((number - 1) * per_page)
    ).all()
    return InboxPage([row_of(item, now=now) for item in items], number, pages, total)


def row_of(item: VoiceItem, *, now: datetime) -> Row:
    """An item with its clock."""
    if item.due_on is None or item.status not in OPEN:
        return Row(item, "", is_late=False, is_soon=False)
    today = local_date(now)
    left = working_days.working_days_between(start=today, end=item.due_on)
    late = item.due_on < today
    words = working_days.label_left(due=item.due_on, today=today)
    return Row(item, words, is_late=late, is_soon=not late and left <= SOON_WORKING_DAYS)


def counts(*, user: User, chosen: Chosen, now: datetime) -> Counts:
    """The numbers beside the filters, in two queries."""
    today = local_date(now)
    seen = [*_seen_by(user), *_filters(chosen)]
    columns = [func.count(VoiceItem.id).filter(_of_stage(stage, today)) for stage in Stage]
    by_stage = db.session.execute(select(*columns).where(*seen)).one()
    any_channel = Chosen(chosen.stage, None, chosen.unit_id, chosen.words)
    rows = db.session.execute(
        select(VoiceItem.channel, func.count(VoiceItem.id))
        .where(*_seen_by(user), *_filters(any_channel), _of_stage(chosen.stage, today))
        .group_by(VoiceItem.channel)
    )
    return Counts(dict(zip(Stage, by_stage, strict=True)), {row[0]: row[1] for row in rows})


def count_waiting(*, user: User) -> int:
    """How many this person's side has to do something about: for the desk's navigation."""
    query = select(func.count(VoiceItem.id)).where(
        *_seen_by(user), VoiceItem.status.in_(sorted(OPEN))
    )
    return db.session.scalar(query) or 0


def history(item: VoiceItem) -> Sequence[AuditEvent]:
    """What the desk did with it, newest first."""
    found = audit.page_of(number=1, per_page=50, subject="voice", subject_key=str(item.id))
    return found.items


# ---------------------------------------------------------------- the report
@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What came by one form in a period, and what became of it."""

    channel: Channel
    received: int
    answered: int
    refused: int
    waiting: int
    late: int
    on_time: int


def report(*, from_on: date, to_on: date, now: datetime) -> list[ChannelReport]:
    """By form, of what was received in the period; both days are included.

    ``on_time`` counts what was closed by the day that stood then; ``late`` what was closed after
    it, or waits beyond it.
    """
    today = local_date(now)
    rows = db.session.execute(
        select(VoiceItem.channel, VoiceItem.status, VoiceItem.due_on, VoiceItem.closed_at).where(
            VoiceItem.received_at >= start_of_day(from_on),
            VoiceItem.received_at <= end_of_day(to_on),
        )
    ).all()
    found = []
    for channel in Channel:
        mine = [row for row in rows if row.channel is channel]
        dated = [
            (row.due_on, local_date(row.closed_at) if row.closed_at else None)
            for row in mine
            if row.due_on is not None and row.status is not VoiceStatus.TAKEN_BACK
        ]
        found.append(
            ChannelReport(
                channel,
                received=len(mine),
                answered=sum(row.status is VoiceStatus.ANSWERED for row in mine),
                refused=sum(row.status is VoiceStatus.REFUSED for row in mine),
                waiting=sum(row.status in OPEN for row in mine),
                late=sum((closed or today) > due for due, closed in dated),
                on_time=sum(closed is not None and closed <= due for due, closed in dated),
            )
        )
    return found


# ---------------------------------------------------------------- conditions
def _seen_by(user: User) -> list[ColumnElement[bool]]:
    return [] if user.role in BOARD else [VoiceItem.unit_id == user.unit_id]


def _filters(chosen: Chosen) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.channel is not None:
        conditions.append(VoiceItem.channel == chosen.channel)
    if chosen.unit_id is not None:
        conditions.append(VoiceItem.unit_id == chosen.unit_id)
    words = chosen.words[:MAX_WORDS_CHARACTERS]
    if words:
        if words.isascii() and words.isdigit() and int(words) < 2**31:
            conditions.append(VoiceItem.id == int(words))
        else:
            conditions.append(
                or_(
                    VoiceItem.subject.icontains(words, autoescape=True),
                    VoiceItem.text.icontains(words, autoescape=True),
                )
            )
    return conditions


def _of_stage(stage: Stage, today: date) -> ColumnElement[bool]:
    is_open = VoiceItem.status.in_(sorted(OPEN))
    match stage:
        case Stage.OPEN:
            return is_open
        case Stage.NEW:
            return VoiceItem.status == VoiceStatus.RECEIVED
        case Stage.IN_UNIT:
            return VoiceItem.status.in_([VoiceStatus.ASSIGNED, VoiceStatus.ANSWERING])
        case Stage.REVIEW:
            return VoiceItem.status == VoiceStatus.IN_REVIEW
        case Stage.LATE:
            return and_(is_open, VoiceItem.due_on < today)
        case Stage.CLOSED:
            return VoiceItem.status.not_in(sorted(OPEN))
