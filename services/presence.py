"""Who has a text open just now: shown to the others by name, and never a lock.

A page that is open says so every twenty seconds; whoever has not been heard of for a minute is
taken for gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Presence, Publication, User

GONE_AFTER = timedelta(seconds=60)
# A row of the list names so many people, and counts the rest.
MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody else who has the text open."""

    name: str
    is_writing: bool


def note(*, publication: Publication, user: User, is_writing: bool, now: datetime) -> None:
    """The user has the text open at this moment; flushes."""
    values = {"is_writing": is_writing, "seen_at": now}
    known = (
        update(Presence)
        .where(Presence.publication_id == publication.id, Presence.user_id == user.id)
        .values(values)
        .returning(Presence.user_id)
    )
    if db.session.scalar(known) is not None:
        return
    try:
        with db.session.begin_nested():
            db.session.add(Presence(publication_id=publication.id, user_id=user.id, **values))
    except IntegrityError:
        # Another page of the same person's said it first.
        pass


def leave(*, publication: Publication, user: User) -> None:
    """The user has closed the text; flushes."""
    db.session.execute(
        delete(Presence).where(
            Presence.publication_id == publication.id, Presence.user_id == user.id
        )
    )


def others_at(
    *, publication_ids: Iterable[int], user: User, now: datetime
) -> dict[int, list[Present]]:
    """Who else has each of these texts open, those who write first; one query."""
    wanted = list(publication_ids)
    if not wanted:
        return {}
    query = (
        select(Presence.publication_id, Presence.is_writing, User.full_name)
        .join(User, User.id == Presence.user_id)
        .where(
            Presence.publication_id.in_(wanted),
            Presence.user_id != user.id,
            Presence.seen_at > now - GONE_AFTER,
        )
        .order_by(Presence.is_writing.desc(), User.sort_key, User.id)
    )
    found: dict[int, list[Present]] = {}
    for publication_id, is_writing, name in db.session.execute(query):
        found.setdefault(publication_id, []).append(Present(name, is_writing))
    return found


def sentences_at(*, publication_ids: Iterable[int], user: User, now: datetime) -> dict[int, str]:
    """``others_at`` in words, for those texts that somebody else has open."""
    found = others_at(publication_ids=publication_ids, user=user, now=now)
    return {publication_id: sentence(present) for publication_id, present in found.items()}


def sentence(present: list[Present]) -> str:
    """Who is there, as one line: “Trần Văn B đang viết; Lê Thị C đang mở bài này”."""
    groups = (
        ([one.name for one in present if one.is_writing], "đang viết"),
        ([one.name for one in present if not one.is_writing], "đang mở bài này"),
    )
    return "; ".join(f"{_named(names)} {doing}" for names, doing in groups if names)


def _named(names: list[str]) -> str:
    if len(names) > MAX_NAMED:
        return f"{', '.join(names[:MAX_NAMED])} và {len(names) - MAX_NAMED} người nữa"
    return ", ".join(names)


def prune(*, now: datetime) -> int:
    """Delete what pages said that were closed without a word; answers how much."""
    gone = delete(Presence).where(Presence.seen_at <= now - GONE_AFTER)
    return len(db.session.scalars(gone.returning(Presence.user_id)).all())
