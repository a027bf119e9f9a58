"""What the sitemaps say: every address that readers can open, and when it last changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import aliased

from extensions import db
from models import Kind, Language, Publication
from services.visibility import visible

# A sitemap may hold 50,000 addresses (sitemaps.org, protocol); this stays far below its 50 MB.
CHUNK = 10_000
# What a news sitemap may hold: two days of posts, a thousand of them.
NEWS_SINCE = timedelta(days=2)
MAX_NEWS = 1_000


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a publication is made of."""

    id: int
    kind: Kind
    slug: str
    language: Language = Language.VI


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication in a sitemap; ``other`` is its version in the other language."""

    address: Address
    changed_at: datetime
    other: Address | None = None


@dataclass(frozen=True, slots=True)
class NewsEntry:
    """One post in the news sitemap."""

    address: Address
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class LastChanges:
    """When the newest of each list last changed; the lists are those of Vietnamese texts."""

    by_kind: dict[Kind, datetime]
    by_section: dict[int, datetime]

    @property
    def latest(self) -> datetime | None:
        return max(self.by_kind.values(), default=None)

    def of_sections(self, section_ids: Sequence[int]) -> datetime | None:
        found = [self.by_section[id_] for id_ in section_ids if id_ in self.by_section]
        return max(found, default=None)


def chunks(*, now: datetime) -> list[datetime]:
    """For each file of publications, oldest first so that old files seldom change, when it last
    changed."""
    place = func.row_number().over(order_by=(Publication.published_at, Publication.id)) - 1
    numbered = (
        select(cast(place / CHUNK, Integer).label("chunk"), Publication.public_changed_at)
        .where(visible(now))
        .subquery()
    )
    rows = db.session.execute(
        select(numbered.c.chunk, func.max(numbered.c.public_changed_at))
        .group_by(numbered.c.chunk)
        .order_by(numbered.c.chunk)
    )
    return [changed_at for _, changed_at in rows]


def entries(*, now: datetime, chunk: int) -> list[Entry]:
    """The publications of one file, counted from 1."""
    translation, original = aliased(Publication), aliased(Publication)
    rows = db.session.execute(
        select(
            *_address(Publication),
            Publication.public_changed_at,
            *_address(translation),
            *_address(original),
        )
        .outerjoin(
            translation,
            (translation.translation_of_id == Publication.id) & visible(now, translation),
        )
        .outerjoin(
            original, (original.id == Publication.translation_of_id) & visible(now, original)
        )
        .where(visible(now))
        .order_by(Publication.published_at, Publication.id)
        .limit(CHUNK)
        .offset((chunk - 1) * CHUNK)
    )
    found = []
    for row in rows:
        other = row[5:9] if row[5] is not None else row[9:13] if row[9] is not None else None
        found.append(Entry(Address(*row[:4]), row[4], Address(*other) if other else None))
    return found


def news(*, now: datetime) -> list[NewsEntry]:
    """The posts of the last two days, newest first."""
    rows = db.session.execute(
        select(*_address(Publication), Publication.title, Publication.published_at)
        .where(
            visible(now),
            Publication.kind == Kind.POST,
            Publication.published_at > now - NEWS_SINCE,
        )
        .order_by(Publication.published_at.desc(), Publication.id.desc())
        .limit(MAX_NEWS)
    )
    return [NewsEntry(Address(*row[:4]), row[4], row[5]) for row in rows]


def last_changes(*, now: datetime) -> LastChanges:
    """When each list last changed, in one query."""
    rows = db.session.execute(
        select(Publication.kind, Publication.section_id, func.max(Publication.public_changed_at))
        .where(visible(now), Publication.language == Language.VI)
        .group_by(Publication.kind, Publication.section_id)
    )
    by_kind: dict[Kind, datetime] = {}
    by_section: dict[int, datetime] = {}
    for kind, section_id, changed_at in rows:
        by_kind[kind] = max(changed_at, by_kind.get(kind, changed_at))
        if section_id is not None:
            by_section[section_id] = max(changed_at, by_section.get(section_id, changed_at))
    return LastChanges(by_kind, by_section)


def _address(of: type[Publication]) -> tuple[Any, ...]:
    return of.id, of.kind, of.slug, of.language
