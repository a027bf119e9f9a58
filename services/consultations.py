"""Consultations on drafts: which are open on a day, and how long they still are.

A day is one in Asia/Ho_Chi_Minh, and both ends count: a draft that closes on the 30th takes
comments until the end of the 30th.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from extensions import db
from models import ConsultationDetail, Kind, Language, Publication
from services.dates import local_date
from services.kind_lists import rows_of_kind
from services.remembered import remembered_at


class Stage(StrEnum):
    """Where a consultation stands on a day."""

    OPEN = "dang-lay-y-kien"
    SOON = "sap-mo"
    CLOSED = "da-ket-thuc"


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage of a consultation on a day; ``days_left`` counts to its last day, 0 on it."""

    stage: Stage
    opens_on: date | None
    closes_on: date | None
    days_left: int | None

    @property
    def is_open(self) -> bool:
        return self.stage is Stage.OPEN


@dataclass(frozen=True, slots=True)
class Consultation:
    """One consultation in a list."""

    id: int
    kind: Kind
    language: Language
    slug: str
    title: str
    summary: str
    lead_body: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class ConsultationPage:
    """One page of the list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Consultation]
    number: int
    pages: int
    total: int


def standing(*, opens_on: date | None, closes_on: date | None, today: date) -> Standing:
    """Where it stands. A missing first day has passed, a missing last one does not come."""
    if opens_on is not None and today < opens_on:
        return Standing(Stage.SOON, opens_on, closes_on, None)
    if closes_on is not None and closes_on < today:
        return Standing(Stage.CLOSED, opens_on, closes_on, None)
    left = (closes_on - today).days if closes_on is not None else None
    return Standing(Stage.OPEN, opens_on, closes_on, left)


def open_now(*, now: datetime, limit: int, language: Language = Language.VI) -> list[Consultation]:
    """Those that take comments today, the first to close first."""

    def read() -> list[Consultation]:
        today = local_date(now)
        query = (
            _select(now, language)
            .where(_rank(today) == 0)
            .order_by(ConsultationDetail.closes_on.asc().nulls_last(), Publication.id)
            .limit(limit)
        )
        return _rows(query, today)

    # They count the days that are left, which is known to turn at midnight.
    return remembered_at(("open", language, limit), read, now=now)


def count_open(*, now: datetime, language: Language = Language.VI) -> int:
    """How many take comments today."""
    query = _select(now, language).where(_rank(local_date(now)) == 0)
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def page_of(
    *, now: datetime, number: int, per_page: int, language: Language = Language.VI
) -> ConsultationPage:
    """One page: open ones first, the first to close on top; then those to come; then what is
    over, the latest first. A number past the end gives the last page."""
    today = local_date(now)
    total = (
        db.session.scalar(select(func.count()).select_from(_select(now, language).subquery())) or 0
    )
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    rank, closes_on = _rank(today), ConsultationDetail.closes_on
    query = (
        _select(now, language)
        .order_by(
            rank,
            case((rank < 2, closes_on)).asc().nulls_last(),
            closes_on.desc().nulls_last(),
            Publication.id.desc(),
        )
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return ConsultationPage(_rows(query, today), number, pages, total)


def _rank(today: date) -> ColumnElement[int]:
    """0 open, 1 to come, 2 over: as ``standing`` says it."""
    return case(
        (ConsultationDetail.opens_on > today, 1),
        (ConsultationDetail.closes_on < today, 2),
        else_=0,
    )


def _select(now: datetime, language: Language) -> Select[*tuple[Any, ...]]:
    detail = ConsultationDetail
    own = (detail.lead_body, detail.opens_on, detail.closes_on)
    return rows_of_kind(Kind.CONSULTATION, detail, *own, now=now, language=language)


def _rows(query: Select[*tuple[Any, ...]], today: date) -> list[Consultation]:
    found = []
    for row in db.session.execute(query):
        stands = standing(opens_on=row.opens_on, closes_on=row.closes_on, today=today)
        id_, kind, language, slug, title, summary, lead_body = row[:7]
        found.append(Consultation(id_, kind, language, slug, title, summary, lead_body, stands))
    return found
