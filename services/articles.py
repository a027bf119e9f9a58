"""One publication as a reader sees it, or what is left of it. Columns, not objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from models import (
    Correction,
    Genre,
    Kind,
    Language,
    Media,
    MediaUse,
    Origin,
    Publication,
    Revision,
    RevisionFile,
    Unit,
    User,
    ViewTotal,
)
from services.attachments import ShownFile, shown_files
from services.kind_lists import live_details
from services.listing import NOW, PICTURE_COLUMNS, rows
from services.media import Picture, picture_of, refresh_pictures
from services.visibility import visible

EXPIRED = "Nội dung này đã hết thời hạn công khai."


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The same thing in the other language, as far as a link needs it."""

    id: int
    kind: Kind
    language: Language
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Article:
    """One publication as a reader sees it."""

    id: int
    kind: Kind
    language: Language
    # Its version in the other language, if readers can see it.
    counterpart: "Counterpart | None"
    slug: str
    title: str
    summary: str
    body: str
    byline: str
    posted_by: str
    unit_name: str
    section_id: int | None
    genre: Genre
    origin: Origin
    source_name: str
    source_url: str
    published_at: datetime
    updated_at: datetime
    views: int
    picture: Picture | None
    details: dict[str, str]
    files: Sequence[ShownFile]
    corrections: Sequence[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What is left of a publication that was taken off the site."""

    title: str
    reason: str
    withdrawn_at: datetime
    is_expired: bool = False


_poster = aliased(User)
_shown_media = aliased(Media)
_translation = aliased(Publication)
ARTICLE = (
    select(
        Publication.id,
        Publication.kind,
        Publication.language,
        Publication.slug,
        Publication.title,
        Publication.summary,
        Publication.byline,
        Publication.section_id,
        Publication.published_at,
        Publication.expires_at,
        Publication.withdrawn_at,
        Publication.withdrawn_reason,
        Publication.translation_of_id,
        Revision.id.label("revision_id"),
        Revision.body,
        Revision.genre,
        Revision.origin,
        Revision.source_name,
        Revision.source_url,
        Revision.updated_at,
        _poster.full_name.label("posted_by"),
        Unit.name.label("unit_name"),
        ViewTotal.total.label("views"),
        # Most texts have no correction, no file and no picture that was replaced: those ask
        # nothing more.
        exists().where(Correction.publication_id == Publication.id).label("has_corrections"),
        exists().where(RevisionFile.revision_id == Publication.live_revision_id).label("has_files"),
        exists()
        .where(
            MediaUse.revision_id == Publication.live_revision_id,
            MediaUse.media_id == _shown_media.id,
            _shown_media.version > 1,
        )
        .label("has_replaced"),
        or_(
            Publication.translation_of_id.is_not(None),
            exists().where(_translation.translation_of_id == Publication.id),
        ).label("has_counterpart"),
        *PICTURE_COLUMNS,
    )
    .join(Revision, Revision.id == Publication.live_revision_id)
    .join(Unit, Unit.id == Publication.unit_id)
    .outerjoin(_poster, _poster.id == Publication.posted_by_id)
    .outerjoin(ViewTotal, ViewTotal.publication_id == Publication.id)
    .outerjoin(Media, Media.id == Publication.lead_media_id)
    .where(Publication.id == bindparam("publication_id"))
)
COUNTERPARTS = select(
    Publication.id, Publication.kind, Publication.language, Publication.slug, Publication.title
).where(
    visible(NOW),
    or_(
        Publication.translation_of_id == bindparam("publication_id"),
        Publication.id == bindparam("original_id"),
    ),
)
CORRECTIONS = (
    select(Correction.noted_at, Correction.text)
    .where(Correction.publication_id == bindparam("publication_id"))
    .order_by(Correction.noted_at)
)


def article(*, publication_id: int, now: datetime) -> Article | Withdrawn | None:
    """The publication for a reader; Withdrawn if it was taken off; None if there is none."""
    parameters = {"publication_id": publication_id}
    row = rows(ARTICLE, parameters).first()
    if row is None or row.published_at is None or row.published_at > now:
        return None
    if row.withdrawn_at is not None:
        return Withdrawn(row.title, row.withdrawn_reason, row.withdrawn_at)
    if row.expires_at is not None and row.expires_at <= now:
        return Withdrawn(row.title, EXPIRED, row.expires_at, is_expired=True)
    corrections = rows(CORRECTIONS, parameters).all() if row.has_corrections else []
    return Article(
        id=row.id,
        kind=row.kind,
        language=row.language,
        counterpart=_counterpart(row, now) if row.has_counterpart else None,
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        body=refresh_pictures(row.body) if row.has_replaced else row.body,
        byline=row.byline,
        posted_by=row.posted_by or "",
        unit_name=row.unit_name,
        section_id=row.section_id,
        genre=row.genre,
        origin=row.origin,
        source_name=row.source_name,
        source_url=row.source_url,
        published_at=row.published_at,
        updated_at=max(
            [row.published_at, row.updated_at] + [noted_at for noted_at, _ in corrections]
        ),
        views=row.views or 0,
        picture=picture_of(*row[-len(PICTURE_COLUMNS) :]),
        details=live_details(kind=row.kind, publication_id=row.id),
        files=shown_files(row.revision_id) if row.has_files else (),
        corrections=[(noted_at, text) for noted_at, text in corrections],
    )


def _counterpart(row: Any, now: datetime) -> Counterpart | None:
    values = {"now": now, "publication_id": row.id, "original_id": row.translation_of_id}
    found = rows(COUNTERPARTS, values).first()
    return Counterpart(*found) if found else None
