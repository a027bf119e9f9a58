"""What people asked for and the site did not have: words and days, and nobody's name.

Counted by a message that the page sends after a while on an empty answer (docs/adr/0021). Words
that may name a person by an address or a number are not kept.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Executable, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models import UnansweredQuery
from services.dates import local_date
from services.search import SearchRequest, search
from services.search.promoting import key_of

MAX_KEY_CHARACTERS = 80
# Whoever sends made-up words can fill a day, not the table.
MAX_ROWS_A_DAY = 300
KEPT = timedelta(days=180)
_PERSONAL = re.compile(r"@|\d(?:[\s.-]?\d){7}")


class Unanswered(NamedTuple):
    """Words that found nothing, how often, and on which day last."""

    key: str
    times: int
    last_on: date


def record(*, typed: str, now: datetime) -> bool:
    """Count these words for today, if they are indeed not found; whether they were counted."""
    if _PERSONAL.search(typed):
        return False
    key = key_of(typed)
    if not 2 <= len(key) <= MAX_KEY_CHARACTERS:
        return False
    if search(request=SearchRequest(q=typed, per_page=1), now=now).total:
        return False
    today = local_date(now)
    is_known = db.session.get(UnansweredQuery, (today, key)) is not None
    if not is_known and _rows_of(today) >= MAX_ROWS_A_DAY:
        return False
    db.session.execute(_add(db.session.get_bind().dialect.name), {"asked_on": today, "key": key})
    return True


def most_asked(*, since: date, limit: int = 100) -> Sequence[Unanswered]:
    """What was asked for most since a day."""
    times = func.sum(UnansweredQuery.count)
    last_on = func.max(UnansweredQuery.asked_on)
    rows: Sequence[Any] = db.session.execute(
        select(UnansweredQuery.key, times, last_on)
        .where(UnansweredQuery.asked_on >= since)
        .group_by(UnansweredQuery.key)
        .order_by(times.desc(), last_on.desc(), UnansweredQuery.key)
        .limit(limit)
    ).all()
    return [Unanswered(key, int(count), day) for key, count, day in rows]


def prune(*, now: datetime) -> None:
    """Forget what was asked long ago."""
    db.session.execute(
        delete(UnansweredQuery).where(UnansweredQuery.asked_on < local_date(now) - KEPT)
    )


def _rows_of(day: date) -> int:
    counted = select(func.count()).where(UnansweredQuery.asked_on == day)
    return db.session.scalar(counted) or 0


@cache
def _add(dialect: str) -> Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(UnansweredQuery).values(
        asked_on=bindparam("asked_on"), key=bindparam("key"), count=1
    )
    return new.on_conflict_do_update(
        index_elements=[UnansweredQuery.asked_on, UnansweredQuery.key],
        set_={"count": UnansweredQuery.count + 1},
    )
