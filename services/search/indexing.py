"""Keeps the index in step with what is published, in the transaction that changes it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from extensions import db
from models import Media, MediaText, Publication, Revision, RevisionFile, Setting, TextState
from services.kinds import details_of, said_details
from services.search.contract import Document, Engine
from services.search.postgresql import PostgresqlEngine
from services.search.schema import ID_BITS, VERSION
from services.search.schema import document as stored
from services.search.sqlite import SqliteEngine
from services.search.terms import EVERY, lexemes, plain_text, prepare

BATCH = 200
# What the kinds call the body that a text is of.
_BODIES = ("issuing_body", "lead_body", "agency", "answering_body", "host")
# About fifty pages of all the files of a text together; what comes after is not searched in.
MAX_FILES_CHARS = 150_000
# array_to_tsvector takes a megabyte; the terms of an immense text are cut, the text is not.
_MAX_LEXEME_BYTES = 700_000

_ENGINES: dict[str, Engine] = {"sqlite": SqliteEngine(), "postgresql": PostgresqlEngine()}


def engine_of(session: Session) -> Engine:
    """The adapter for the database that a session speaks to."""
    return _ENGINES[session.get_bind().dialect.name]


def docid_of(*, publication_id: int, published_at: datetime) -> int:
    """A number that orders publications by their minute of publication, then by id.

    The index hands out rows in this order, so that the newest come first at no cost.
    """
    return (int(published_at.timestamp()) // 60 << ID_BITS) + publication_id


def document_of(
    *,
    publication_id: int,
    published_at: datetime,
    title: str,
    summary: str,
    body: str,
    byline: str,
    files: str = "",
    issuing_body: str = "",
) -> Document:
    """Make what is stored of a publication; `body` is its sanitised HTML, `files` what the
    attached files say."""
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
    )
    size = 0
    for count, term in enumerate(terms):
        size += len(term.encode()) + 4
        if size > _MAX_LEXEME_BYTES:
            terms = terms[:count]
            break
    return Document(
        docid=docid_of(publication_id=publication_id, published_at=published_at),
        publication_id=publication_id,
        title=title,
        summary=summary,
        body=text,
        files=files,
        numbers=numbers,
        lexemes=[EVERY, *terms],
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
    rows = db.session.execute(
        select(Publication, Revision)
        .join(Revision, Revision.id == Publication.live_revision_id)
        .where(
            Publication.id.in_(publication_ids),
            Publication.withdrawn_at.is_(None),
        )
    ).all()
    documents = []
    said_in_files = _texts_of_files([revision.id for _, revision in rows])
    for publication, revision in rows:
        if publication.published_at is None:
            continue
        details = details_of(revision, publication.kind)
        said = [value for _, value in said_details(publication.kind, details)]
        documents.append(
            document_of(
                publication_id=publication.id,
                published_at=publication.published_at,
                title=revision.title,
                summary="\n".join([revision.summary, *said]),
                body=revision.body,
                byline=revision.byline,
                files="\n".join(said_in_files.get(revision.id, ())),
                issuing_body="\n".join(details.get(name) or "" for name in _BODIES),
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


def is_current() -> bool:
    """Whether the index was made by this version of the program, or has nothing to hold."""
    setting = db.session.get(Setting, _VERSION_KEY)
    if setting is not None and setting.value == VERSION:
        return True
    return db.session.scalar(select(stored.c.docid).limit(1)) is None


def reindex(
    *,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
) -> int:
    """Index every published text anew, and forget what is published no more; return how many.

    Searches go on meanwhile: each text is replaced in one piece. `progress` is told how many of
    how many are done; `checkpoint` is called after each batch, for the caller to commit so that
    writers need not wait for all of it.
    """
    live = Publication.live_revision_id.is_not(None)
    total = db.session.scalar(select(func.count()).select_from(Publication).where(live)) or 0
    done = last_id = 0
    while True:
        ids = db.session.scalars(
            select(Publication.id)
            .where(live, Publication.id > last_id)
            .order_by(Publication.id)
            .limit(BATCH)
        ).all()
        if not ids:
            break
        _index(ids)
        done += len(ids)
        last_id = ids[-1]
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
    engine_of(db.session()).optimise(db.session())
    db.session.merge(Setting(key=_VERSION_KEY, value=VERSION))
    db.session.flush()
    if checkpoint is not None:
        checkpoint()
    return done
