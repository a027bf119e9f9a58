"""Counting somebody once a day without knowing who: what ratings and polls share.

As with readings (services/views): a keyed hash of address and browser whose key changes every
day, kept until the next, and one INSERT that tells whether it was there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models import PollSeen, RatingSeen
from services.views import visitor_hash

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request tells of who sent it; never kept."""

    address: str
    user_agent: str
    secret_key: str

    def name(self, *, purpose: str, now: datetime) -> str:
        return visitor_hash(
            secret_key=self.secret_key,
            address=self.address,
            user_agent=self.user_agent,
            moment=now,
            purpose=purpose,
        )


def upsert(model: type[Any]) -> Any:
    """The engine's own INSERT that knows ON CONFLICT."""
    is_postgresql = db.session.get_bind().dialect.name == "postgresql"
    return (postgresql if is_postgresql else sqlite).insert(model)


def is_first(model: type[Any], **values: Any) -> bool:
    """Note it, and say whether it is the first of this visitor today. Of any number at once one
    is the first."""
    noted = upsert(model).values(**values).on_conflict_do_nothing()
    return db.session.execute(noted.returning(model.visitor_hash)).first() is not None


def prune(*, now: datetime) -> None:
    """Forget the hashes of yesterday's visitors."""
    db.session.execute(delete(RatingSeen).where(RatingSeen.rated_at < now - KEPT))
    db.session.execute(delete(PollSeen).where(PollSeen.voted_at < now - KEPT))
