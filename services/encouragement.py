"""Encouragement (the board's "đôn đốc, khuyến khích"): a reminder to the units that are behind,
and thanks to those who wrote most. Told by the background worker, each once a month.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import selectinload

from extensions import db
from models import Origin, Publication, Revision, Unit, User
from services import notifications, settings
from services.dates import HO_CHI_MINH, local_date
from services.planning import month_of, shift
from services.targets import board, counts_in

# Nobody is told at night, or on a day off.
WORKING_HOURS = range(8, 17)
SATURDAY = 5
# Thanks are for the month that has just ended: a site that is set up later sends none for it.
LAST_DAY_OF_THANKS = 7


@dataclass(frozen=True, slots=True)
class Thanked:
    """Somebody, or a unit, on the list of thanks. ``written`` counts the self-written posts, by
    which the places go; ``published`` all of them. Equal numbers share a place."""

    id: int
    name: str
    unit: str
    place: int
    written: int
    published: int


@dataclass(frozen=True, slots=True)
class Thanks:
    """The list of one month."""

    month_on: date
    authors: Sequence[Thanked]
    units: Sequence[Thanked]


def thanks_of(*, month_on: date, now: datetime) -> Thanks:
    """Who wrote most in a month, and which units: so many places as the settings say, and all
    who share the last."""
    places = settings.get("thanks_places")
    counted = (
        func.sum(case((Revision.origin == Origin.OWN, 1), else_=0)).label("written"),
        func.count().label("published"),
    )
    base = (
        select(*counted)
        .select_from(Publication)
        .join(Revision, Revision.id == Publication.live_revision_id)
        .where(counts_in(month_on, now))
    )
    authors = (
        base.join(User, User.id == Publication.author_id)
        .join(Unit, Unit.id == User.unit_id)
        .add_columns(User.id, User.full_name.label("name"), User.sort_key, Unit.name.label("unit"))
        .group_by(User.id, User.full_name, User.sort_key, Unit.name)
    )
    units = (
        base.join(Unit, Unit.id == Publication.unit_id)
        .add_columns(Unit.id, Unit.name.label("name"), Unit.sort_key, Unit.name.label("unit"))
        .group_by(Unit.id, Unit.name, Unit.sort_key)
    )
    return Thanks(month_on, _ranked(authors, places), _ranked(units, places))


def _ranked(query: Select[Any], places: int) -> list[Thanked]:
    rows = [row for row in db.session.execute(query) if row.written]
    numbers = sorted((int(row.written) for row in rows), reverse=True)
    found = [
        (
            row.sort_key,
            Thanked(
                id=row.id,
                name=row.name,
                unit=row.unit,
                place=1 + numbers.index(int(row.written)),
                written=int(row.written),
                published=int(row.published),
            ),
        )
        for row in rows
    ]
    found.sort(key=lambda pair: (pair[1].place, pair[0]))
    return [one for _, one in found if one.place <= places]


# ---------------------------------------------------------------- telling, by the worker
def remind_units(*, now: datetime) -> int:
    """Remind the contacts of each unit that is behind, once a month; how many were told.

    From the day that the settings name on, at hours when people work.
    """
    today = local_date(now)
    if today.day < settings.get("target_reminder_day") or not _is_working_time(now):
        return 0
    threshold = settings.get("target_reminder_percent")
    behind = {
        row.unit_id: row
        for row in board(month_on=month_of(today), now=now)
        if row.now.remaining and row.now.published * 100 < threshold * row.now.target
    }
    told = 0
    for unit in _with_contacts(behind):
        row = behind[unit.id]
        sentence = (
            f"Tháng {today:%m/%Y}, {unit.name} đã đăng {row.now.published} trên "
            f"{row.now.target} tin bài; thêm {row.now.remaining} bài nữa là đạt chỉ tiêu."
        )
        for contact in unit.contacts:
            told += _tell(
                contact,
                event="target_reminder",
                sentence=sentence,
                detail=(
                    "Đơn vị có việc gì vừa làm xong, một con số mới hay một người đáng kể "
                    "thì xin viết vài dòng gửi về; Ban biên tập sẵn lòng giúp hoàn chỉnh bài."
                ),
                address=f"/ban-lam-viec/chi-tieu?thang={today:%Y-%m}",
                once_key=f"target-reminder:{today:%Y-%m}:{unit.id}",
                now=now,
            )
    return told


def thank(*, now: datetime) -> int:
    """Thank those on last month's list, once each, in the first days of the month; how many
    were told."""
    today = local_date(now)
    if today.day > LAST_DAY_OF_THANKS or not _is_working_time(now):
        return 0
    month_on = shift(month_of(today), -1)
    thanks = thanks_of(month_on=month_on, now=now)
    address = f"/ban-lam-viec/chi-tieu/cam-on?thang={month_on:%Y-%m}"
    told = 0
    authors = {one.id: one for one in thanks.authors}
    for user in db.session.scalars(select(User).where(User.id.in_(authors))):
        one = authors[user.id]
        told += _tell(
            user,
            event="thanks",
            sentence=(
                f"Cảm ơn bạn: tháng {month_on:%m/%Y} bạn có {one.written} tin bài tự viết được "
                f"đăng, đứng thứ {one.place}."
            ),
            address=address,
            once_key=f"thanks:{month_on:%Y-%m}",
            now=now,
        )
    units = {one.id: one for one in thanks.units}
    for unit in _with_contacts(units):
        one = units[unit.id]
        for contact in unit.contacts:
            told += _tell(
                contact,
                event="thanks",
                sentence=(
                    f"Cảm ơn {unit.name}: tháng {month_on:%m/%Y} đơn vị có {one.written} tin bài "
                    f"tự viết được đăng, đứng thứ {one.place}."
                ),
                address=address,
                once_key=f"thanks:{month_on:%Y-%m}:{unit.id}",
                now=now,
            )
    return told


def _is_working_time(now: datetime) -> bool:
    local = now.astimezone(HO_CHI_MINH)
    return local.weekday() < SATURDAY and local.hour in WORKING_HOURS


def _with_contacts(unit_ids: Iterable[int]) -> Sequence[Unit]:
    query = (
        select(Unit)
        .where(Unit.id.in_(unit_ids))
        .options(selectinload(Unit.contacts))
        .order_by(Unit.id)
    )
    return db.session.scalars(query).all()


def _tell(
    user: User,
    *,
    event: str,
    sentence: str,
    address: str,
    once_key: str,
    now: datetime,
    detail: str = "",
) -> bool:
    """Whether the person was told now; nobody whose account is closed is."""
    if not user.is_active:
        return False
    notification = notifications.tell(
        user=user,
        event=event,
        sentence=sentence,
        detail=detail,
        address=address,
        once_key=once_key,
        now=now,
    )
    return notification is not None
