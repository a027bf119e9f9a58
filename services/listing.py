"""What readers see: lists of cards, what is near a text. Columns, not objects. One publication:
``services/articles``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    Executable,
    Select,
    bindparam,
    func,
    select,
    union_all,
)

from extensions import connection, db
from models import (
    Kind,
    Language,
    Media,
    Publication,
    Section,
    Unit,
    UTCDateTime,
    ViewTotal,
)
from services.media import Picture, picture_of
from services.remembered import remembered_at, remembered_for
from services.visibility import in_language, visible

RELATED = 6
# The publication itself, and what is beside it already.
MOST_EXCLUDED = RELATED + 1
COUNTED_ANEW_AFTER = timedelta(seconds=30)


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
class Changed:
    """A publication as far as its address and its lists need it."""

    id: int
    kind: Kind
    language: Language
    slug: str
    section_id: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; ``number`` and ``pages`` count from 1."""

    items: Sequence[Card]
    number: int
    pages: int
    total: int


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
_MOST_READ_IDS = (
    select(Publication.id)
    .join(ViewTotal, ViewTotal.publication_id == Publication.id)
    .where(
        visible(NOW),
        in_language(Language.VI),
        Publication.published_at >= SINCE,
        ViewTotal.total > 0,
    )
    .order_by(ViewTotal.total.desc(), Publication.published_at.desc(), Publication.id.desc())
    .limit(bindparam("limit"))
    .subquery()
)
# First which ones, then what a card shows of those few.
MOST_READ = CARDS.join(_MOST_READ_IDS, _MOST_READ_IDS.c.id == Publication.id).order_by(
    ViewTotal.total.desc(), Publication.published_at.desc(), Publication.id.desc()
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
def _newest(
    language: Language, by_kind: bool, sections: int | None, without_some: bool
) -> CardQuery:
    """First which ones, from an index alone; then what a card shows of those few.

    The newest of each of several ``sections`` are taken from the section's own index and put
    together: in one question, all that is in them would be sorted.
    """
    order = (Publication.published_at.desc(), Publication.id.desc())
    place = select(Publication.id, Publication.published_at)
    if sections is None:
        chosen = place.where(*_conditions(language, by_kind, False, without_some))
    else:
        conditions = _conditions(language, by_kind, False, False)
        parts = [
            place.where(*conditions, Publication.section_id == bindparam(f"section_{number}"))
            .order_by(*order)
            .limit(bindparam("upto"))
            .subquery()
            for number in range(sections)
        ]
        newest = union_all(*(select(part.c.id, part.c.published_at) for part in parts)).subquery()
        chosen = select(newest.c.id, newest.c.published_at)
        order = (newest.c.published_at.desc(), newest.c.id.desc())
        if without_some:
            excluded: BindParameter[int] = bindparam("excluded_ids", expanding=True)
            chosen = chosen.where(newest.c.id.not_in(excluded))
    few = chosen.order_by(*order).limit(bindparam("limit")).offset(bindparam("offset")).subquery()
    return CARDS.join(few, few.c.id == Publication.id).order_by(
        few.c.published_at.desc(), few.c.id.desc()
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
    return [_card(row) for row in rows(query, values)]


def rows(query: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Columns, past what the session does for objects: that costs more than most questions."""
    db.session().flush()
    return connection().execute(query, values)


def changed_since(since: datetime, *, now: datetime, limit: int) -> list[Changed]:
    """The publications that came, went or changed for readers since then, latest first."""
    query = (
        select(
            Publication.id,
            Publication.kind,
            Publication.language,
            Publication.slug,
            Publication.section_id,
        )
        .where(
            Publication.live_revision_id.is_not(None),
            Publication.public_changed_at.between(since, now),
        )
        .order_by(Publication.public_changed_at.desc(), Publication.id.desc())
        .limit(limit)
    )
    return [Changed(*row) for row in rows(query, {})]


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


def _newest_cards(
    *,
    now: datetime,
    limit: int,
    offset: int,
    kind: Kind | None,
    section_ids: Sequence[int] | None,
    language: Language,
    excluded_ids: Sequence[int] = (),
) -> list[Card]:
    if section_ids is not None and not section_ids:
        return []
    values = _values(now, kind, None, excluded_ids) | {"limit": limit, "offset": offset}
    if section_ids is not None:
        values |= {f"section_{place}": each for place, each in enumerate(section_ids)}
        values["upto"] = offset + limit + len(excluded_ids)
    sections = None if section_ids is None else len(section_ids)
    return cards(_newest(language, kind is not None, sections, bool(excluded_ids)), values)


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
    found = _newest_cards(
        now=now,
        limit=limit,
        offset=0,
        kind=kind,
        section_ids=section_ids,
        excluded_ids=excluded_ids,
        language=language,
    )
    if with_picture_first:
        found.sort(key=lambda card: card is not next((c for c in found if c.picture), None))
    return found


def newest_near(
    *,
    now: datetime,
    limit: int,
    section_ids: Sequence[int] | None,
    excluded_ids: Sequence[int],
    language: Language = Language.VI,
) -> list[Card]:
    """``latest``, remembered: for what shows no counts, since those of the cards may be old.
    ``excluded_ids`` are few, so that a few more hold enough."""

    def read() -> list[Card]:
        more = limit + MOST_EXCLUDED
        return latest(now=now, limit=more, section_ids=section_ids, language=language)

    key = ("newest", language, None if section_ids is None else tuple(section_ids))
    excluded = set(excluded_ids)
    assert len(excluded) <= MOST_EXCLUDED
    found = remembered_at(key, read, now=now)
    return [card for card in found if card.id not in excluded][:limit]


def count_by_kind(
    *, now: datetime, kinds: Sequence[Kind], language: Language = Language.VI
) -> dict[Kind, int]:
    """How many publications of each of these kinds readers see; a kind without one is not there."""

    def read() -> dict[Kind, int]:
        query = (
            select(Publication.kind, func.count(Publication.id))
            .where(Publication.kind.in_(kinds), visible(now), in_language(language))
            .group_by(Publication.kind)
        )
        return {row[0]: row[1] for row in db.session.execute(query)}

    return remembered_at(("counts", language, tuple(kinds)), read, now=now)


def by_ids(ids: Sequence[int]) -> dict[int, Card]:
    """Cards by id, for lists whose order is decided elsewhere (search)."""
    if not ids:
        return {}
    return {card.id: card for card in cards(CARDS_BY_ID, {"ids": list(ids)})}


def most_read(*, now: datetime, since: datetime, limit: int) -> list[Card]:
    """The most read of what was published in Vietnamese since then, as of half a minute ago at
    most: a large site has thousands to choose from, and the home page asks whenever it is made."""
    return remembered_for(
        ("most read", now - since, limit),
        lambda: cards(MOST_READ, {"now": now, "since": since, "limit": limit}),
        now=now,
        age=COUNTED_ANEW_AFTER,
    )


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
    key = ("listed", language, kind, None if section_ids is None else tuple(section_ids))
    total = remembered_at(
        key, lambda: rows(_count(language, *chosen), values).scalar_one(), now=now
    )
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    items = _newest_cards(
        now=now,
        limit=per_page,
        offset=(number - 1) * per_page,
        kind=kind,
        section_ids=section_ids,
        language=language,
    )
    return Listing(items, number, pages, total)


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
        found += newest_near(
            now=now,
            limit=limit - len(found),
            section_ids=section_ids,
            excluded_ids=[publication_id, *excluded_ids, *(card.id for card in found)],
            language=language,
        )
    return found
