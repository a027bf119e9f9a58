"""Counting readings: one per visitor and half hour, exact under concurrency, no address kept.

A visitor is a keyed hash of address and browser; the key changes every day, so that nobody,
not even with the database in hand, can tell who read what the day before.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from functools import cache, lru_cache

from crawleruseragents import is_crawler
from sqlalchemy import BindParameter, Executable, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from extensions import db
from models import Publication, Role, User, UTCDateTime, ViewDay, ViewSeen, ViewTotal
from services.dates import local_date
from services.errors import NotFound
from services.visibility import visible

REPEAT_AFTER = timedelta(minutes=30)
KEEP_SEEN = timedelta(days=1)
PRUNE_ONE_IN = 500
MAX_AGENT_CHARACTERS = 512

WRITERS = select(Publication.author_id, Publication.posted_by_id).where(
    Publication.id == bindparam("publication_id"),
    visible(bindparam("now", type_=UTCDateTime())),
)
TOTAL = select(ViewTotal.total).where(ViewTotal.publication_id == bindparam("publication_id"))
# Tools that fetch pages without anybody reading; the list of crawlers lacks some of them.
TOOLS = ("curl/", "wget/", "python-requests", "python-urllib", "headlesschrome", "httpx/")


def visitor_hash(
    *,
    secret_key: str,
    address: str,
    user_agent: str,
    moment: datetime,
    purpose: str = "views",
) -> str:
    """A name for this visitor that lasts until midnight in Đà Nẵng; 128 bits, hexadecimal.

    Another for each ``purpose``: who read what cannot be laid beside who voted for what.
    """
    day_key = hmac.new(
        secret_key.encode(), f"{purpose}/{local_date(moment).isoformat()}".encode(), hashlib.sha256
    ).digest()
    who = f"{address}\n{user_agent}".encode("utf-8", "surrogatepass")
    return hmac.new(day_key, who, hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=4096)
def _is_robot(user_agent: str) -> bool:
    lowered = user_agent.lower()
    return any(tool in lowered for tool in TOOLS) or is_crawler(user_agent)


def is_reader(*, user_agent: str, is_prefetch: bool) -> bool:
    """Whether a request like this is somebody reading: not a robot, a tool or a prefetch."""
    if is_prefetch or not user_agent.strip():
        return False
    # Real browsers stay far below this; the list of robots is over a thousand expressions.
    return len(user_agent) <= MAX_AGENT_CHARACTERS and not _is_robot(user_agent)


def is_staff_of(user: User | None, writers: set[int | None]) -> bool:
    """Whether this person handles texts or is among the writers of this one, so that their
    looking is not a reading."""
    if user is None or not user.is_authenticated:
        return False
    return user.role in {Role.EDITOR, Role.CHIEF} or user.id in writers


def record_view(
    *,
    publication_id: int,
    secret_key: str,
    address: str,
    user_agent: str,
    now: datetime,
    user: User | None = None,
    is_prefetch: bool = False,
) -> int:
    """Count this reading unless it does not count, and return the total.

    Raises NotFound if readers cannot see the publication. Every counter is raised in SQL, so
    that of any number of simultaneous readings none is lost.
    """
    writers = _writers_of_visible(publication_id=publication_id, now=now)
    if (
        is_reader(user_agent=user_agent, is_prefetch=is_prefetch)
        and not is_staff_of(user, writers)
        and _is_first_lately(
            publication_id=publication_id,
            secret_key=secret_key,
            address=address,
            user_agent=user_agent,
            now=now,
        )
    ):
        total = _add_one(publication_id=publication_id, now=now)
        if secrets.randbelow(PRUNE_ONE_IN) == 0:
            prune(now=now)
        return total
    return total_views(publication_id=publication_id)


def total_views(*, publication_id: int) -> int:
    """All readings so far; 0 for what was never read."""
    return db.session.scalar(TOTAL, {"publication_id": publication_id}) or 0


def public_total(*, publication_id: int, now: datetime) -> int:
    """All readings of what readers can see. Raises NotFound for anything else."""
    _writers_of_visible(publication_id=publication_id, now=now)
    return total_views(publication_id=publication_id)


def prune(*, now: datetime) -> int:
    """Forget the hashes of yesterday's visitors; returns how many rows went."""
    result = db.session.execute(delete(ViewSeen).where(ViewSeen.counted_at < now - KEEP_SEEN))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _writers_of_visible(*, publication_id: int, now: datetime) -> set[int | None]:
    """Who wrote and posted what readers can see. Raises NotFound for anything else."""
    row = db.session.execute(WRITERS, {"publication_id": publication_id, "now": now}).first()
    if row is None:
        raise NotFound("Không có bài này.")
    return set(row)


@cache
def _upserts(dialect: str) -> tuple[Executable, Executable, Executable]:
    """The statements that note a visitor and raise the total and the day, in the engine's own
    INSERT … ON CONFLICT, which both spell alike. Built once: it costs more than running them."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    publication_id: BindParameter[int] = bindparam("publication_id")
    seen = insert(ViewSeen).values(
        publication_id=publication_id,
        visitor_hash=bindparam("visitor_hash"),
        counted_at=bindparam("now", type_=UTCDateTime()),
    )
    seen = seen.on_conflict_do_update(
        index_elements=[ViewSeen.publication_id, ViewSeen.visitor_hash],
        set_={"counted_at": seen.excluded.counted_at},
        where=ViewSeen.counted_at <= bindparam("earlier", type_=UTCDateTime()),
    )
    total = insert(ViewTotal).values(publication_id=publication_id, total=1)
    total = total.on_conflict_do_update(
        index_elements=[ViewTotal.publication_id], set_={"total": ViewTotal.total + 1}
    )
    day = insert(ViewDay).values(
        publication_id=publication_id, viewed_on=bindparam("viewed_on"), count=1
    )
    day = day.on_conflict_do_update(
        index_elements=[ViewDay.publication_id, ViewDay.viewed_on],
        set_={"count": ViewDay.count + 1},
    )
    return seen.returning(ViewSeen.publication_id), total.returning(ViewTotal.total), day


def _statements() -> tuple[Executable, Executable, Executable]:
    return _upserts(db.session.get_bind().dialect.name)


def _is_first_lately(
    *, publication_id: int, secret_key: str, address: str, user_agent: str, now: datetime
) -> bool:
    earlier = now - REPEAT_AFTER
    if local_date(earlier) != local_date(now):
        # Shortly after midnight the visitor may have been counted under yesterday's key.
        yesterday = visitor_hash(
            secret_key=secret_key, address=address, user_agent=user_agent, moment=earlier
        )
        seen_at = db.session.scalar(
            select(ViewSeen.counted_at).where(
                ViewSeen.publication_id == publication_id, ViewSeen.visitor_hash == yesterday
            )
        )
        if seen_at is not None and seen_at > earlier:
            return False
    seen, _, _ = _statements()
    values = {
        "publication_id": publication_id,
        "visitor_hash": visitor_hash(
            secret_key=secret_key, address=address, user_agent=user_agent, moment=now
        ),
        "now": now,
        "earlier": earlier,
    }
    # No row comes back when the visitor was counted within the half hour.
    return db.session.execute(seen, values).first() is not None


def _add_one(*, publication_id: int, now: datetime) -> int:
    """Raise the total and the day in SQL; returns the total."""
    _, total, day = _statements()
    values = {"publication_id": publication_id}
    db.session.execute(day, values | {"viewed_on": local_date(now)})
    return int(db.session.execute(total, values).scalar_one())
