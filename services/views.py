"""Counting readings: one per visitor and half hour, exact under concurrency, no address kept.

A visitor is a keyed hash of address and browser; the key changes every day, so that nobody,
not even with the database in hand, can tell who read what the day before.
"""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from crawleruseragents import is_crawler
from sqlalchemy import (
    BindParameter,
    Engine,
    Executable,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from extensions import db, work
from models import Publication, Role, User, UTCDateTime, ViewDay, ViewFold, ViewSeen, ViewTotal
from services.dates import local_date
from services.errors import NotFound, say
from services.visibility import visible

REPEAT_AFTER = timedelta(minutes=30)
KEEP_SEEN = timedelta(days=1)
PRUNE_ONE_IN = 500
MAX_AGENT_CHARACTERS = 512
# Whoever had a journal and has not folded it by then has lost it.
KEEP_FOLDS = timedelta(days=30)
# So many pairs in one question: SQLite takes 32,766 values.
PAIRS_AT_ONCE = 5_000
# Names the lock by which PostgreSQL lets one count at a time; SQLite has one writer anyway.
_LOCK = 0x6C75_6F74

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


@dataclass(frozen=True, slots=True)
class Reading:
    """One that was acknowledged, on its way into the counters."""

    publication_id: int
    visitor_hash: str
    moment: datetime
    # The same visitor's name of the day before, shortly after midnight; else "".
    hash_before: str = ""


def reading_of(
    *, publication_id: int, secret_key: str, address: str, user_agent: str, now: datetime
) -> Reading:
    """Who reads what, without a trace of who it is."""
    earlier = now - REPEAT_AFTER
    before = ""
    if local_date(earlier) != local_date(now):
        before = visitor_hash(
            secret_key=secret_key, address=address, user_agent=user_agent, moment=earlier
        )
    name = visitor_hash(secret_key=secret_key, address=address, user_agent=user_agent, moment=now)
    return Reading(publication_id, name, now, before)


def fold(*, name: str, readings: Iterable[Reading], now: datetime) -> int:
    """Add a journal of readings to the counters, and note its name: a second time adds nothing.

    Returns how many readings counted. Those of a visitor who was counted within the half hour do
    not, nor those of what has been deleted since.
    """
    _one_at_a_time()
    if db.session.get(ViewFold, name) is not None:
        return 0
    db.session.execute(insert(ViewFold).values(name=name, folded_at=now))
    ordered = sorted(readings, key=lambda reading: reading.moment)
    there = _existing({reading.publication_id for reading in ordered})
    seen = _seen_at(
        {
            (reading.publication_id, hash_)
            for reading in ordered
            for hash_ in (reading.visitor_hash, reading.hash_before)
            if hash_ and reading.publication_id in there
        }
    )
    counted: dict[tuple[int, str], datetime] = {}
    days: Counter[tuple[int, date]] = Counter()
    totals: Counter[int] = Counter()
    for reading in ordered:
        key = (reading.publication_id, reading.visitor_hash)
        before = seen.get((reading.publication_id, reading.hash_before))
        if reading.publication_id not in there or any(
            at is not None and abs(reading.moment - at) < REPEAT_AFTER
            for at in (seen.get(key), before)
        ):
            continue
        # A journal that was left behind may be older than what was counted meanwhile.
        seen[key] = counted[key] = max(seen.get(key, reading.moment), reading.moment)
        days[reading.publication_id, local_date(reading.moment)] += 1
        totals[reading.publication_id] += 1
    _add(counted, days, totals)
    return sum(totals.values())


def forget_folds(*, names: Iterable[str], now: datetime) -> None:
    """Forget the names of journals that are gone for good, so that nobody can still hold what was
    in them, and of those whose owner must be gone."""
    db.session.execute(
        delete(ViewFold).where(
            ViewFold.name.in_(list(names)) | (ViewFold.folded_at < now - KEEP_FOLDS)
        )
    )


class Standing:
    """What the database knows at this moment, asked past SQLAlchemy's own transaction, which costs
    several times what is asked here; and it changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        mark = "?" if self._is_sqlite else "%s"
        self._query = (
            f"SELECT (SELECT total FROM view_total WHERE publication_id = {mark}), "  # noqa: S608
            f"EXISTS (SELECT 1 FROM view_seen WHERE publication_id = {mark} "
            f"AND visitor_hash IN ({mark}, {mark}) AND counted_at > {mark})"
        )

    def of(self, reading: Reading) -> tuple[int, bool]:
        """The total of the publication, and whether this visitor was counted lately."""
        since: Any = reading.moment - REPEAT_AFTER
        if self._is_sqlite:
            since = since.strftime("%Y-%m-%d %H:%M:%S.%f")
        number = reading.publication_id
        values = (number, number, reading.visitor_hash, reading.hash_before, since)
        raw = self._engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(self._query, values)
            total, is_seen = cursor.fetchone()  # type: ignore[misc]
            cursor.close()
        finally:
            raw.close()
        return int(total or 0), bool(is_seen)

    def is_public(self, *, publication_id: int, now: datetime) -> bool:
        """Whether readers can see this publication."""
        with work(writes=False), Session(self._engine) as session:
            values = {"publication_id": publication_id, "now": now}
            return session.execute(WRITERS, values).first() is not None


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
        raise NotFound(say("Không có bài này."))
    return set(row)


def _one_at_a_time() -> None:
    """Until the end of the transaction. A visitor whose two readings are counted at once by two
    processes would otherwise be two."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _existing(ids: set[int]) -> set[int]:
    found: set[int] = set()
    ordered = sorted(ids)
    for start in range(0, len(ordered), PAIRS_AT_ONCE):
        some = ordered[start : start + PAIRS_AT_ONCE]
        found |= set(db.session.scalars(select(Publication.id).where(Publication.id.in_(some))))
    return found


def _seen_at(pairs: set[tuple[int, str]]) -> dict[tuple[int, str], datetime]:
    """When each of these visitors was last counted at each of these publications."""
    found: dict[tuple[int, str], datetime] = {}
    ordered = sorted(pairs)
    own = tuple_(ViewSeen.publication_id, ViewSeen.visitor_hash)
    columns = select(ViewSeen.publication_id, ViewSeen.visitor_hash, ViewSeen.counted_at)
    for start in range(0, len(ordered), PAIRS_AT_ONCE):
        some = ordered[start : start + PAIRS_AT_ONCE]
        found.update(
            {(row[0], row[1]): row[2] for row in db.session.execute(columns.where(own.in_(some)))}
        )
    return found


def _add(
    counted: dict[tuple[int, str], datetime],
    days: Counter[tuple[int, date]],
    totals: Counter[int],
) -> None:
    """Raise the counters in SQL, each table's rows in the order of their keys."""
    statements = _statements()
    _run(
        statements.seen,
        [
            {"publication_id": id_, "visitor_hash": name, "now": at, "earlier": at}
            for (id_, name), at in sorted(counted.items())
        ],
    )
    _run(
        statements.day,
        [
            {"publication_id": id_, "viewed_on": day, "more": more}
            for (id_, day), more in sorted(days.items())
        ],
    )
    _run(
        statements.total,
        [{"publication_id": id_, "more": more} for id_, more in sorted(totals.items())],
    )


def _run(statement: Executable, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        db.session.connection().execute(statement, rows)


@dataclass(frozen=True, slots=True)
class _Upserts:
    """INSERT … ON CONFLICT, which both engines spell alike."""

    seen: Executable
    day: Executable
    total: Executable
    # The same, and whether anything was written, and what the total is.
    seen_told: Executable
    total_told: Executable


@cache
def _upserts(dialect: str) -> _Upserts:
    """The statements that note a visitor and raise the day and the total. Built once: it costs
    more than running them."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    publication_id: BindParameter[int] = bindparam("publication_id")
    more: BindParameter[int] = bindparam("more")
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
    total = insert(ViewTotal).values(publication_id=publication_id, total=more)
    total = total.on_conflict_do_update(
        index_elements=[ViewTotal.publication_id],
        set_={"total": ViewTotal.total + total.excluded.total},
    )
    day = insert(ViewDay).values(
        publication_id=publication_id, viewed_on=bindparam("viewed_on"), count=more
    )
    day = day.on_conflict_do_update(
        index_elements=[ViewDay.publication_id, ViewDay.viewed_on],
        set_={"count": ViewDay.count + day.excluded.count},
    )
    return _Upserts(
        seen,
        day,
        total,
        seen.returning(ViewSeen.publication_id),
        total.returning(ViewTotal.total),
    )


def _statements() -> _Upserts:
    return _upserts(db.session.get_bind().dialect.name)


def _is_first_lately(
    *, publication_id: int, secret_key: str, address: str, user_agent: str, now: datetime
) -> bool:
    reading = reading_of(
        publication_id=publication_id,
        secret_key=secret_key,
        address=address,
        user_agent=user_agent,
        now=now,
    )
    _one_at_a_time()
    earlier = now - REPEAT_AFTER
    if reading.hash_before:
        # Shortly after midnight the visitor may have been counted under yesterday's key.
        seen_at = db.session.scalar(
            select(ViewSeen.counted_at).where(
                ViewSeen.publication_id == publication_id,
                ViewSeen.visitor_hash == reading.hash_before,
            )
        )
        if seen_at is not None and seen_at > earlier:
            return False
    values = {
        "publication_id": publication_id,
        "visitor_hash": reading.visitor_hash,
        "now": now,
        "earlier": earlier,
    }
    # No row comes back when the visitor was counted within the half hour.
    return db.session.execute(_statements().seen_told, values).first() is not None


def _add_one(*, publication_id: int, now: datetime) -> int:
    """Raise the total and the day in SQL; returns the total."""
    values = {"publication_id": publication_id, "more": 1}
    db.session.execute(_statements().day, values | {"viewed_on": local_date(now)})
    return int(db.session.execute(_statements().total_told, values).scalar_one())
