"""What re-users are given: publications with all that readers see of them, and what is gone.

Two orders, both read on by a place and not by a number: the newest first; or, since a moment,
the oldest change first, where what was withdrawn or has expired comes as a mark without content.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, tuple_

from extensions import db
from models import Correction, Kind, Language, Publication, Revision
from services import feeds, listing
from services.cursors import Place
from services.feeds import EnclosedFile
from services.kinds import KINDS
from services.listing import Card
from services.media import OPEN_GRAPH_NAME, address, pictures_in
from services.visibility import visible

MAX_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which publications somebody asks for; None and () leave a thing open."""

    kind: Kind | None = None
    section_ids: Sequence[int] = ()
    unit_id: int | None = None
    language: Language | None = None
    updated_since: datetime | None = None
    after: Place | None = None
    per_page: int = 30


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of a publication; the address is from our root."""

    address: str
    alt: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One publication as readers see it."""

    card: Card
    revision: Revision
    begun_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    translation_of_id: int | None
    details: dict[str, Any]
    files: Sequence[EnclosedFile]
    pictures: Sequence[ShownPicture]
    corrections: Sequence[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Gone:
    """What re-users must take away: it was withdrawn, or its time is over."""

    id: int
    kind: Kind
    begun_at: datetime
    gone_at: datetime
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page; ``place`` is where the next one begins, None if this is the last."""

    items: Sequence[Record | Gone]
    place: Place | None
    # The newest change on this page, for asking again later.
    changed_until: datetime | None


def page_of(*, wanted: Wanted, now: datetime) -> Found:
    """One page of what is asked for, in a number of queries that does not depend on its length."""
    if wanted.updated_since is None:
        return _newest(wanted, now)
    return _changed(wanted, wanted.updated_since, now)


def record(*, publication_id: int) -> Record | None:
    """One publication that readers can see: whether they can is asked of ``articles.article``."""
    return next(iter(_records([publication_id]).values()), None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        conditions.append(Publication.kind == wanted.kind)
    if wanted.section_ids:
        conditions.append(Publication.section_id.in_(wanted.section_ids))
    if wanted.unit_id is not None:
        conditions.append(Publication.unit_id == wanted.unit_id)
    if wanted.language is not None:
        conditions.append(Publication.language == wanted.language)
    return conditions


def _newest(wanted: Wanted, now: datetime) -> Found:
    query = select(Publication.id, Publication.published_at).where(
        visible(now), *_conditions(wanted)
    )
    if wanted.after is not None:
        here = tuple_(Publication.published_at, Publication.id)
        query = query.where(here < tuple_(wanted.after.at, wanted.after.id))
    rows: Sequence[Any] = db.session.execute(
        query.order_by(Publication.published_at.desc(), Publication.id.desc()).limit(
            wanted.per_page + 1
        )
    ).all()
    shown = rows[: wanted.per_page]
    records = _records([row[0] for row in shown])
    place = Place(shown[-1][1], shown[-1][0]) if len(rows) > len(shown) else None
    items = [records[row[0]] for row in shown if row[0] in records]
    return Found(items, place, max((item.changed_at for item in items), default=None))


def _changed(wanted: Wanted, since: datetime, now: datetime) -> Found:
    """Two streams, each by an index of its own: what changed by somebody's hand, and what has
    expired by itself since."""
    columns = (
        Publication.id,
        Publication.kind,
        Publication.created_at,
        Publication.withdrawn_at,
    )
    common = [
        Publication.live_revision_id.is_not(None),
        Publication.published_at <= now,
        *_conditions(wanted),
    ]
    is_expired = and_(
        Publication.expires_at.is_not(None),
        Publication.expires_at <= now,
        Publication.withdrawn_at.is_(None),
    )
    ended_at = case(
        (Publication.expires_at > Publication.public_changed_at, Publication.expires_at),
        else_=Publication.public_changed_at,
    )
    rows: list[tuple[datetime, int, Any, bool]] = []
    for moment, own in (
        (
            Publication.public_changed_at,
            or_(
                Publication.withdrawn_at.is_not(None),
                Publication.expires_at.is_(None),
                Publication.expires_at > now,
            ),
        ),
        (ended_at, is_expired),
    ):
        query = select(*columns, moment).where(*common, own, moment >= since, moment <= now)
        if wanted.after is not None:
            # Not as a pair: a CASE in one is not taken by SQLite's rows for a date.
            query = query.where(
                or_(
                    moment > wanted.after.at,
                    and_(moment == wanted.after.at, Publication.id > wanted.after.id),
                )
            )
        query = query.order_by(moment, Publication.id).limit(wanted.per_page + 1)
        rows += [(row[4], row[0], row, own is is_expired) for row in db.session.execute(query)]
    rows.sort(key=lambda row: row[:2])
    shown = rows[: wanted.per_page]
    live = [id_ for _, id_, row, expired in shown if not expired and row[3] is None]
    records = _records(live)
    items: list[Record | Gone] = []
    for moment_at, id_, row, expired in shown:
        if id_ in records:
            items.append(records[id_])
        else:
            items.append(Gone(id_, row[1], row[2], moment_at, expired))
    place = Place(shown[-1][0], shown[-1][1]) if len(rows) > len(shown) else None
    return Found(items, place, shown[-1][0] if shown else None)


def _records(ids: Sequence[int]) -> dict[int, Record]:
    if not ids:
        return {}
    cards = listing.by_ids(ids)
    rows = db.session.execute(
        select(Publication, Revision)
        .join(Revision, Revision.id == Publication.live_revision_id)
        .where(Publication.id.in_(ids))
    ).all()
    files = feeds.files_of([revision.id for _, revision in rows])
    corrections: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    noted = select(Correction.publication_id, Correction.noted_at, Correction.text)
    for id_, noted_at, text in db.session.execute(
        noted.where(Correction.publication_id.in_(ids)).order_by(Correction.noted_at, Correction.id)
    ):
        corrections[id_].append((noted_at, text))
    details = _details(rows)
    return {
        publication.id: Record(
            card=cards[publication.id],
            revision=revision,
            begun_at=publication.created_at,
            changed_at=publication.public_changed_at,
            expires_at=publication.expires_at,
            translation_of_id=publication.translation_of_id,
            details=details[revision.id],
            files=files.get(revision.id, ()),
            pictures=_pictures(cards[publication.id], revision),
            corrections=corrections[publication.id],
        )
        for publication, revision in rows
        if publication.id in cards
    }


def _details(rows: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """The kind's own fields of each revision by name, in one query for each kind that is there."""
    by_kind: dict[Kind, list[int]] = defaultdict(list)
    for publication, revision in rows:
        by_kind[publication.kind].append(revision.id)
    found: dict[int, dict[str, Any]] = {}
    for kind, ids in by_kind.items():
        info = KINDS[kind]
        stored: dict[int, Any] = {}
        if info.detail_model is not None:
            model: Any = info.detail_model
            query = select(model).where(model.revision_id.in_(ids))
            stored = {row.revision_id: row for row in db.session.scalars(query)}
        for id_ in ids:
            row = stored.get(id_)
            found[id_] = {name: _plain(getattr(row, name, None)) for name in info.detail_fields}
    return found


def _plain(value: Any) -> Any:
    """A value of a column as JSON holds it: a day as ISO 8601 writes it, null for nothing."""
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _pictures(card: Card, revision: Revision) -> list[ShownPicture]:
    found = []
    if card.picture is not None:
        found.append(ShownPicture(card.picture.og_src, card.picture.alt))
    found += [
        ShownPicture(address(picture.token, OPEN_GRAPH_NAME), picture.alt, picture.caption)
        for picture in pictures_in(revision.body)
    ]
    return list({picture.address: picture for picture in reversed(found)}.values())[::-1]
