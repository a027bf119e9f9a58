"""Who reuses what: the list that everybody reads, of those who agreed to stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from extensions import db
from models import Channel, Publication, VoiceItem
from services.visibility import is_visible


@dataclass(frozen=True, slots=True)
class Reuse:
    """One reuse. ``name`` is empty where who it is is not said; ``publication`` where readers do
    not see what is reused, or it is none of ours."""

    id: int
    text: str
    name: str
    url: str
    at: datetime | None
    publication: Publication | None


@dataclass(frozen=True, slots=True)
class ReusePage:
    """One page of them, newest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[Reuse]
    number: int
    pages: int
    total: int


def page_of(*, number: int, per_page: int, now: datetime) -> ReusePage:
    """What was granted and may be shown."""
    shown = (VoiceItem.channel == Channel.REUSE, VoiceItem.public_at.is_not(None))
    total = db.session.scalar(select(func.count(VoiceItem.id)).where(*shown)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    rows = db.session.execute(
        select(VoiceItem, Publication)
        .outerjoin(Publication, Publication.id == VoiceItem.publication_id)
        .where(*shown)
        .order_by(VoiceItem.public_at.desc(), VoiceItem.id.desc())
        .limit(per_page)
        .offset((number - 1) * per_page)
    ).all()
    items = [
        Reuse(
            item.id,
            item.public_text,
            item.public_name,
            item.url,
            item.public_at,
            publication if publication is not None and is_visible(publication, now) else None,
        )
        for item, publication in rows
    ]
    return ReusePage(items, number, pages, total)
