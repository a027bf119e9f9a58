"""The deadline ledger as it is read: what is due when, and how much was done in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true
from sqlalchemy.orm import joinedload

from extensions import db
from models import DutyItem, Publication, Revision, Role, Unit, User
from services import desk, working_days
from services.dates import format_date, local_date
from services.duties import PUBLICATION
from services.duty_rules import DUTIES
from services.errors import InvalidInput
from services.policy import BOARD
from services.voice.ledger import SUBJECT as VOICE

SOON_DAYS = 2
MAX_DOWNLOADED = 20_000
HEADER = (
    *("Việc", "Nội dung", "Đơn vị", "Tính từ ngày", "Hạn", "Ngày xong", "Tình trạng"),
    "Căn cứ",
)


class Status(StrEnum):
    """Where a line stands on a day; the value is its name in the address."""

    OPEN = "chua-xong"
    IN_TIME = "trong-han"
    SOON = "sap-den-han"
    OVERDUE = "qua-han"
    ON_TIME = "dung-han"
    LATE = "tre-han"


STATUS_LABELS: dict[Status, str] = {
    Status.OPEN: "Chưa xong",
    Status.IN_TIME: "Chưa đến hạn",
    Status.SOON: "Sắp đến hạn",
    Status.OVERDUE: "Quá hạn",
    Status.ON_TIME: "Xong đúng hạn",
    Status.LATE: "Xong trễ hạn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is asked for; ``first`` and ``last`` bound the due day."""

    duty: str = ""
    unit_id: int | None = None
    status: Status | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line with what is said of it today. ``is_linked``: this person may open it."""

    item: DutyItem
    status: Status
    words: str
    is_linked: bool

    @property
    def is_done(self) -> bool:
        return self.status in {Status.ON_TIME, Status.LATE}

    @property
    def label(self) -> str:
        return DUTIES[self.item.duty].label if self.item.duty in DUTIES else self.item.duty


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of lines; ``number`` and ``pages`` count from 1."""

    items: Sequence[Line]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Share:
    """How a unit did (None: no unit, or all of them together)."""

    unit_id: int | None
    name: str
    on_time: int
    late: int
    overdue: int
    waiting: int

    @property
    def total(self) -> int:
        return self.on_time + self.late + self.overdue + self.waiting

    @property
    def percent(self) -> int | None:
        """The on-time share of what has come due or was done; None where nothing has."""
        judged = self.on_time + self.late + self.overdue
        return None if not judged else round(self.on_time * 100 / judged)


def page_of(*, user: User, chosen: Chosen, now: datetime, number: int, per_page: int) -> LedgerPage:
    """One page: of what is not done, what is due first on top; else the latest. Raises
    InvalidInput for days in the wrong order."""
    conditions = _conditions(user, chosen, now)
    total = db.session.scalar(select(func.count(DutyItem.id)).where(*conditions)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    is_history = chosen.status in {None, Status.ON_TIME, Status.LATE}
    order = (DutyItem.due_on.desc() if is_history else DutyItem.due_on, DutyItem.id)
    query = (
        select(DutyItem)
        .options(joinedload(DutyItem.unit))
        .where(*conditions)
        .order_by(*order)
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    lines = [line_of(item, user=user, now=now) for item in db.session.scalars(query)]
    return LedgerPage(lines, number, pages, total)


def line_of(item: DutyItem, *, user: User, now: datetime) -> Line:
    """A line as it stands now."""
    today, calendar = local_date(now), working_days.calendar()
    is_linked = bool(item.address) and _may_open(user, item)
    if item.done_on is not None and item.done_at is not None and item.done_at <= now:
        if item.done_on <= item.due_on:
            return Line(item, Status.ON_TIME, "đúng hạn", is_linked)
        days = calendar.working_days_between(start=item.due_on, end=item.done_on)
        words = f"trễ {days} ngày làm việc" if days else "trễ hạn"
        return Line(item, Status.LATE, words, is_linked)
    words = calendar.label_left(due=item.due_on, today=today)
    if item.due_on < today:
        return Line(item, Status.OVERDUE, words, is_linked)
    soon = calendar.add_working_days(start=today, days=SOON_DAYS)
    return Line(item, Status.SOON if item.due_on <= soon else Status.IN_TIME, words, is_linked)


def _may_open(user: User, item: DutyItem) -> bool:
    """A line is everybody's who sees the ledger; what it is about need not be."""
    if item.subject == PUBLICATION:
        return user.role is not Role.ADMIN
    if item.subject == VOICE:
        return user.role in BOARD or (item.unit_id is not None and item.unit_id == user.unit_id)
    return True


def shares_of(*, user: User, chosen: Chosen, now: datetime) -> tuple[Share, Sequence[Share]]:
    """All units together, and each, whatever status is chosen."""
    wanted = Chosen(duty=chosen.duty, unit_id=chosen.unit_id, first=chosen.first, last=chosen.last)
    query = (
        select(Unit.id, Unit.name, *_counts(now))
        .select_from(DutyItem)
        .outerjoin(Unit, Unit.id == DutyItem.unit_id)
        .where(*_conditions(user, wanted, now))
        .group_by(Unit.id, Unit.name, Unit.position, Unit.sort_key)
        .order_by(Unit.id.is_(None), Unit.position, Unit.sort_key)
    )
    shares = []
    for unit_id, name, on_time, late, overdue, waiting in db.session.execute(query):
        counts = (int(on_time), int(late), int(overdue), int(waiting))
        shares.append(Share(unit_id, name or "(không thuộc đơn vị nào)", *counts))
    return _together(shares), shares


def shares_by_duty(
    *, user: User | None, chosen: Chosen, now: datetime
) -> tuple[Share, dict[str, Share]]:
    """All duties together, and each that had something due, by its key and in the order of the
    rules. Without a user: of the whole agency."""
    query = (
        select(DutyItem.duty, *_counts(now))
        .where(*_conditions(user, chosen, now))
        .group_by(DutyItem.duty)
    )
    found = {
        duty: Share(None, DUTIES[duty].label if duty in DUTIES else duty, *map(int, counts))
        for duty, *counts in db.session.execute(query)
    }
    order = [*DUTIES, *sorted(found.keys() - DUTIES.keys())]
    shares = {duty: found[duty] for duty in order if duty in found}
    return _together(shares.values()), shares


def _counts(now: datetime) -> list[Any]:
    return [
        func.coalesce(func.sum(case((and_(*_status(status, now)), 1), else_=0)), 0)
        for status in (Status.ON_TIME, Status.LATE, Status.OVERDUE, Status.IN_TIME)
    ]


def _together(shares: Iterable[Share]) -> Share:
    counts = [(one.on_time, one.late, one.overdue, one.waiting) for one in shares]
    return Share(
        None, "Cả cơ quan", *(sum(column) for column in zip((0,) * 4, *counts, strict=True))
    )


def table_of(*, user: User, chosen: Chosen, now: datetime) -> list[tuple[str, ...]]:
    """The lines as cells of text, for people to keep; no more than anybody opens."""
    found = page_of(user=user, chosen=chosen, now=now, number=1, per_page=MAX_DOWNLOADED)
    return [
        (
            line.label,
            line.item.title,
            line.item.unit.name if line.item.unit else "",
            format_date(line.item.started_on),
            format_date(line.item.due_on),
            format_date(line.item.done_on) if line.item.done_on and line.is_done else "",
            line.words,
            DUTIES[line.item.duty].source if line.item.duty in DUTIES else "",
        )
        for line in found.items
    ]


def _conditions(user: User | None, chosen: Chosen, now: datetime) -> list[ColumnElement[bool]]:
    if chosen.first and chosen.last and chosen.first > chosen.last:
        sentence = "“Đến ngày” phải cùng ngày hoặc sau “Từ ngày”."
        raise InvalidInput(sentence, {"last": sentence})
    conditions = [shown_to(user)] if user is not None else []
    if chosen.duty:
        conditions.append(DutyItem.duty == chosen.duty)
    if chosen.unit_id is not None:
        conditions.append(DutyItem.unit_id == chosen.unit_id)
    if chosen.first is not None:
        conditions.append(DutyItem.due_on >= chosen.first)
    if chosen.last is not None:
        conditions.append(DutyItem.due_on <= chosen.last)
    if chosen.status is not None:
        conditions += _status(chosen.status, now)
    return conditions


def _status(status: Status, now: datetime) -> list[ColumnElement[bool]]:
    today = local_date(now)
    done = DutyItem.done_at.is_not(None) & (DutyItem.done_at <= now)
    open_: ColumnElement[bool] = or_(DutyItem.done_at.is_(None), DutyItem.done_at > now)
    match status:
        case Status.OPEN:
            return [open_]
        case Status.IN_TIME:
            return [open_, DutyItem.due_on >= today]
        case Status.SOON:
            soon = working_days.add_working_days(start=today, days=SOON_DAYS)
            return [open_, DutyItem.due_on >= today, DutyItem.due_on <= soon]
        case Status.OVERDUE:
            return [open_, DutyItem.due_on < today]
        case Status.ON_TIME:
            return [done, DutyItem.done_on <= DutyItem.due_on]
        case Status.LATE:
            return [done, DutyItem.done_on > DutyItem.due_on]


def shown_to(user: User) -> ColumnElement[bool]:
    """The lines that this person may know of: as services/policy has it for texts; of the rest
    the board and the administrator see all, others what is their unit's."""
    if user.role is Role.ADMIN or (user.role in BOARD and not user.sections):
        return true()
    is_text = DutyItem.subject == PUBLICATION
    texts = (
        select(Publication.id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(Publication.id == DutyItem.subject_id)
    )
    if user.role in BOARD:
        reached = texts.where(desk.is_in_reach_of(user)).correlate(DutyItem).exists()
        return or_(~is_text, and_(is_text, reached))
    own = texts.where(desk.is_own_of(user)).correlate(DutyItem).exists()
    of_unit: Any = DutyItem.unit_id == user.unit_id if user.unit_id else false()
    return or_(and_(~is_text, of_unit), and_(is_text, own))
