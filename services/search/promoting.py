"""What the board shows first for some words."""

from datetime import datetime
from typing import cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Promotion, Publication
from services.dates import local_date
from services.remembered import remembered
from services.search.schema import document as stored
from services.search.terms import MAX_QUERY_CHARS, prepare, words_of
from services.visibility import visible

MAX_FOR_WORDS = 3
MAX_KEY_CHARS = 120

_PROMOTED = (
    select(stored.c.docid, Promotion.publication_id)
    .join_from(Promotion, Publication, Publication.id == Promotion.publication_id)
    .join(stored, stored.c.publication_id == Publication.id)
    .where(
        Promotion.key == bindparam("key"),
        Promotion.until_on >= bindparam("today"),
        visible(cast(datetime, bindparam("now"))),
    )
    .order_by(Promotion.id.desc())
    .limit(MAX_FOR_WORDS)
)
_KEYS = select(Promotion.key).distinct()


def key_of(typed: str) -> str:
    """The words of a question as they are compared with others: folded, signs left out."""
    words = [word.folded for word in words_of(prepare(typed[:MAX_QUERY_CHARS]))]
    return " ".join(words)[:MAX_KEY_CHARS].strip()


def promoted(session: Session, typed: str, *, now: datetime) -> dict[int, int]:
    """Docids of what is shown first for these words, with their publications, latest first."""
    keys = remembered("promoted", lambda: frozenset(session.scalars(_KEYS)))
    key = key_of(typed) if keys else ""
    if key not in keys:
        return {}
    rows = session.execute(_PROMOTED, {"key": key, "today": local_date(now), "now": now})
    return {row[0]: row[1] for row in rows}
