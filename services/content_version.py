"""Whether readers see the same as a moment ago: one value in the database, and the next due time.

Whatever changes a public page also gives ``ContentVersion`` a new value, in the same transaction,
so every process that asks knows of a change as soon as it is committed, whoever made it. What
appears or expires by itself changes nothing in the database; its time is known beforehand.
"""

import itertools
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, event, func, inspect, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session

from extensions import work
from models import (
    ConsultationDetail,
    ContentVersion,
    Correction,
    Media,
    OutageNotice,
    Poll,
    Promotion,
    Publication,
    Revision,
    ScheduleEntry,
    Section,
    SectionAlias,
    Setting,
    SiteLink,
    Synonym,
    Unit,
    User,
)
from services.dates import local_date, start_of_day
from services.kinds import KINDS

# The columns that public pages show; None stands for all. A revision is not here: what is live is
# frozen, and which one is live is the publication's.
SHOWN: dict[type[Any], frozenset[str] | None] = {
    Publication: frozenset(
        "kind slug title summary byline section_id unit_id posted_by_id lead_media_id "
        "live_revision_id published_at expires_at withdrawn_at withdrawn_reason "
        "language translation_of_id".split()
    ),
    Correction: None,
    Section: None,
    SectionAlias: None,
    Setting: None,
    Synonym: None,
    Promotion: None,
    OutageNotice: None,
    SiteLink: frozenset(
        "name english_name address heading english_heading position is_shown".split()
    ),
    ScheduleEntry: None,
    Unit: frozenset({"name", "short_name", "slug", "sort_key", "is_active"}),
    User: frozenset({"full_name"}),
    Media: frozenset(
        {"token", "width", "height", "widths", "alt", "focus_x", "focus_y", "version"}
    ),
}

# For so long, after which it is asked for anew, what was read counts as known where nobody may
# wait for an answer.
KNOWN_S = 0.1

_CHANGED = "content_version.changed"
_NUMBER = "SELECT number FROM content_version"
_changes_here = itertools.count(1)
# How many changes this process has committed itself.
_last_change_here = 0


def _is_shown(session: Session, row: Any) -> bool:
    """Whether this new, changed or deleted row is on a page that readers see."""
    if type(row) not in SHOWN:
        return False
    shown, state = SHOWN[type(row)], inspect(row)
    if isinstance(row, Publication):
        before = state.attrs.live_revision_id.history.deleted or ()
        if row.live_revision_id is None and row.live_revision is None and not any(before):
            return False
    if row in session.new or row in session.deleted:
        # A person or a picture is seen only once a text names it, which is a change of the text.
        return not isinstance(row, User | Media)
    if shown is None:
        return session.is_modified(row)
    changed = {attribute.key for attribute in state.attrs if attribute.history.has_changes()}
    # A foreign key may still be set by its relationship alone.
    return any(name in changed or name.removesuffix("_id") in changed for name in shown)


@event.listens_for(Session, "before_flush")
def _notice_rows(session: Session, _context: Any, _instances: Any) -> None:
    if session.info.get(_CHANGED):
        return
    rows = itertools.chain(session.new, session.dirty, session.deleted)
    if any(_is_shown(session, row) for row in rows):
        session.info[_CHANGED] = True


@event.listens_for(Session, "do_orm_execute")
def _notice_statements(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and mapper.class_ in SHOWN:
        state.session.info[_CHANGED] = True


@event.listens_for(Session, "before_commit")
def _mark(session: Session) -> None:
    session.flush()
    if session.info.get(_CHANGED):
        mark_changed(session)


@event.listens_for(Session, "after_commit")
def _tell_this_process(session: Session) -> None:
    global _last_change_here
    if session.info.pop(_CHANGED, None):
        _last_change_here = next(_changes_here)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    session.info.pop(_CHANGED, None)


def mark_changed(session: Session) -> None:
    """Give the content a new version with this transaction. For changes that no row tells of."""
    session.info[_CHANGED] = True
    # Not a counter: a database that was restored must not come back to a number already seen.
    session.connection().execute(update(ContentVersion).values(number=secrets.randbits(62)))


@dataclass(frozen=True, slots=True)
class Generation:
    """What readers see is the same as long as this is equal."""

    number: int
    # How many times something has appeared or expired by itself since this process started.
    falls: int


class Freshness:
    """Knows the generation of now. Asked for every page, so it must cost next to nothing.

    ``every_s``: how old the answer may be for a change that another process made; 0 asks each
    time. A change of this process is known at once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        every_s: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._every_s = every_s
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._known_change = -1
        self._number: int | None = None
        self._falls = 0
        self._due: datetime | None = None
        self._is_sqlite = engine.dialect.name == "sqlite"

    def generation(self) -> Generation:
        """The generation of this moment. Raises SQLAlchemy's errors if the database is away."""
        moment = time.monotonic()
        change = _last_change_here
        if moment - self._asked_at >= self._every_s or change != self._known_change:
            number = self._read_number()
            with self._lock:
                if number != self._number:
                    self._due = self._next_due()
                    self._number = number
                self._asked_at, self._known_change = moment, change
        if self._due is not None and self._clock() >= self._due:
            with self._lock:
                if self._due is not None and self._clock() >= self._due:
                    self._falls += 1
                    self._due = self._next_due()
        assert self._number is not None
        return Generation(self._number, self._falls)

    def known(self) -> Generation | None:
        """The generation, if it was asked for a moment ago and nothing tells that it is over.

        Never waits: for the server's I/O loop. None sends the request to where one may wait.
        """
        if (
            self._number is None
            or time.monotonic() - self._asked_at >= self._every_s + KNOWN_S
            or _last_change_here != self._known_change
            or (self._due is not None and self._clock() >= self._due)
        ):
            return None
        return Generation(self._number, self._falls)

    def _read_number(self) -> int:
        if not self._is_sqlite:
            with self._engine.connect() as connection:
                return number(connection)
        # Past SQLAlchemy's own transaction, which costs several times what is asked here.
        raw = self._engine.raw_connection()
        try:
            row = raw.cursor().execute(_NUMBER).fetchone()
            return int(row[0])
        finally:
            raw.close()

    def _next_due(self) -> datetime | None:
        # A question, whatever the thread did before: it must not take SQLite's write lock.
        with work(writes=False), Session(self._engine) as session:
            return next_due(session, self._clock())


def next_due(session: Session, now: datetime) -> datetime | None:
    """When the next thing appears or expires by itself; None: nothing does."""
    shown = (Publication.live_revision_id.is_not(None), Publication.withdrawn_at.is_(None))
    moments = [
        session.scalar(select(func.min(column)).where(column > now, *shown))
        for column in (Publication.published_at, Publication.expires_at)
    ]
    # An announcement is on every page until the outage is over.
    ending = select(func.min(OutageNotice.ends_at)).where(
        OutageNotice.ends_at > now, OutageNotice.cancelled_at.is_(None)
    )
    moments.append(session.scalar(ending))
    moments.append(_poll_closes(session, now))
    moments += _turns(session, now)
    moments.append(_next_countdown(session, now))
    moments.append(_next_day_of_schedule(session, now))
    return min((moment for moment in moments if moment is not None), default=None)


def _poll_closes(session: Session, now: datetime) -> datetime | None:
    """The midnight after the last day of the poll that the home page asks."""
    today = local_date(now)
    last_on = session.scalar(
        select(func.min(Poll.closes_on)).where(Poll.is_open, Poll.closes_on >= today)
    )
    return start_of_day(last_on + timedelta(days=1)) if last_on is not None else None


def _is_out(revision_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether this revision is the live one of what is not withdrawn.

    Asked of each detail by itself: joined, SQLite walks through all publications, half a second
    for 100,000.
    """
    return (
        select(Publication.id)
        .join(Revision, Revision.publication_id == Publication.id)
        .where(
            Revision.id == revision_id,
            Publication.live_revision_id == Revision.id,
            Publication.withdrawn_at.is_(None),
        )
        .exists()
    )


def _turns(session: Session, now: datetime) -> Iterator[datetime]:
    """The next midnights at which pages of kinds say something else: a document has effect from
    a day on, and what closes on a day is closed on the next."""
    today = local_date(now)
    for info in KINDS.values():
        for own in info.fields:
            if own.turns_after is None:
                continue
            assert info.detail_model is not None
            model, later = info.detail_model, timedelta(days=own.turns_after)
            column = getattr(model, own.name)
            first = session.scalar(
                select(func.min(column)).where(column > today - later, _is_out(model.revision_id))
            )
            if first is not None:
                yield start_of_day(first + later)


def _next_countdown(session: Session, now: datetime) -> datetime | None:
    """The next midnight, while a consultation is open: pages tell how many days are left."""
    today, model = local_date(now), ConsultationDetail
    is_open = (
        select(model.revision_id)
        .where(model.opens_on <= today, model.closes_on >= today, _is_out(model.revision_id))
        .limit(1)
    )
    if session.scalar(is_open) is None:
        return None
    return start_of_day(today + timedelta(days=1))


def _next_day_of_schedule(session: Session, now: datetime) -> datetime | None:
    """The next midnight, where there is a work schedule: its page marks today, and is another
    week's from Monday on."""
    if session.scalar(select(ScheduleEntry.id).limit(1)) is None:
        return None
    return start_of_day(local_date(now) + timedelta(days=1))


def number(connection: Connection) -> int:
    """The version of the content that this transaction sees."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        return int(connection.exec_driver_sql(_NUMBER).scalar_one())
    # Every page asks: past SQLAlchemy, which takes several times as long as the answer.
    try:
        (found,) = driver.execute(_NUMBER).fetchone()
    except sqlite3.Error as error:
        raise OperationalError(_NUMBER, (), error) from error
    return int(found)


def is_changed(session: Session) -> bool:
    """Whether this transaction has changed what readers see."""
    return bool(session.info.get(_CHANGED))
