"""What was put up without review: by whom, why, and whether a chief editor has looked since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import aliased, joinedload

from extensions import db
from models import Publication, Revision, Role, Transition, User
from services import desk
from services.dates import end_of_day, format_datetime, local_date, start_of_day
from services.errors import InvalidInput

ACTION = "publish_unreviewed"
# Each is a chief editor's alone, and done with the text in front of them.
LOOKS = ("look_over", "approve", "publish", "correct", "withdraw", "republish", "archive")


@dataclass(frozen=True, slots=True)
class Line:
    """One publication without review. ``looked`` is what a chief editor did to it first, since."""

    publication: Publication
    published: Transition
    looked: Transition | None


@dataclass(frozen=True, slots=True)
class Report:
    """One page of lines, newest first; ``total`` and ``waiting`` count all of the period."""

    items: Sequence[Line]
    number: int
    pages: int
    total: int
    waiting: int


def half_year(now: datetime) -> tuple[date, date]:
    """The first and the last day of the half-year that it is in Việt Nam."""
    today = local_date(now)
    if today.month <= 6:
        return date(today.year, 1, 1), date(today.year, 6, 30)
    return date(today.year, 7, 1), date(today.year, 12, 31)


def report(*, user: User, first: date, last: date, number: int = 1, per_page: int = 25) -> Report:
    """What was put up without review from ``first`` to ``last``, both days included, in the
    sections that this person answers for. Raises InvalidInput for days in the wrong order; a
    number past the end gives the last page."""
    if first > last:
        sentence = "“Đến ngày” phải cùng ngày hoặc sau “Từ ngày”."
        raise InvalidInput(sentence, {"last": sentence})
    lines = (
        select(Transition, Publication)
        .join(Publication, Publication.id == Transition.publication_id)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(
            Transition.action == ACTION,
            Transition.at >= start_of_day(first),
            Transition.at <= end_of_day(last),
            # An administrator has no sections of their own to answer for.
            true() if user.role is Role.ADMIN else desk.is_in_reach_of(user),
        )
    )
    total, waiting = _count(lines), _count(lines.where(~_is_looked_at()))
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    query = (
        lines.options(joinedload(Transition.actor))
        .order_by(Transition.at.desc(), Transition.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    rows = [(published, publication) for published, publication in db.session.execute(query)]
    looks = _looks([publication.id for _, publication in rows])
    items = [
        Line(publication, published, _first_look(published, looks))
        for published, publication in rows
    ]
    return Report(items, number, pages, total, waiting)


def look_refusal(*, publication: Publication, actor: User) -> str | None:
    """Why this person need not or cannot confirm that they have looked at it; else None."""
    published = db.session.scalar(
        select(Transition)
        .where(Transition.publication_id == publication.id, Transition.action == ACTION)
        .order_by(Transition.id.desc())
        .limit(1)
    )
    if published is None:
        return "Bài này đã qua duyệt nên không cần xác nhận."
    if published.actor_id == actor.id:
        return "Bạn là người đăng bài này; hãy để một người khác trong Ban biên tập xem lại."
    looked = _first_look(published, _looks([publication.id]))
    if looked is not None:
        return f"{looked.actor.full_name} đã xem lại bài này lúc {format_datetime(looked.at)}."
    return None


def _is_looked_at() -> ColumnElement[bool]:
    look = aliased(Transition)
    return (
        select(look.id)
        .where(
            look.publication_id == Transition.publication_id,
            look.id > Transition.id,
            look.action.in_(LOOKS),
            look.actor_id != Transition.actor_id,
        )
        .correlate(Transition)
        .exists()
    )


def _count(lines: Select[Transition, Publication]) -> int:
    return db.session.scalar(lines.with_only_columns(func.count(Transition.id))) or 0


def _looks(publication_ids: Sequence[int]) -> list[Transition]:
    if not publication_ids:
        return []
    query = (
        select(Transition)
        .where(Transition.publication_id.in_(publication_ids), Transition.action.in_(LOOKS))
        .options(joinedload(Transition.actor))
        .order_by(Transition.id)
    )
    return list(db.session.scalars(query))


def _first_look(published: Transition, looks: Sequence[Transition]) -> Transition | None:
    return next(
        (
            look
            for look in looks
            if look.publication_id == published.publication_id
            and look.id > published.id
            and look.actor_id != published.actor_id
        ),
        None,
    )
