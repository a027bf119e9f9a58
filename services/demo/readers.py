"""Invented readings: many in the first days, a few ever after."""

import random
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import insert

from extensions import db
from models import Publication, ViewDay, ViewTotal
from services.dates import local_date

_FIRST_DAYS = 45
_LATE_SHARE = 0.06
_LATE_DAYS = 120


def add_views(
    publication: Publication, *, total: int, now: datetime, chance: random.Random
) -> None:
    """``total`` readings of a published text, by day between its publication and ``now``."""
    assert publication.published_at is not None
    first, today = local_date(publication.published_at), local_date(now)
    age_days = (today - first).days
    by_day: Counter[int] = Counter()
    for _ in range(total):
        if age_days > _FIRST_DAYS and chance.random() < _LATE_SHARE:
            after = age_days - chance.randint(0, min(_LATE_DAYS, age_days))
        else:
            # On average a fifth of a first reader's interest goes each day.
            after = min(int(chance.expovariate(0.2)), age_days)
        by_day[after] += 1
    db.session.add(ViewTotal(publication_id=publication.id, total=total))
    db.session.execute(
        insert(ViewDay),
        [
            {
                "publication_id": publication.id,
                "viewed_on": first + timedelta(days=after),
                "count": count,
            }
            for after, count in sorted(by_day.items())
        ],
    )
