"""What every page reads and hardly ever changes, kept in memory for as long as it is right.

The sections, the settings, how many there are in a list: each is read once for each version of the
content (services/content_version), which the transaction that asks sees itself. So a page never
holds the sections of one moment and the posts of another.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from extensions import connection, db, may_write
from services import content_version

# Lists are counted by kind, section and language; who makes up others makes no memory full.
MAX_KEPT = 500

Value = TypeVar("Value")
_VERSION = "remembered.version"


@dataclass(slots=True)
class _Shelf:
    """What was read at one version of the content."""

    version: int
    values: dict[Hashable, Any] = field(default_factory=dict)
    # From when and until when nothing appears or expires by itself; None: not asked yet.
    since: datetime | None = None
    until: datetime | None = None

    def is_right_at(self, now: datetime) -> bool:
        return (
            self.since is not None
            and self.since <= now
            and (self.until is None or now < self.until)
        )


@dataclass(slots=True)
class _Dated:
    at: datetime
    value: Any


_shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()


def remembered(key: Hashable, read: Callable[[], Value]) -> Value:
    """What ``read`` answers, from memory if it was asked at this version of the content.

    It must depend on nothing but ``key`` and what ``content_version`` knows to be shown, and
    nobody may change it. Work that may write reads anew: it may have changed something itself.
    """
    shelf = _shelf()
    return read() if shelf is None else _kept(shelf, key, read)


def remembered_at(key: Hashable, read: Callable[[], Value], *, now: datetime) -> Value:
    """The same for what also depends on what is out at ``now``."""
    shelf = _shelf()
    if shelf is None:
        return read()
    if not shelf.is_right_at(now):
        due = content_version.next_due(db.session(), now)
        shelf = _Shelf(shelf.version, since=now, until=due)
        _shelves[connection().engine] = shelf
    return _kept(shelf, key, read)


def remembered_for(
    key: Hashable, read: Callable[[], Value], *, now: datetime, age: timedelta
) -> Value:
    """The same for what also depends on readings, whose folding is no change of the content: it
    is read anew when it is older than ``age``."""

    def dated() -> _Dated:
        return _Dated(now, read())

    found = remembered_at(key, dated, now=now)
    if not timedelta(0) <= now - found.at <= age:
        # Whoever comes at the same time reads it too, and one of the two stays.
        found.value, found.at = read(), now
    value: Value = found.value
    return value


def _kept(shelf: _Shelf, key: Hashable, read: Callable[[], Value]) -> Value:
    try:
        found: Value = shelf.values[key]
    except KeyError:
        found = read()
        if len(shelf.values) < MAX_KEPT:
            shelf.values[key] = found
    return found


def _shelf() -> _Shelf | None:
    session = db.session()
    if may_write.get() or content_version.is_changed(session):
        return None
    here = connection()
    version = session.info.get(_VERSION)
    if version is None:
        version = session.info[_VERSION] = content_version.number(here)
    shelf = _shelves.get(here.engine)
    if shelf is None or shelf.version != version:
        shelf = _shelves[here.engine] = _Shelf(version)
    return shelf


@event.listens_for(Session, "after_begin")
def _forget_version(session: Session, _transaction: Any, _connection: Any) -> None:
    session.info.pop(_VERSION, None)
