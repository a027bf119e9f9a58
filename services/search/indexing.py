"""Keeps the index in step with what is published, in the transaction that changes it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, select, tuple_
from sqlalchemy.orm import Session

from extensions import db
from models import (
    Kind,
    Language,
    Media,
    MediaText,
    Publication,
    Revision,
    RevisionFile,
    Setting,
    TextState,
)
from services.kind_fields import FieldType
from services.kinds import details_of, said_details
from services.remembered import remembered
from services.search.contract import Document, Engine
from services.search.filing import docid_of, filed_under
from services.search.postgresql import PostgresqlEngine
from services.search.schema import VERSION
from services.search.schema import document as stored
from services.search.sqlite import SqliteEngine
from services.search.terms import EVERY, lexemes, plain_text, prepare

BATCH = 200
# What the kinds call the body that a text is of.
_BODIES = ("issuing_body", "lead_body", "agency", "answering_body", "host")
# Under which a document was issued; those it has something to do with are among what it says.
_NUMBER = "document_number"
# About fifty pages of all the files of a text together; what comes after is not searched in.
MAX_FILES_CHARS = 150_000
# array_to_tsvector takes a megabyte; the terms of an immense text are cut, the text is not.
_MAX_LEXEME_BYTES = 700_000

_LIVE = Publication.live_revision_id.is_not(None) & Publication.published_at.is_not(None)
_ENGINES: dict[str, Engine] = {"sqlite": SqliteEngine(), "postgresql": PostgresqlEngine()}


def engine_of(session: Session) -> Engine:
    """The adapter for the database that a session speaks to."""
    return _ENGINES[session.get_bind().dialect.name]


def document_of(
    *,
    publication_id: int,
    published_at: datetime,
    kind: Kind,
    section_id: int | None,
    unit_id: int,
    language: Language = Language.VI,
    has_file: bool = False,
    title: str,
    summary: str,
    body: str,
    byline: str,
    files: str = "",
    issuing_body: str = "",
    own_number: str = "",
) -> Document:
    """Make what is stored of a publication; `body` is its sanitised HTML, `files` what the
    attached files say, `own_number` that under which it was issued."""
    title, summary, byline = (prepare(text) for text in (title, summary, byline))
    text = prepare(plain_text(body))
    if byline:
        text = f"{text}  {byline}".strip()
    files = prepare(files, max_chars=MAX_FILES_CHARS)
    terms, numbers = lexemes(
        title=title,
        summary=summary,
        body=text,
        byline=byline,
        files=files,
        issuing_body=prepare(issuing_body),
        own_number=prepare(own_number),
    )
    size = 0
    for count, term in enumerate(terms):
        size += len(term.encode()) + 4
        if size > _MAX_LEXEME_BYTES:
            terms = terms[:count]
            break
    docid = docid_of(publication_id=publication_id, published_at=published_at)
    filed = filed_under(
        docid=docid,
        kind=kind,
        section_id=section_id,
        unit_id=unit_id,
        has_file=has_file,
        language=language,
    )
    return Document(
        docid=docid,
        publication_id=publication_id,
        kind=kind,
        section_id=section_id,
        unit_id=unit_id,
        has_file=has_file,
        title=title,
        summary=summary,
        body=text,
        files=files,
        numbers=numbers,
        lexemes=[EVERY, *filed, *terms],
    )


def index_publication(*, publication_id: int) -> None:
    """Make a publication found by its live text, or not at all if it has none.

    To be called, in the same transaction, after anything that changes the live revision, the
    publication time or a withdrawal. Scheduled and expired ones are kept and left out by each
    search, so nothing has to fire when their time comes. Flushes, never commits.
    """
    db.session.flush()
    _index([publication_id])


def index_publications(*, publication_ids: Sequence[int]) -> None:
    """``index_publication`` for many at once."""
    db.session.flush()
    for first in range(0, len(publication_ids), BATCH):
        _index(publication_ids[first : first + BATCH])


def _index(publication_ids: Sequence[int]) -> None:
    # First, and by itself, so that what is read then is what was last committed: somebody who
    # publishes at this moment is either read here or comes after and writes over it.
    db.session.execute(
        select(Publication.id)
        .where(Publication.id.in_(publication_ids))
        .order_by(Publication.id)
        .with_for_update(read=True)
    ).all()
    rows = db.session.execute(
        # Columns, not objects: what a statement has changed, objects at hand have not heard of.
        select(
            Publication.id,
            Publication.kind,
            Publication.published_at,
            Publication.section_id,
            Publication.unit_id,
            Publication.language,
            Revision,
        )
        .join(Revision, Revision.id == Publication.live_revision_id)
        .where(
            Publication.id.in_(publication_ids),
            Publication.withdrawn_at.is_(None),
        )
    ).all()
    documents = []
    revision_ids = [row.Revision.id for row in rows]
    said_in_files = _texts_of_files(revision_ids)
    with_files = set(
        db.session.scalars(
            select(RevisionFile.revision_id).where(RevisionFile.revision_id.in_(revision_ids))
        )
    )
    for publication in rows:
        if publication.published_at is None:
            continue
        revision = publication.Revision
        details = details_of(revision, publication.kind)
        # Where a page stands on the site is no word of it.
        said = [
            value
            for field, value in said_details(publication.kind, details)
            if field.is_listed or field.type is FieldType.DOCUMENTS
        ]
        documents.append(
            document_of(
                publication_id=publication.id,
                published_at=publication.published_at,
                kind=publication.kind,
                section_id=publication.section_id,
                unit_id=publication.unit_id,
                language=publication.language,
                has_file=revision.id in with_files,
                title=revision.title,
                summary="\n".join([revision.summary, *said]),
                body=revision.body,
                byline=revision.byline,
                files="\n".join(said_in_files.get(revision.id, ())),
                issuing_body="\n".join(details.get(name) or "" for name in _BODIES),
                own_number=details.get(_NUMBER) or "",
            )
        )
    published = {document.publication_id for document in documents}
    gone = [number for number in publication_ids if number not in published]
    engine = engine_of(db.session())
    if gone:
        engine.remove(db.session(), publication_ids=gone)
    engine.store(db.session(), documents=documents)


def _texts_of_files(revision_ids: Sequence[int]) -> dict[int, list[str]]:
    """What the files of revisions say, as far as they are read, in the order of the list."""
    rows = db.session.execute(
        select(RevisionFile.revision_id, func.substr(MediaText.text, 1, MAX_FILES_CHARS))
        .join(Media, Media.id == RevisionFile.media_id)
        # What a file said before it was replaced is of no file that there is.
        .join(
            MediaText,
            and_(MediaText.media_id == Media.id, MediaText.version == Media.version),
        )
        .where(RevisionFile.revision_id.in_(revision_ids), MediaText.state == TextState.DONE)
        .order_by(RevisionFile.revision_id, RevisionFile.position, Media.id)
    )
    said: dict[int, list[str]] = {}
    for revision_id, text in rows:
        said.setdefault(revision_id, []).append(text)
    return said


def store_many(documents: Sequence[Document]) -> None:
    """Put many documents of `document_of` in at once, whose rows the caller has just written."""
    engine_of(db.session()).store(db.session(), documents=documents)


def remove_publication(*, publication_id: int) -> None:
    """Make a publication found no more; nothing happens if it wasn't found anyway."""
    engine_of(db.session()).remove(db.session(), publication_ids=[publication_id])


def clear() -> None:
    """Forget everything, for an index that is broken; `reindex` then makes it anew."""
    engine_of(db.session()).clear(db.session())


_VERSION_KEY = "search:index_version"
_VERSION_IS = select(Setting.__table__.c.value).where(Setting.__table__.c.key == _VERSION_KEY)
# Texts that are indexed anew at once where many change their place.
_MOVED_AT_ONCE = 500


def is_of_version(session: Session) -> bool:
    """Whether all that the index holds was put in by this version of the program."""
    return remembered("index version", lambda: session.scalar(_VERSION_IS)) == VERSION


def is_current() -> bool:
    """The same, or it has nothing to hold."""
    if is_of_version(db.session()):
        return True
    return db.session.scalar(select(Publication.id).where(_LIVE).limit(1)) is None


def file_anew(*, publication_ids: Sequence[int]) -> None:
    """For what is filed under something else than before, by its section. Very many are left to
    the worker, and until then filters are asked of the publications themselves."""
    if len(publication_ids) <= _MOVED_AT_ONCE:
        index_publications(publication_ids=publication_ids)
    else:
        db.session.execute(delete(Setting).where(Setting.key == _VERSION_KEY))


def reindex(
    *,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
) -> int:
    """Index every published text anew, the newest first, and forget what is published no more;
    return how many.

    Searches go on meanwhile: each text is replaced in one piece, and what is published meanwhile
    puts itself in. `progress` is told how many of how many are done; `checkpoint` is called after
    each batch, for the caller to commit so that writers need not wait for all of it. One that was
    killed has left what it came to; the next begins anew.
    """
    total = db.session.scalar(select(func.count()).select_from(Publication).where(_LIVE)) or 0
    done = 0
    last: tuple[datetime, int] | None = None
    while True:
        order = tuple_(Publication.published_at, Publication.id)
        batch = select(Publication.published_at, Publication.id).where(_LIVE)
        if last is not None:
            batch = batch.where(order < last)
        rows = db.session.execute(
            batch.order_by(Publication.published_at.desc(), Publication.id.desc()).limit(BATCH)
        ).all()
        if not rows:
            break
        _index([row.id for row in rows])
        done += len(rows)
        last = (rows[-1].published_at, rows[-1].id)
        if checkpoint is not None:
            checkpoint()
        if progress is not None:
            progress(done, max(done, total))
    gone = db.session.scalars(
        select(stored.c.publication_id)
        .outerjoin_from(stored, Publication, Publication.id == stored.c.publication_id)
        .where(Publication.live_revision_id.is_(None) | Publication.withdrawn_at.is_not(None))
    ).all()
    for first in range(0, len(gone), BATCH):
        engine_of(db.session()).remove(db.session(), publication_ids=gone[first : first + BATCH])
    engine_of(db.session()).optimise(db.session(), checkpoint=checkpoint)
    db.session.merge(Setting(key=_VERSION_KEY, value=VERSION))
    db.session.flush()
    if checkpoint is not None:
        checkpoint()
    return done


def tidy(*, checkpoint: Callable[[], None] | None = None) -> None:
    """Put together what single changes have left in many places, in each of which a search has to
    look; `checkpoint` is called between steps, for the caller to commit."""
    engine_of(db.session()).tidy(db.session(), checkpoint=checkpoint)
