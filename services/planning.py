"""The calendar of the desk: what appeared, what is to appear, and what falls due.

Nothing here is stored: a month is read from the dates of the publications.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from extensions import db
from models import Publication, Revision, Section, Unit, User
from services import desk, policy
from services.dates import end_of_day, format_time, local_date, start_of_day
from services.policy import BOARD
from services.workflow import schedule_token

# More of one kind in one month than anybody reads; the page says so.
MAX_ENTRIES_OF_A_KIND = 1000
_FIRST_MONTH, _LAST_MONTH = date(1990, 1, 1), date(2199, 12, 1)


class Happening(StrEnum):
    """What happens to a publication on a day of the calendar."""

    PUBLISHED = "published"
    SCHEDULED = "scheduled"
    EXPIRES = "expires"
    EXPIRED = "expired"
    REVIEW = "review"


LABELS: dict[Happening, str] = {
    Happening.PUBLISHED: "Đã đăng",
    Happening.SCHEDULED: "Hẹn giờ",
    Happening.EXPIRES: "Hết hạn",
    Happening.EXPIRED: "Đã hết hạn",
    Happening.REVIEW: "Rà soát",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on one day. ``time`` is 14:05, or empty for what has the whole day;
    ``schedule_token`` is there for what this person may move."""

    publication_id: int
    happening: Happening
    on: date
    time: str
    title: str
    unit: str
    schedule_token: str = ""

    @property
    def label(self) -> str:
        return LABELS[self.happening]


@dataclass(frozen=True, slots=True)
class Day:
    """One day with its entries, earliest first."""

    on: date
    is_in_month: bool
    is_today: bool
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Month:
    """A month as a grid of whole weeks that begin on Monday."""

    on: date
    weeks: Sequence[Sequence[Day]]
    is_cut: bool

    @property
    def days(self) -> list[Day]:
        """The days of the month itself, without its neighbours'."""
        return [day for week in self.weeks for day in week if day.is_in_month]

    @property
    def previous(self) -> date | None:
        return shift(self.on, -1) if self.on > _FIRST_MONTH else None

    @property
    def next(self) -> date | None:
        return shift(self.on, 1) if self.on < _LAST_MONTH else None


def parse_month(text: str, *, now: datetime) -> date | None:
    """The first day of the month written 2026-11; this month for nothing; None for anything
    else and for what no calendar shows."""
    if not text:
        return month_of(local_date(now))
    year, dash, month = text.partition("-")
    if not (dash and len(year) == 4 and len(month) == 2 and text.isascii()):
        return None
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        return None
    if not _FIRST_MONTH.year <= int(year) <= _LAST_MONTH.year:
        return None
    return date(int(year), int(month), 1)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def shift(month_on: date, months: int) -> date:
    """The first day of the month so many months later."""
    count = month_on.year * 12 + month_on.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def month(*, user: User, month_on: date, now: datetime) -> Month:
    """What a month brings to whom this person may see: the board its sections' texts, everybody
    their own. The number of queries does not grow with the texts."""
    first = month_on - timedelta(days=month_on.weekday())
    last = shift(month_on, 1) - timedelta(days=1)
    last += timedelta(days=6 - last.weekday())
    found: list[Entry] = []
    is_cut = False
    for column in (Publication.published_at, Publication.expires_at, Publication.review_on):
        rows = db.session.execute(_rows(column, user=user, first=first, last=last)).all()
        is_cut = is_cut or len(rows) > MAX_ENTRIES_OF_A_KIND
        found += [_entry(column, row, now) for row in rows[:MAX_ENTRIES_OF_A_KIND]]
    tokens = _tokens(user, [e for e in found if e.happening is Happening.SCHEDULED])
    by_day: dict[date, list[Entry]] = {}
    for entry in sorted(found, key=lambda entry: (entry.on, entry.time, entry.publication_id)):
        by_day.setdefault(entry.on, []).append(_with_token(entry, tokens))
    today = local_date(now)
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    shown = [Day(on, month_of(on) == month_on, on == today, by_day.get(on, [])) for on in days]
    return Month(month_on, [shown[at : at + 7] for at in range(0, len(shown), 7)], is_cut)


def movable(*, user: User, publication: Publication, now: datetime) -> bool:
    """Whether the text waits for its hour and this person may move it."""
    is_waiting = publication.published_at is not None and publication.published_at > now
    return is_waiting and policy.can(user, "publication:reschedule", publication)


def _rows(
    column: InstrumentedAttribute[Any], *, user: User, first: date, last: date
) -> Select[tuple[int, Any, str, str, str]]:
    """What has a date of this kind within the days, with what an entry shows."""
    if column is Publication.review_on:
        is_within: ColumnElement[bool] = column.between(first, last)
    else:
        is_within = column.between(start_of_day(first), end_of_day(last))
    reach = desk.is_in_reach_of(user) | desk.is_own_of(user)
    return (
        select(Publication.id, column, Publication.title, Unit.short_name, Unit.name)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .join(Unit, Unit.id == Publication.unit_id)
        .where(
            Publication.live_revision_id.is_not(None),
            Publication.withdrawn_at.is_(None),
            is_within,
            reach if user.role in BOARD else desk.is_own_of(user),
        )
        .order_by(column, Publication.id)
        .limit(MAX_ENTRIES_OF_A_KIND + 1)
    )


def _entry(column: InstrumentedAttribute[Any], row: Sequence[Any], now: datetime) -> Entry:
    publication_id, at, title, short_name, name = row
    if column is Publication.review_on:
        return Entry(publication_id, Happening.REVIEW, at, "", title, short_name or name)
    if column is Publication.expires_at:
        happening = Happening.EXPIRED if at <= now else Happening.EXPIRES
    else:
        happening = Happening.PUBLISHED if at <= now else Happening.SCHEDULED
    return Entry(
        publication_id, happening, local_date(at), format_time(at), title, short_name or name
    )


def _tokens(user: User, scheduled: Sequence[Entry]) -> dict[int, str]:
    """For what this person may move, the token of what they see."""
    if not scheduled or user.role not in BOARD:
        return {}
    # Held here while the policy goes up the tree, so that it finds every section loaded.
    tree = db.session.scalars(select(Section)).all() if user.sections else []
    query = (
        select(Publication)
        .where(Publication.id.in_([entry.publication_id for entry in scheduled]))
        .options(joinedload(Publication.live_revision).defer(Revision.body))
    )
    tokens = {
        publication.id: schedule_token(publication)
        for publication in db.session.scalars(query)
        if policy.can(user, "publication:reschedule", publication)
    }
    del tree
    return tokens


def _with_token(entry: Entry, tokens: dict[int, str]) -> Entry:
    if entry.happening is not Happening.SCHEDULED:
        return entry
    return replace(entry, schedule_token=tokens.get(entry.publication_id, ""))
