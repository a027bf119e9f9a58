"""Finding the document that another one replaces, amends or names, while somebody types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from extensions import db
from models import DocumentDetail, Kind, Language, Publication
from services import search
from services.document_relations import code_of, named_by
from services.publications import MAX_ID
from services.search import SearchRequest
from services.vietnamese import fold_document_number, nfc
from services.visibility import in_language, visible

MAX_WORDS_CHARACTERS = 200
MAX_CHOICES = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A document that may be meant; ``line`` is what names it and no other."""

    id: int
    line: str
    number: str
    title: str
    issuing_body: str
    issued_on: date | None


def choices(*, typed: str, besides: int | None, now: datetime) -> list[Choice]:
    """Documents that readers see whose code, number or title is like this, the likeliest first:
    whoever typed a number means that. ``besides`` is the one that is written."""
    words = " ".join(nfc(typed[:MAX_WORDS_CHARACTERS]).replace("\0", "").split())
    if not words:
        return []
    code = code_of(words)
    if code is not None:
        ids = [code] if code <= MAX_ID else []
    else:
        ids = list(dict.fromkeys([*_by_number(words, now), *_by_words(words, now)]))
    found = _rows([each for each in ids if each != besides], now)
    named = named_by([each.number for each in found if each.number])
    return [
        Choice(each.id, each.number, each.number, each.title, each.issuing_body, each.issued_on)
        if named.get(each.number) == [each.id]
        else each
        for each in found
    ][:MAX_CHOICES]


def _by_number(words: str, now: datetime) -> Sequence[int]:
    key = fold_document_number(words)
    if not any(character.isdigit() for character in key):
        return []
    return db.session.scalars(
        select(Publication.id)
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .where(
            Publication.kind == Kind.DOCUMENT,
            in_language(Language.VI),
            visible(now),
            DocumentDetail.number_key.contains(key, autoescape=True),
        )
        # What begins so, then the newest.
        .order_by(
            DocumentDetail.number_key.startswith(key, autoescape=True).desc(),
            DocumentDetail.issued_on.desc(),
            Publication.id.desc(),
        )
        .limit(MAX_CHOICES + 1)
    ).all()


def _by_words(words: str, now: datetime) -> list[int]:
    request = SearchRequest(q=words, kind=Kind.DOCUMENT, prefix_last=True, per_page=MAX_CHOICES + 1)
    found = search.search(request=request, now=now)
    # What holds only some of the words is nobody's document.
    return [] if found.any_of else [hit.publication_id for hit in found.hits]


def _rows(ids: Sequence[int], now: datetime) -> list[Choice]:
    rows = db.session.execute(
        select(
            Publication.id,
            DocumentDetail.document_number,
            Publication.title,
            DocumentDetail.issuing_body,
            DocumentDetail.issued_on,
        )
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .where(
            Publication.id.in_(ids),
            Publication.kind == Kind.DOCUMENT,
            in_language(Language.VI),
            visible(now),
        )
    )
    found = {row[0]: Choice(row[0], f"#{row[0]}", *row[1:]) for row in rows}
    return [found[each] for each in ids if each in found]
