"""What went to the city portal: the queue as a list, and how much was sent and accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import contains_eager, joinedload

from extensions import db
from models import PortalDelivery, PortalEvent, PortalState, Publication, Revision, Role, Unit, User
from services import desk
from services.dates import end_of_day, start_of_day
from services.errors import InvalidInput
from services.policy import BOARD

# A queue that is looked at every minute has tried it by then.
OVERDUE = timedelta(hours=1)


class Figure(StrEnum):
    """A line of the report; the value is its name in the address. Both count texts that were
    sent as new ones, by the day on which it happened."""

    SENT = "da-gui"
    ACCEPTED = "duoc-nhan"


FIGURE_LABELS: dict[Figure, str] = {
    Figure.SENT: "Bài gửi Cổng thành phố",
    Figure.ACCEPTED: "Bài được Cổng thành phố nhận đăng",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is asked for; ``first`` and ``last`` bound the day of the figure, or of queueing."""

    state: PortalState | None = None
    figure: Figure | None = None
    unit_id: int | None = None
    publication_id: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of deliveries, the latest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[PortalDelivery]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of a unit's the portal was sent, and took."""

    unit_id: int | None
    name: str
    sent: int
    accepted: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be sent, what nobody took for long, what was given up, and since when the
    oldest waits. What is to be sent with a text that waits for its hour does not wait yet."""

    waiting: int
    overdue: int
    failed: int
    oldest: datetime | None


def page_of(*, user: User, chosen: Chosen, number: int, per_page: int) -> QueuePage:
    """What this person may know of. Raises InvalidInput for days in the wrong order."""
    conditions = _conditions(user, chosen)
    base = (
        select(PortalDelivery)
        .join(PortalDelivery.publication)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(*conditions)
    )
    total = db.session.scalar(base.with_only_columns(func.count(PortalDelivery.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    query = (
        base.options(
            contains_eager(PortalDelivery.publication).joinedload(Publication.unit),
            contains_eager(PortalDelivery.publication).joinedload(Publication.latest_revision),
            joinedload(PortalDelivery.revision),
        )
        .order_by(PortalDelivery.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return QueuePage(db.session.scalars(query).all(), number, pages, total)


def count_states(*, user: User) -> dict[PortalState, int]:
    """How many deliveries stand where."""
    query = (
        select(PortalDelivery.state, func.count(PortalDelivery.id))
        .join(PortalDelivery.publication)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(*_conditions(user, Chosen()))
        .group_by(PortalDelivery.state)
    )
    return {state: int(count) for state, count in db.session.execute(query)}


def backlog(*, now: datetime) -> Backlog:
    """The whole queue, for whoever looks after the machine."""
    is_due = (PortalDelivery.state == PortalState.QUEUED) & (PortalDelivery.next_try_at <= now)
    is_overdue = is_due & (PortalDelivery.next_try_at < now - OVERDUE)
    is_failed = PortalDelivery.state == PortalState.FAILED
    counts = [
        func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
        for condition in (is_due, is_overdue, is_failed)
    ]
    oldest = func.min(case((is_due, PortalDelivery.created_at)))
    row = db.session.execute(select(*counts, oldest)).one()
    return Backlog(int(row[0]), int(row[1]), int(row[2]), row[3])


def contributions(*, user: User, first: date, last: date) -> Sequence[Contribution]:
    """By unit, what was sent and what was accepted between two days, both included; the first
    line is all of them. Raises InvalidInput for days in the wrong order."""
    _check_order(first, last)
    columns = []
    for figure in Figure:
        is_counted = _is_of(figure) & _between(figure, first, last)
        columns.append(func.coalesce(func.sum(case((is_counted, 1), else_=0)), 0))
    query = (
        select(Unit.id, Unit.name, *columns)
        .select_from(PortalDelivery)
        .join(PortalDelivery.publication)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .join(Unit, Unit.id == Publication.unit_id)
        .where(shown_to(user))
        .group_by(Unit.id, Unit.name, Unit.position, Unit.sort_key)
        .order_by(Unit.position, Unit.sort_key)
    )
    found = [
        Contribution(unit_id, name, int(sent), int(accepted))
        for unit_id, name, sent, accepted in db.session.execute(query)
    ]
    found = [one for one in found if one.sent or one.accepted]
    total = Contribution(
        None, "Cả cơ quan", sum(o.sent for o in found), sum(o.accepted for o in found)
    )
    return [total, *found]


def shown_to(user: User) -> ColumnElement[bool]:
    """Whose deliveries a person sees, in a query that joins the text's latest revision."""
    if user.role is Role.ADMIN:
        return true()
    return desk.is_in_reach_of(user) if user.role in BOARD else desk.is_own_of(user)


def _conditions(user: User, chosen: Chosen) -> list[ColumnElement[bool]]:
    conditions = [shown_to(user)]
    if chosen.first is not None and chosen.last is not None:
        _check_order(chosen.first, chosen.last)
    if chosen.state is not None:
        conditions.append(PortalDelivery.state == chosen.state)
    if chosen.figure is not None:
        conditions.append(_is_of(chosen.figure))
    if chosen.unit_id is not None:
        conditions.append(Publication.unit_id == chosen.unit_id)
    if chosen.publication_id is not None:
        conditions.append(PortalDelivery.publication_id == chosen.publication_id)
    if chosen.first is not None or chosen.last is not None:
        conditions.append(_between(chosen.figure, chosen.first, chosen.last))
    return conditions


def _is_of(figure: Figure) -> ColumnElement[bool]:
    if figure is Figure.ACCEPTED:
        return (PortalDelivery.event == PortalEvent.PUBLISH) & (
            PortalDelivery.state == PortalState.ACCEPTED
        )
    return (PortalDelivery.event == PortalEvent.PUBLISH) & PortalDelivery.sent_at.is_not(None)


def _between(figure: Figure | None, first: date | None, last: date | None) -> ColumnElement[bool]:
    column = {
        Figure.SENT: PortalDelivery.sent_at,
        Figure.ACCEPTED: PortalDelivery.accepted_at,
        None: PortalDelivery.created_at,
    }[figure]
    condition: ColumnElement[bool] = true()
    if first is not None:
        condition = condition & (column >= start_of_day(first))
    if last is not None:
        condition = condition & (column <= end_of_day(last))
    return condition


def _check_order(first: date, last: date) -> None:
    if first > last:
        sentence = "“Đến ngày” phải cùng ngày hoặc sau “Từ ngày”."
        raise InvalidInput(sentence, {"last": sentence})
