"""What engines read: the newest for feeds, every address for the sitemap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from extensions import db
from models import Kind, Language, Publication, Revision
from services.visibility import visible

# A sitemap may hold 50,000 addresses (sitemaps.org, protocol); half of that stays far below
# its 50 MB.
SITEMAP_CHUNK = 25_000


@dataclass(frozen=True, slots=True)
class Address:
    """One publication in the sitemap."""

    id: int
    kind: Kind
    slug: str
    changed_at: datetime
    language: Language = Language.VI


def sitemap_chunks(*, now: datetime) -> int:
    """How many sitemap files all visible publications fill; at least 1."""
    total = db.session.scalar(select(func.count(Publication.id)).where(visible(now))) or 0
    return max(1, -(-total // SITEMAP_CHUNK))


def sitemap_addresses(*, now: datetime, chunk: int) -> Sequence[Address]:
    """The addresses of one file, counted from 1, oldest first so that old files never change."""
    rows = db.session.execute(
        select(
            Publication.id,
            Publication.kind,
            Publication.slug,
            Publication.published_at,
            Revision.updated_at,
            Publication.language,
        )
        .join(Revision, Revision.id == Publication.live_revision_id)
        .where(visible(now))
        .order_by(Publication.published_at, Publication.id)
        .limit(SITEMAP_CHUNK)
        .offset((chunk - 1) * SITEMAP_CHUNK)
    )
    return [
        Address(id_, kind, slug, max(published_at, updated_at), language)
        for id_, kind, slug, published_at, updated_at, language in rows
        if published_at is not None
    ]
