"""One number, once within an issuing body and year, among documents that readers see.

Entered in the transaction that puts a document before readers, left when it is withdrawn.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, select

from extensions import db
from models import DocumentDetail, DocumentRegister, DocumentRelation, Kind, Language, Publication
from services import document_relations
from services.content_version import mark_changed
from services.dates import parse_date
from services.errors import InvalidInput
from services.vietnamese import fold_document_number, slugify
from services.visibility import in_language

Key = tuple[str, str, int]


def enter(publication: Publication) -> None:
    """Take the number of the live text. Raises InvalidInput if another document has it, or if
    it would close a circle of documents that replace each other."""
    # A translation bears the number of what it translates.
    is_original = publication.kind is Kind.DOCUMENT and publication.language is Language.VI
    if not is_original or publication.live_revision_id is None:
        return
    # Its one row is the door through which one goes at a time, on both engines: whoever comes
    # second sees what the first has written.
    mark_changed(db.session())
    targets = db.session.scalars(
        select(DocumentRelation.target_id).where(
            DocumentRelation.revision_id == publication.live_revision_id,
            DocumentRelation.relation == document_relations.REPLACES,
        )
    ).all()
    circle = document_relations.circle_of(publication_id=publication.id, targets=targets)
    if circle:
        raise InvalidInput(circle, {document_relations.REPLACES: circle})
    row = db.session.execute(
        select(
            DocumentDetail.number_key, DocumentDetail.issuing_body, DocumentDetail.issued_on
        ).where(DocumentDetail.revision_id == publication.live_revision_id)
    ).one_or_none()
    leave(publication)
    if row is None or not row[0] or row[2] is None:
        return
    key = (row[0], slugify(row[1], max_length=200), row[2].year)
    sentence = _sentence(key, publication.id)
    if sentence:
        raise InvalidInput(sentence, {"document_number": sentence})
    db.session.add(
        DocumentRegister(
            publication_id=publication.id, number_key=key[0], body_key=key[1], year=key[2]
        )
    )
    db.session.flush()


def leave(publication: Publication) -> None:
    """Free the number for another document."""
    if publication.kind is Kind.DOCUMENT:
        db.session.execute(
            delete(DocumentRegister).where(DocumentRegister.publication_id == publication.id)
        )


def taken_by(*, details: Mapping[str, str], publication_id: int | None) -> str:
    """The sentence that names which other document has this number; empty where none has."""
    key = key_of(details)
    return _sentence(key, publication_id) if key is not None else ""


def key_of(details: Mapping[str, str]) -> Key | None:
    """By what a document that says this of itself is the only one; None: it has no number."""
    number = fold_document_number(details.get("document_number", ""))
    issued_on = details.get("issued_on", "")
    if not number or not issued_on:
        return None
    try:
        year = parse_date(issued_on).year
    except InvalidInput:
        return None
    return number, slugify(details.get("issuing_body", ""), max_length=200), year


def _sentence(key: Key, publication_id: int | None) -> str:
    # Of all that is out or will be, and not of the register alone: what an import brought is
    # there too.
    rows = db.session.execute(
        select(
            Publication.id,
            Publication.slug,
            Publication.title,
            DocumentDetail.document_number,
            DocumentDetail.issuing_body,
        )
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .where(
            DocumentDetail.number_key == key[0],
            DocumentDetail.issued_on.between(date(key[2], 1, 1), date(key[2], 12, 31)),
            Publication.kind == Kind.DOCUMENT,
            Publication.withdrawn_at.is_(None),
            in_language(Language.VI),
            Publication.id != (publication_id or 0),
        )
        .order_by(Publication.id)
    )
    other = next((row for row in rows if slugify(row[4], max_length=200) == key[1]), None)
    if other is None:
        return ""
    return (
        f"Số, ký hiệu {other[3]} của cơ quan này trong năm {key[2]} đã có ở văn bản "
        f"“{other[2]}” (/van-ban/{other[1]}-{other[0]}); hãy xem lại số, cơ quan ban hành, "
        "ngày ban hành, hoặc gỡ văn bản kia."
    )
