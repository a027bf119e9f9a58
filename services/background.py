"""When each background task last ran, kept in the database that all processes share.

Several processes, on one host or on many, look at the same list of tasks every minute. Whoever
claims a task first runs it; the others find it taken. The claim is a row of the database and not
of the queue, since the queue of an embedded store is known to one instance folder only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Setting

_PREFIX = "worker:"
# Tasks are looked at every minute, give or take the time that the machine is busy: without it,
# what is due each minute would run every other one.
SLACK = timedelta(seconds=15)
# The most frequent task runs every minute; two that are missed may be a busy machine.
ALIVE_WITHIN = timedelta(minutes=5)
MAX_ERROR_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run of one task. ``finished_at`` is None while it runs, or if it was killed."""

    started_at: datetime
    finished_at: datetime | None
    error: str

    def is_due(self, *, every: timedelta, lease: timedelta, now: datetime) -> bool:
        wait = lease if self.finished_at is None else every
        return now - self.started_at >= wait - SLACK


def last_runs() -> dict[str, LastRun]:
    """Each task that has ever run, by name."""
    rows = db.session.execute(
        select(Setting.key, Setting.value).where(Setting.key.startswith(_PREFIX, autoescape=True))
    )
    return {key.removeprefix(_PREFIX): _read(value) for key, value in rows}


def claim(*, name: str, every: timedelta, lease: timedelta, now: datetime) -> bool:
    """Whether the task is due and now this caller's; flushes. The caller commits at once.

    ``lease`` is how long a run may last before another process takes it for killed.
    """
    # PostgreSQL locks the row until the commit; SQLite's transaction holds the write lock.
    row = db.session.scalar(select(Setting).where(Setting.key == _PREFIX + name).with_for_update())
    if row is None:
        row = Setting(key=_PREFIX + name, value=_started(now))
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            # Another process made it in this moment.
            return False
        return True
    if not _read(row.value).is_due(every=every, lease=lease, now=now):
        return False
    row.value = _started(now)
    db.session.flush()
    return True


def finish(*, name: str, now: datetime, error: str = "") -> None:
    """Note that a claimed task has ended, and why it failed if it did; flushes."""
    row = db.session.get(Setting, _PREFIX + name, with_for_update=True)
    if row is None:
        return
    row.value = {
        **row.value,
        "finished_at": now.isoformat(),
        "error": error[:MAX_ERROR_CHARACTERS],
    }
    db.session.flush()


def alive_at(runs: Mapping[str, LastRun]) -> datetime | None:
    """When a worker last began something; None if none ever did."""
    return max((run.started_at for run in runs.values()), default=None)


def is_alive(runs: Mapping[str, LastRun], *, now: datetime) -> bool:
    """Whether some process does the background work."""
    latest = alive_at(runs)
    return latest is not None and now - latest < ALIVE_WITHIN


def _started(now: datetime) -> dict[str, Any]:
    return {"started_at": now.isoformat(), "finished_at": None, "error": ""}


def _read(value: dict[str, Any]) -> LastRun:
    finished = value["finished_at"]
    return LastRun(
        started_at=datetime.fromisoformat(value["started_at"]),
        finished_at=datetime.fromisoformat(finished) if finished else None,
        error=value["error"],
    )
