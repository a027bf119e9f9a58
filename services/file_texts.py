"""The texts of attached files: which files wait to be read, what came of it, and searching in it.

A file is read in the background after it was uploaded or replaced; killed at any moment, it is
taken up again. What was read joins the index in the transaction that stores it.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, and_, or_, select

from extensions import db
from models import Media, MediaKind, MediaText, Publication, RevisionFile, TextState
from services import file_reading, search
from services.file_reading import Reading
from services.files import BY_MIME
from services.media import FILE_NAME, folder_of

# A file that takes its reader down with it is left alone after so many times.
MAX_ATTEMPTS = 3
# What is called begun and takes longer than this was interrupted.
INTERRUPTED_AFTER = timedelta(minutes=10)
RETRY_AFTER = timedelta(hours=1)
# One pass of the worker; the rest waits for the next.
_MAX_FILES_A_PASS = 200
_MAX_PASS_S = 240.0
_log = logging.getLogger("site")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file to be read, as far as that needs no transaction."""

    media_id: int
    version: int
    path: Path
    extension: str


def read_waiting(*, now: datetime, root: Path, checkpoint: Callable[[], None]) -> int:
    """Read the files that wait, oldest first; how many were. Each is committed by itself."""
    ends_at = time.monotonic() + _MAX_PASS_S
    done = 0
    for media_id in _waiting_ids(now):
        waiting = _begin(media_id, now=now, root=root)
        # Said before it is read: a file that kills the process is counted.
        checkpoint()
        if waiting is not None:
            reading = file_reading.read(waiting.path, waiting.extension)
            _store(waiting, reading, now=now)
            checkpoint()
            done += 1
        if time.monotonic() > ends_at:
            break
    return done


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_new = or_(MediaText.media_id.is_(None), MediaText.version != Media.version)
    may_be_tried = and_(
        MediaText.attempts < MAX_ATTEMPTS,
        or_(
            and_(
                MediaText.state == TextState.READING,
                MediaText.begun_at < now - INTERRUPTED_AFTER,
            ),
            and_(MediaText.state == TextState.UNREADABLE, MediaText.begun_at < now - RETRY_AFTER),
        ),
    )
    return or_(is_new, may_be_tried)


def _waiting_ids(now: datetime) -> Sequence[int]:
    return db.session.scalars(
        select(Media.id)
        .outerjoin(MediaText, MediaText.media_id == Media.id)
        .where(Media.kind == MediaKind.FILE, _is_due(now))
        .order_by(Media.id)
        .limit(_MAX_FILES_A_PASS)
    ).all()


def _begin(media_id: int, *, now: datetime, root: Path) -> _Waiting | None:
    """Note that a file is being read; None if it is gone, or was interrupted too often."""
    media = db.session.get(Media, media_id, with_for_update=True)
    if media is None:
        return None
    row = db.session.get(MediaText, media_id)
    if row is None:
        row = MediaText(media_id=media_id, version=media.version, attempts=0)
        db.session.add(row)
    elif row.version != media.version:
        row.version, row.attempts = media.version, 0
    row.state, row.text, row.note = TextState.READING, "", ""
    row.begun_at, row.extracted_at = now, None
    row.attempts += 1
    if row.attempts == MAX_ATTEMPTS:
        # If this time too it does not come back, that is how it stays.
        row.state, row.note = TextState.UNREADABLE, file_reading.STOPPED
    db.session.flush()
    return _Waiting(
        media_id=media_id,
        version=media.version,
        path=folder_of(root, media) / FILE_NAME,
        extension=BY_MIME[media.mime].extension,
    )


def _store(waiting: _Waiting, reading: Reading, *, now: datetime) -> None:
    """Keep what was read, and make the publications that carry the file found by it."""
    media = db.session.get(Media, waiting.media_id, with_for_update=True)
    row = db.session.get(MediaText, waiting.media_id)
    if media is None or row is None or media.version != waiting.version:
        # Deleted or replaced meanwhile: what was read is of no file that there is.
        return
    row.state, row.text, row.note = reading.state, reading.text, reading.note
    row.extracted_at = now
    if reading.state is not TextState.UNREADABLE:
        row.attempts = 0
    elif not reading.may_pass:
        row.attempts = MAX_ATTEMPTS
    db.session.flush()
    if reading.state is TextState.UNREADABLE:
        _log.warning("file %s has no readable text: %s", media.token, reading.note)
    _index_carriers(waiting.media_id)


def forget(media: Media) -> None:
    """Let nobody find the publications that carry a file by what it said before it was replaced;
    it is read anew. Flushes."""
    row = db.session.get(MediaText, media.id)
    if row is not None:
        db.session.delete(row)
        _index_carriers(media.id)


def _index_carriers(media_id: int) -> None:
    carriers = db.session.scalars(
        select(Publication.id)
        .join(RevisionFile, RevisionFile.revision_id == Publication.live_revision_id)
        .where(RevisionFile.media_id == media_id, Publication.withdrawn_at.is_(None))
    ).all()
    for publication_id in carriers:
        search.index_publication(publication_id=publication_id)


def text_of(media: Media) -> MediaText | None:
    """What came of reading the file that is there now; None: nobody has looked yet."""
    row = db.session.get(MediaText, media.id)
    return row if row is not None and row.version == media.version else None
