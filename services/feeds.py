"""What feeds tell of each publication, beside what a card shows: when it changed, its files."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Media, Publication, RevisionFile
from services.listing import Card
from services.media import file_address

FEED_ITEMS = 30


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    """A file as a feed or a re-user names it; the address is from our root."""

    title: str
    address: str
    mime: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One publication in a feed. ``begun_at`` never changes, so that its name there can stand
    on it."""

    card: Card
    begun_at: datetime
    changed_at: datetime
    files: Sequence[EnclosedFile] = ()


def entries_of(cards: Sequence[Card]) -> list[Entry]:
    """The entries of these cards, in their order; two queries, however many there are."""
    if not cards:
        return []
    rows = db.session.execute(
        select(
            Publication.id,
            Publication.created_at,
            Publication.public_changed_at,
            Publication.live_revision_id,
        ).where(Publication.id.in_([card.id for card in cards]))
    ).all()
    known = {row[0]: row for row in rows}
    files = files_of([row[3] for row in rows if row[3] is not None])
    return [
        Entry(
            card,
            begun_at=known[card.id][1],
            changed_at=max(known[card.id][2], card.published_at),
            files=files.get(known[card.id][3] or 0, ()),
        )
        for card in cards
        if card.id in known
    ]


def files_of(revision_ids: Sequence[int]) -> dict[int, list[EnclosedFile]]:
    """The files of several revisions, by revision, in one query."""
    found: dict[int, list[EnclosedFile]] = defaultdict(list)
    if not revision_ids:
        return found
    rows = db.session.execute(
        select(RevisionFile.revision_id, RevisionFile.label, Media)
        .join(Media, Media.id == RevisionFile.media_id)
        .where(RevisionFile.revision_id.in_(revision_ids))
        .order_by(RevisionFile.revision_id, RevisionFile.position, Media.id)
    )
    for revision_id, label, media in rows:
        found[revision_id].append(
            EnclosedFile(
                title=label or media.original_name,
                address=file_address(media),
                mime=media.mime,
                size_bytes=media.size_bytes,
            )
        )
    return found
