"""What readers see: lists of cards, one publication, what is near it. Columns, not objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from extensions import db
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
    Section,
    Unit,
    User,
    UTCDateTime,
    ViewTotal,
)
from services.attachments import ShownFile, shown_files
from services.kinds import details_of
from services.media import Picture, picture_of, refresh_pictures
from services.visibility import in_language, visible

RELATED = 6
EXPIRED = "Nội dung này đã hết thời hạn công khai."

# In the order of ``picture_of``.
PICTURE_COLUMNS = (
    Media.token,
    Media.width,
    Media.height,
    Media.widths,
    Media.alt,
    Media.version,
    Media.focus_x,
    Media.focus_y,
)

CardQuery = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Card:
    """One publication in a list."""

    id: int
    kind: Kind
    slug: str
    title: str
    summary: str
    published_at: datetime
    section_id: int | None
    section_name: str
    section_slug: str
    unit_name: str
    byline: str
    views: int
    language: Language
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The same thing in the other language, as far as a link needs it."""

    id: int
    kind: Kind
    language: Language
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Card]
    number: int
    pages: int
    total: int


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


# Parameters of the statements below: each is built once and used for every request, since
# building one costs more than running it.
NOW: BindParameter[datetime] = bindparam("now", type_=UTCDateTime())
SINCE: BindParameter[datetime] = bindparam("since", type_=UTCDateTime())

CARDS: CardQuery = (
    select(
        Publication.id,
        Publication.kind,
        Publication.slug,
        Publication.title,
        Publication.summary,
        Publication.published_at,
        Publication.section_id,
        Section.name,
        Section.slug,
        Unit.name,
        Publication.byline,
        ViewTotal.total,
        Publication.language,
        *PICTURE_COLUMNS,
    )
    .join(Unit, Unit.id == Publication.unit_id)
    .outerjoin(Section, Section.id == Publication.section_id)
    .outerjoin(ViewTotal, ViewTotal.publication_id == Publication.id)
    .outerjoin(Media, Media.id == Publication.lead_media_id)
)
CARDS_BY_ID = CARDS.where(Publication.id.in_(bindparam("ids", expanding=True)))
MOST_READ = (
    CARDS.where(
        visible(NOW),
        in_language(Language.VI),
        Publication.published_at >= SINCE,
        ViewTotal.total > 0,
    )
    .order_by(ViewTotal.total.desc(), Publication.published_at.desc(), Publication.id.desc())
    .limit(bindparam("limit"))
)

_poster = aliased(User)
_shown_media = aliased(Media)
_translation = aliased(Publication)
ARTICLE = (
    select(
        Publication,
        Revision,
        _poster.full_name,
        Unit.name,
        ViewTotal.total,
        # Most texts have no file and no picture that was replaced: those ask nothing more.
        exists().where(RevisionFile.revision_id == Publication.live_revision_id),
        exists().where(
            MediaUse.revision_id == Publication.live_revision_id,
            MediaUse.media_id == _shown_media.id,
            _shown_media.version > 1,
        ),
        or_(
            Publication.translation_of_id.is_not(None),
            exists().where(_translation.translation_of_id == Publication.id),
        ),
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


@cache
def _conditions(
    language: Language, by_kind: bool, by_section: bool, without_some: bool
) -> tuple[ColumnElement[bool], ...]:
    conditions = [visible(NOW), in_language(language)]
    if by_kind:
        conditions.append(Publication.kind == bindparam("kind"))
    if by_section:
        conditions.append(Publication.section_id.in_(bindparam("section_ids", expanding=True)))
    if without_some:
        conditions.append(Publication.id.not_in(bindparam("excluded_ids", expanding=True)))
    return tuple(conditions)


@cache
def _newest(language: Language, by_kind: bool, by_section: bool, without_some: bool) -> CardQuery:
    return (
        CARDS.where(*_conditions(language, by_kind, by_section, without_some))
        .order_by(Publication.published_at.desc(), Publication.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


@cache
def _count(language: Language, by_kind: bool, by_section: bool) -> Select[int]:
    conditions = _conditions(language, by_kind, by_section, False)
    return select(func.count(Publication.id)).where(*conditions)


def _card(row: Sequence[Any]) -> Card:
    return Card(
        id=row[0],
        kind=row[1],
        slug=row[2],
        title=row[3],
        summary=row[4],
        published_at=row[5],
        section_id=row[6],
        section_name=row[7] or "",
        section_slug=row[8] or "",
        unit_name=row[9],
        byline=row[10],
        views=row[11] or 0,
        language=row[12],
        picture=picture_of(*row[13:]),
    )


def cards(query: CardQuery, values: dict[str, Any]) -> list[Card]:
    """The cards of a query made from ``CARDS``."""
    return [_card(row) for row in db.session.execute(query, values)]


def _values(
    now: datetime,
    kind: Kind | None,
    section_ids: Sequence[int] | None,
    excluded_ids: Sequence[int] = (),
) -> dict[str, Any]:
    values: dict[str, Any] = {"now": now}
    if kind is not None:
        values["kind"] = kind
    if section_ids is not None:
        values["section_ids"] = list(section_ids)
    if excluded_ids:
        values["excluded_ids"] = list(excluded_ids)
    return values


def latest(
    *,
    now: datetime,
    limit: int,
    kind: Kind | None = None,
    section_ids: Sequence[int] | None = None,
    excluded_ids: Sequence[int] = (),
    with_picture_first: bool = False,
    language: Language = Language.VI,
) -> list[Card]:
    """The newest publications, at most ``limit``.

    ``with_picture_first`` moves the newest one that has a picture to the front, for the lead.
    """
    values = _values(now, kind, section_ids, excluded_ids) | {"limit": limit, "offset": 0}
    query = _newest(language, kind is not None, section_ids is not None, bool(excluded_ids))
    found = cards(query, values)
    if with_picture_first:
        found.sort(key=lambda card: card is not next((c for c in found if c.picture), None))
    return found


def by_ids(ids: Sequence[int]) -> dict[int, Card]:
    """Cards by id, for lists whose order is decided elsewhere (search)."""
    if not ids:
        return {}
    return {card.id: card for card in cards(CARDS_BY_ID, {"ids": list(ids)})}


def most_read(*, now: datetime, since: datetime, limit: int) -> list[Card]:
    """The most read of what was published in Vietnamese since then."""
    return cards(MOST_READ, {"now": now, "since": since, "limit": limit})


def page_of(
    *,
    now: datetime,
    number: int,
    per_page: int,
    kind: Kind | None = None,
    section_ids: Sequence[int] | None = None,
    language: Language = Language.VI,
) -> Listing:
    """One page, newest first. A number past the end gives the last page."""
    values = _values(now, kind, section_ids)
    chosen = (kind is not None, section_ids is not None)
    total = db.session.scalar(_count(language, *chosen), values) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    values |= {"limit": per_page, "offset": (number - 1) * per_page}
    items = cards(_newest(language, *chosen, False), values)
    return Listing(items, number, pages, total)


def article(*, publication_id: int, now: datetime) -> Article | Withdrawn | None:
    """The publication for a reader; Withdrawn if it was taken off; None if there is none."""
    parameters = {"publication_id": publication_id}
    row = db.session.execute(ARTICLE, parameters).one_or_none()
    if row is None:
        return None
    publication: Publication = row[0]
    revision: Revision = row[1]
    posted_by, unit_name, views, has_files, has_replaced, has_counterpart = row[2:8]
    if publication.published_at is None or publication.published_at > now:
        return None
    if publication.withdrawn_at is not None:
        return Withdrawn(publication.title, publication.withdrawn_reason, publication.withdrawn_at)
    if publication.expires_at is not None and publication.expires_at <= now:
        return Withdrawn(publication.title, EXPIRED, publication.expires_at, is_expired=True)
    corrections = db.session.execute(CORRECTIONS, parameters).all()
    return Article(
        id=publication.id,
        kind=publication.kind,
        language=publication.language,
        counterpart=_counterpart(publication, now) if has_counterpart else None,
        slug=publication.slug,
        title=publication.title,
        summary=publication.summary,
        body=refresh_pictures(revision.body) if has_replaced else revision.body,
        byline=publication.byline,
        posted_by=posted_by or "",
        unit_name=unit_name,
        section_id=publication.section_id,
        genre=revision.genre,
        origin=revision.origin,
        source_name=revision.source_name,
        source_url=revision.source_url,
        published_at=publication.published_at,
        updated_at=max(
            [publication.published_at, revision.updated_at]
            + [noted_at for noted_at, _ in corrections]
        ),
        views=views or 0,
        picture=picture_of(*tuple(row)[8:]),
        details=details_of(revision, publication.kind),
        files=shown_files(revision.id) if has_files else (),
        corrections=[(noted_at, text) for noted_at, text in corrections],
    )


def _counterpart(publication: Publication, now: datetime) -> Counterpart | None:
    values = {
        "now": now,
        "publication_id": publication.id,
        "original_id": publication.translation_of_id,
    }
    row = db.session.execute(COUNTERPARTS, values).first()
    return Counterpart(*row) if row else None


def related(
    *,
    publication_id: int,
    section_path: Sequence[Sequence[int]],
    now: datetime,
    limit: int = RELATED,
    excluded_ids: Sequence[int] = (),
    language: Language = Language.VI,
) -> list[Card]:
    """Others near this one: of its section, then of wider ones, newest first; never itself.

    ``section_path`` gives the sets of section ids to try, narrowest first.
    """
    found: list[Card] = []
    for section_ids in [*section_path, None]:
        if len(found) >= limit:
            break
        found += latest(
            now=now,
            limit=limit - len(found),
            section_ids=section_ids,
            excluded_ids=[publication_id, *excluded_ids, *(card.id for card in found)],
            language=language,
        )
    return found
