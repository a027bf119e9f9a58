"""The site's content written down: JSON Lines, one thing a line, and its pictures and files.

``content.jsonl`` holds the units, the people who wrote (without passwords and rights), sections,
media, publications and the leaders' work schedule; ``media/<token>/`` the files. What is the same
content gives the same bytes, so two exports can be compared. What is on its way through the board
comes along as far as its newest text; older revisions, remarks and the trail stay in the backup
(``flask backup``).
"""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import (
    Kind,
    Media,
    OldAddress,
    Publication,
    Revision,
    ScheduleEntry,
    Section,
    Unit,
    User,
    ViewTotal,
)
from services import document_relations
from services.document_relations import RELATIONS
from services.errors import InvalidInput
from services.kinds import details_of
from services.media import folder_of

VERSION = 1
CONTENT = "content.jsonl"
BATCH = 200

# What is not written of a row: numbers that are another site's, and what follows from the rest.
NOT_OF_PUBLICATION = frozenset("id slug title summary byline lock_version draft_key".split())
NOT_OF_REVISION = frozenset({"id", "number", "version", "held_at"})
NOT_OF_MEDIA = frozenset({"id", "version", "replaced_at"})
NOT_OF_UNIT = frozenset({"id", "sort_key"})
NOT_OF_SECTION = frozenset({"id"})
NOT_OF_ENTRY = frozenset({"id"})


def write(
    *,
    path: Path,
    site: str,
    media_root: Path,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write everything into the folder ``path``; how many publications there are. Raises
    InvalidInput if something is there already."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InvalidInput(f"{path} đã có; hãy chọn một thư mục mới hoặc trống.")
    path.mkdir(parents=True, exist_ok=True)
    draft = path / f"{CONTENT}.tmp"
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        _put(file, {"type": "site", "version": VERSION, "site": site})
        for row in _people_and_places():
            _put(file, row)
        for media in db.session.scalars(select(Media).order_by(Media.token)):
            _put(file, _media(media))
            source = folder_of(media_root, media)
            target = path / "media" / media.token
            target.mkdir(parents=True, exist_ok=True)
            for one in sorted(source.iterdir()) if source.is_dir() else ():
                if one.is_file():
                    shutil.copyfile(one, target / one.name)
        total = db.session.scalar(select(func.count(Publication.id))) or 0
        done = 0
        for publication, addresses, views in _publications():
            _put(file, _publication(publication, addresses, views))
            done += 1
            if progress is not None and (done % BATCH == 0 or done == total):
                progress(done, total)
        for row in itertools.chain(_other_addresses(), _schedule()):
            _put(file, row)
    # Only a whole one has the name.
    draft.rename(path / CONTENT)
    return done


def plain_columns(model: type[Any], without: frozenset[str]) -> list[Any]:
    """The columns of a table that stand for themselves, and name no row of another."""
    columns = model.__table__.columns
    return [one for one in columns if one.name not in without and not one.foreign_keys]


def _plain(row: Any, without: frozenset[str]) -> dict[str, Any]:
    return {
        column.name: _value(getattr(row, column.name))
        for column in plain_columns(type(row), without)
    }


def _value(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def _put(file: TextIO, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")


def _people_and_places() -> Iterator[dict[str, Any]]:
    for unit in db.session.scalars(select(Unit).order_by(Unit.slug)):
        yield {"type": "unit", **_plain(unit, NOT_OF_UNIT)}
    wrote = select(Publication.author_id).union(
        select(Publication.posted_by_id),
        select(Revision.author_id),
        select(Revision.written_by_id),
        select(Media.uploaded_by_id),
        select(ScheduleEntry.created_by_id),
        select(ScheduleEntry.changed_by_id),
    )
    people = select(User).where(User.id.in_(wrote)).options(joinedload(User.unit))
    for user in db.session.scalars(people.order_by(User.username)):
        yield {
            "type": "user",
            "username": user.username,
            "full_name": user.full_name,
            "unit": user.unit.slug,
        }
    for section in _parents_first(db.session.scalars(select(Section).order_by(Section.slug)).all()):
        parent = section.parent.slug if section.parent else None
        yield {"type": "section", "parent": parent, **_plain(section, NOT_OF_SECTION)}


def _parents_first(sections: Sequence[Section]) -> list[Section]:
    placed: dict[int, Section] = {}
    waiting = list(sections)
    while waiting:
        ready = [one for one in waiting if one.parent_id is None or one.parent_id in placed]
        # A ring has no first one: its sections stand as they come.
        for one in ready or waiting:
            placed[one.id] = one
        waiting = [one for one in waiting if one.id not in placed]
    return list(placed.values())


def _media(media: Media) -> dict[str, Any]:
    unit, user = db.session.get_one(Unit, media.unit_id), _username(media.uploaded_by_id)
    return {"type": "media", "unit": unit.slug, "by": user, **_plain(media, NOT_OF_MEDIA)}


def _username(user_id: int | None) -> str | None:
    return db.session.get_one(User, user_id).username if user_id else None


def _publications() -> Iterator[tuple[Publication, list[str], int]]:
    last = 0
    while True:
        batch = db.session.scalars(
            select(Publication)
            .where(Publication.id > last)
            .order_by(Publication.id)
            .limit(BATCH)
            .options(
                joinedload(Publication.unit),
                selectinload(Publication.live_revision).selectinload(Revision.files),
                selectinload(Publication.latest_revision).selectinload(Revision.files),
                selectinload(Publication.corrections),
            )
        ).all()
        if not batch:
            return
        last = batch[-1].id
        ids = [one.id for one in batch]
        addresses: dict[int, list[str]] = {}
        for publication_id, address in db.session.execute(
            select(OldAddress.publication_id, OldAddress.address)
            .where(OldAddress.publication_id.in_(ids))
            .order_by(OldAddress.address)
        ):
            assert publication_id is not None
            addresses.setdefault(publication_id, []).append(address)
        totals = select(ViewTotal.publication_id, ViewTotal.total)
        views = {
            row[0]: row[1]
            for row in db.session.execute(totals.where(ViewTotal.publication_id.in_(ids)))
        }
        for one in batch:
            yield one, addresses.get(one.id, []), views.get(one.id, 0)


def _publication(publication: Publication, addresses: list[str], views: int) -> dict[str, Any]:
    live, latest = publication.live_revision, publication.latest_revision
    return {
        "type": "publication",
        "id": publication.id,
        "unit": publication.unit.slug,
        "author": _username(publication.author_id),
        "posted_by": _username(publication.posted_by_id),
        "translation_of": publication.translation_of_id,
        "views": views,
        "old_addresses": addresses,
        "corrections": [
            {"noted_at": _value(one.noted_at), "text": one.text, "by": _username(one.by_id)}
            for one in publication.corrections
        ],
        "live": _text(live, publication) if live else None,
        "latest": _text(latest, publication) if latest and latest is not live else None,
        **_plain(publication, NOT_OF_PUBLICATION),
    }


def _text(revision: Revision, publication: Publication) -> dict[str, Any]:
    section = db.session.get(Section, revision.section_id) if revision.section_id else None
    lead = db.session.get(Media, revision.lead_media_id) if revision.lead_media_id else None
    return {
        "section": section.slug if section else None,
        "lead": lead.token if lead else None,
        "author": _username(revision.author_id),
        "written_by": _username(revision.written_by_id),
        "files": [{"media": row.media.token, "label": row.label} for row in revision.files],
        "details": _details(revision, publication.kind),
        **_plain(revision, NOT_OF_REVISION),
    }


def _details(revision: Revision, kind: Kind) -> dict[str, str]:
    details = details_of(revision, kind)
    if any(details.get(name) for name in RELATIONS):
        details = document_relations.exact(revision=revision, details=details)
    return details


def _other_addresses() -> Iterator[dict[str, Any]]:
    rows = db.session.execute(
        select(OldAddress.address, Section.slug, Media.token)
        .outerjoin(Section, Section.id == OldAddress.section_id)
        .outerjoin(Media, Media.id == OldAddress.media_id)
        .where(OldAddress.publication_id.is_(None))
        .order_by(OldAddress.address)
    )
    for address, section, media in rows:
        yield {"type": "old_address", "address": address, "section": section, "media": media}


def _schedule() -> Iterator[dict[str, Any]]:
    for entry in db.session.scalars(
        select(ScheduleEntry).order_by(ScheduleEntry.on, ScheduleEntry.uid)
    ):
        yield {
            "type": "schedule_entry",
            "created_by": _username(entry.created_by_id),
            "changed_by": _username(entry.changed_by_id),
            **_plain(entry, NOT_OF_ENTRY),
        }
