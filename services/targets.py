"""How many posts each unit is asked for in a month, and how far it is.

A post counts in the month, in Vietnam's time, in which it first appeared, unless it was withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, select

from extensions import db
from models import Kind, Publication, Role, Unit, UnitTarget, User
from services import audit
from services.dates import local_date, start_of_day
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.planning import month_of, shift

MAX_POSTS = 999
MONTHS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a unit is in one month. A target of 0: none is set."""

    month_on: date
    target: int
    published: int

    @property
    def remaining(self) -> int:
        return max(0, self.target - self.published)

    @property
    def percent(self) -> int:
        """Of the target, at most 100; rounded down, so that 100 means reached."""
        return min(100, self.published * 100 // self.target) if self.target else 0


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit: this month, and those before it, newest first. ``exception`` is the target of
    this month alone, where it differs from the ``usual`` one."""

    unit_id: int
    name: str
    usual: int
    exception: int | None
    now: Progress
    before: Sequence[Progress]

    @property
    def seen(self) -> str:
        """What somebody saw who changes the targets."""
        return f"{self.usual}.{'' if self.exception is None else self.exception}"


# ---------------------------------------------------------------- how far they are
def board(*, month_on: date, now: datetime) -> list[UnitRow]:
    """Every active unit with its target and what it has published, in three queries."""
    months = [shift(month_on, -back) for back in range(MONTHS_BEFORE + 1)]
    units = db.session.scalars(
        select(Unit).where(Unit.is_active).order_by(Unit.position, Unit.sort_key, Unit.id)
    ).all()
    exceptions = {
        (row.unit_id, row.month_on): row.posts
        for row in db.session.scalars(select(UnitTarget).where(UnitTarget.month_on.in_(months)))
    }
    counts = _published_by_unit(months, now)

    def progress(unit: Unit, index: int) -> Progress:
        target = exceptions.get((unit.id, months[index]), unit.monthly_target)
        return Progress(months[index], target, counts.get(unit.id, [0] * len(months))[index])

    return [
        UnitRow(
            unit_id=unit.id,
            name=unit.name,
            usual=unit.monthly_target,
            exception=exceptions.get((unit.id, month_on)),
            now=progress(unit, 0),
            before=[progress(unit, index) for index in range(1, len(months))],
        )
        for unit in units
    ]


def sum_of(rows: Sequence[UnitRow]) -> tuple[int, int]:
    """What all units together are asked for, and have published."""
    return sum(row.now.target for row in rows), sum(row.now.published for row in rows)


def progress_of(*, unit_id: int, now: datetime) -> Progress:
    """How far one unit is this month, in one query."""
    month_on = month_of(local_date(now))
    counted = (
        select(func.count(Publication.id))
        .where(counts_in(month_on, now), Publication.unit_id == unit_id)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(func.coalesce(UnitTarget.posts, Unit.monthly_target), counted)
        .select_from(Unit)
        .outerjoin(UnitTarget, (UnitTarget.unit_id == Unit.id) & (UnitTarget.month_on == month_on))
        .where(Unit.id == unit_id)
    ).one()
    return Progress(month_on, row[0], row[1])


def _published_by_unit(months: Sequence[date], now: datetime) -> dict[int, list[int]]:
    columns = [func.sum(case((_within(month), 1), else_=0)) for month in months]
    query = (
        select(Publication.unit_id, *columns)
        .where(
            _counts(now),
            Publication.published_at >= start_of_day(min(months)),
            Publication.published_at < start_of_day(shift(max(months), 1)),
        )
        .group_by(Publication.unit_id)
    )
    return {row[0]: [int(count) for count in row[1:]] for row in db.session.execute(query)}


def _within(month_on: date) -> ColumnElement[bool]:
    return and_(
        Publication.published_at >= start_of_day(month_on),
        Publication.published_at < start_of_day(shift(month_on, 1)),
    )


def _counts(now: datetime) -> ColumnElement[bool]:
    return and_(
        Publication.kind == Kind.POST,
        Publication.live_revision_id.is_not(None),
        Publication.withdrawn_at.is_(None),
        Publication.published_at <= now,
    )


def counts_in(month_on: date, now: datetime) -> ColumnElement[bool]:
    """The condition on Publication to count in a month."""
    return and_(_counts(now), _within(month_on))


# ---------------------------------------------------------------- setting targets
def refusal_to_set(user: User) -> str | None:
    """Why this person may not set targets, as a sentence; None if they may."""
    if user.role in {Role.CHIEF, Role.ADMIN}:
        return None
    return "Chỉ Trưởng, Phó Ban biên tập hoặc quản trị viên đặt được chỉ tiêu."


def set_targets(
    *,
    unit_id: int,
    month_on: date,
    usual: int | None,
    exception: int | None,
    seen: str,
    actor: User,
    now: datetime,
) -> None:
    """Set what a unit is asked for: each month, and (None: as usual) in this one; audited.

    ``usual`` is None where no number was typed. Raises InvalidInput, NotAllowed, NotFound, or
    Conflict if somebody has set something else since ``seen``.
    """
    refusal = refusal_to_set(actor)
    if refusal is not None:
        raise NotAllowed(refusal)
    unit = db.session.scalar(select(Unit).where(Unit.id == unit_id).with_for_update())
    if unit is None or not unit.is_active:
        raise NotFound("Không có đơn vị này.")
    fields = {}
    wrong = f"hãy ghi số bài từ 0 đến {MAX_POSTS}"
    if usual is None or not 0 <= usual <= MAX_POSTS:
        fields["usual"] = f"Chỉ tiêu mỗi tháng: {wrong}."
    if exception is not None and not 0 <= exception <= MAX_POSTS:
        fields["exception"] = f"Chỉ tiêu riêng tháng này: {wrong}, hoặc để trống."
    if exception is not None and month_on < month_of(local_date(now)):
        fields["exception"] = "Tháng này đã qua nên không đặt chỉ tiêu riêng được nữa."
    if fields or usual is None:
        raise InvalidInput("Chưa lưu được. " + " ".join(fields.values()), fields)
    row = db.session.get(UnitTarget, (unit.id, month_on))
    before = row.posts if row else None
    if seen != f"{unit.monthly_target}.{'' if before is None else before}":
        raise Conflict(
            f"Một người khác vừa đặt lại chỉ tiêu của {unit.name}. Chưa có gì bị ghi đè; "
            "hãy xem số hiện nay rồi lưu lần nữa."
        )
    # Named as it is read: the trail knows no field for each month.
    this_month = f"Chỉ tiêu riêng tháng {month_on:%m/%Y}"
    changes = audit.changed(
        {"monthly_target": unit.monthly_target, this_month: before},
        {"monthly_target": usual, this_month: exception},
    )
    if not changes:
        return
    unit.monthly_target = usual
    if exception is None and row is not None:
        db.session.delete(row)
    elif exception is not None and row is not None:
        row.posts = exception
    elif exception is not None:
        db.session.add(UnitTarget(unit_id=unit.id, month_on=month_on, posts=exception))
    db.session.flush()
    audit.record(
        actor=actor,
        action="unit.target",
        subject="unit",
        subject_key=str(unit.id),
        subject_name=unit.name,
        changes=changes,
        now=now,
    )
