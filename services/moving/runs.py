"""The runs of ``flask import``, remembered as they go: begun, how far, how it ended.

Each of these functions is a transaction of its caller's own: a dry run rolls back everything else.
"""

import getpass
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select

from extensions import db
from models import ImportRun
from services.errors import NotFound
from services.moving.items import Outcome
from services.publications import MAX_ID

# Longer than a batch of large pictures takes.
SILENT_FOR = timedelta(minutes=15)
FOLDER = "import-reports"


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BROKEN_OFF = "broken_off"


STATE_LABELS = {
    RunState.RUNNING: "Đang chạy",
    RunState.DONE: "Đã xong",
    RunState.FAILED: "Không chạy được",
    RunState.BROKEN_OFF: "Đứt giữa chừng",
}


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, the latest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[ImportRun]
    number: int
    pages: int
    total: int


def begin(*, said: str, is_dry: bool, now: datetime) -> ImportRun:
    """A run that has just been asked for; flushes."""
    run = ImportRun(
        said=said[:300],
        is_dry=is_dry,
        by=_person()[:100],
        host=socket.gethostname()[:200],
        process=os.getpid(),
        started_at=now,
        seen_at=now,
        counts={},
    )
    db.session.add(run)
    db.session.flush()
    run.report = f"{now:%Y%m%d-%H%M%S}-{run.id}.csv"
    db.session.flush()
    return run


def know(run_id: int, *, form: str, source: str) -> None:
    """What it turned out to be; flushes."""
    run = db.session.get_one(ImportRun, run_id)
    run.form, run.source = form, source[:200]
    db.session.flush()


def note(
    run_id: int, *, done: int, total: int, counts: Mapping[Outcome, int], now: datetime
) -> None:
    """How far it is; flushes."""
    run = db.session.get_one(ImportRun, run_id)
    run.done, run.total, run.seen_at = done, total, now
    run.counts = _said(counts)
    db.session.flush()


def end(
    run_id: int,
    *,
    counts: Mapping[Outcome, int],
    error: str = "",
    is_whole: bool = True,
    now: datetime,
) -> None:
    """It is over: whole, or with the sentence that says why not, or stopped; flushes."""
    run = db.session.get_one(ImportRun, run_id)
    run.counts = _said(counts)
    run.finished_at = run.seen_at = now
    run.is_whole, run.error = is_whole and not error, error[:1000]
    db.session.flush()


def _said(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: counts[outcome] for outcome in Outcome if counts.get(outcome)}


def state_of(run: ImportRun, *, now: datetime) -> RunState:
    """How it stands now. What was killed cannot say so: on this machine its process is gone, and
    elsewhere it has long been silent."""
    if run.finished_at is not None:
        if run.error:
            return RunState.FAILED
        return RunState.DONE if run.is_whole else RunState.BROKEN_OFF
    if run.host == socket.gethostname() and os.name == "posix":
        return RunState.RUNNING if _is_alive(run.process) else RunState.BROKEN_OFF
    return RunState.RUNNING if now - run.seen_at < SILENT_FOR else RunState.BROKEN_OFF


def page_of(*, number: int, per_page: int) -> RunPage:
    """One page. A number past the end gives the last one."""
    total = db.session.scalar(select(func.count(ImportRun.id))) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    query = (
        select(ImportRun)
        .order_by(ImportRun.started_at.desc(), ImportRun.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return RunPage(db.session.scalars(query).all(), number, pages, total)


def report_path(run: ImportRun, *, instance: Path) -> Path:
    """Where its report is, if it is on this machine."""
    return instance / FOLDER / run.report


def report_of(*, run_id: int, instance: Path) -> Path:
    """The report of a run. Raises NotFound where there is none here (any more)."""
    run = db.session.get(ImportRun, run_id) if run_id <= MAX_ID else None
    if run is None:
        raise NotFound("Không có lần nhập này.")
    path = report_path(run, instance=instance)
    if not run.report or not path.is_file():
        raise NotFound(
            f"Báo cáo của lần nhập này không còn trên máy chủ ({FOLDER}/{run.report}); "
            "có thể lệnh đã chạy ở máy khác, hoặc tệp đã được dọn."
        )
    return path


def _person() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a number that has no name.
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "?"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # Somebody else's: it is there.
        return True
    return True
