"""What the documents of one file say of each other: in the numbers of this site, and also of those
that come later in the file.

A line may name a document by its code at the old site. Where that document is not here yet, the
line waits as ``PENDING`` says; the pass at the end of every run finds what has come since.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import DocumentDetail, ImportItem, Kind, Publication, Revision
from services import document_register, document_relations, search
from services.document_relations import RELATIONS, code_of
from services.kinds import details_of, set_details
from services.moving.items import Line, Outcome
from services.publications import MAX_ID

BATCH = 50
PENDING = "#{} (mã ở trang cũ)"
_PENDING = re.compile(r"#(\d{1,9}) \(mã ở trang cũ\)")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whose codes the lines of a file are; ``is_own``: this site's, it was written down here."""

    source: str
    is_own: bool = False

    def here(self, codes: Collection[int]) -> dict[int, int]:
        """The numbers on this site of those that have come."""
        rows = db.session.execute(
            select(ImportItem.external_id, ImportItem.publication_id).where(
                ImportItem.source == self.source,
                ImportItem.external_id.in_(str(one) for one in codes),
                ImportItem.publication_id.is_not(None),
            )
        )
        found = {int(code): publication_id for code, publication_id in rows if publication_id}
        left = {one for one in codes if one not in found and one <= MAX_ID}
        if self.is_own and left:
            own = select(Publication.id).where(
                Publication.id.in_(left), Publication.kind == Kind.DOCUMENT
            )
            found |= {one: one for one in db.session.scalars(own)}
        return found


def in_numbers_here(details: Mapping[str, str], numbers: Numbers) -> dict[str, str]:
    """The fields of an item with each code of the old site as this site's, or as waiting."""
    lines = lines_of(details)
    if not lines:
        return dict(details)
    codes = {code for each in lines.values() for line in each if (code := code_of(line))}
    here = numbers.here(codes)

    def told(line: str) -> str:
        code = code_of(line)
        if code is None:
            return line
        return f"#{here[code]}" if code in here else PENDING.format(code)

    return {**details, **{name: "\n".join(map(told, each)) for name, each in lines.items()}}


def lines_of(details: Mapping[str, str]) -> dict[str, list[str]]:
    """What an item says of other documents, by relation."""
    return {
        # One document a line, or several parted by semicolons, as in fields of WordPress.
        name: [_line(part.strip()) for part in re.split(r"[\n;]", said) if part.strip()]
        for name in RELATIONS
        if (said := details.get(name, "")).strip()
    }


def _line(line: str) -> str:
    # What waited at the old site waits no more: its code there is a third site's.
    return line.removeprefix("#") if _PENDING.fullmatch(line) else line


def put_up(publication: Publication) -> None:
    """What is to be done of a document as soon as it is stored: its relations, as far as the
    others are here, and its number. Raises InvalidInput if another document has that."""
    if publication.kind is not Kind.DOCUMENT:
        return
    for revision in _texts(publication):
        document_relations.settle(revision=revision, details=details_of(revision, Kind.DOCUMENT))
    if publication.withdrawn_at is None:
        document_register.enter(publication)
    else:
        document_register.leave(publication)


def settle(
    *,
    numbers: Numbers,
    rows: Mapping[str, int],
    checkpoint: Callable[[], None],
    is_as_left: Callable[[ImportItem], bool],
) -> Iterator[Line]:
    """The pass at the end: relations of every document that this source brought, a batch a
    transaction; a line of the report for each that is not kept, of those in this file."""
    last = 0
    while True:
        items = db.session.scalars(
            select(ImportItem)
            .join(Publication, Publication.id == ImportItem.publication_id)
            .where(
                ImportItem.source == numbers.source,
                ImportItem.id > last,
                Publication.kind == Kind.DOCUMENT,
                select(DocumentDetail.revision_id)
                .where(
                    DocumentDetail.revision_id.in_(
                        (Publication.live_revision_id, Publication.latest_revision_id)
                    ),
                    or_(*(getattr(DocumentDetail, name) != "" for name in RELATIONS)),
                )
                .exists(),
            )
            .order_by(ImportItem.id)
            .limit(BATCH)
            .options(joinedload(ImportItem.publication).joinedload(Publication.latest_revision))
        ).all()
        if not items:
            checkpoint()
            return
        last = items[-1].id
        told = []
        for item in items:
            # What somebody has changed here since was looked through when it was saved.
            sentences = _settle(item, numbers) if is_as_left(item) else []
            row = rows.get(item.external_id)
            if sentences and row is not None and item.publication is not None:
                title = item.publication.title
                told.append(
                    Line(row, item.external_id, title, Outcome.NOTED, " ".join(sentences)[:2000])
                )
        db.session.flush()
        checkpoint()
        db.session.expunge_all()
        yield from told


def _settle(item: ImportItem, numbers: Numbers) -> list[str]:
    publication = item.publication
    assert publication is not None
    sentences: dict[str, None] = {}
    for revision in _texts(publication):
        details = details_of(revision, Kind.DOCUMENT)
        waiting = {int(code) for name in RELATIONS for code in _PENDING.findall(details[name])}
        here = numbers.here(waiting) if waiting else {}
        if here:
            for name in RELATIONS:
                for code, number in here.items():
                    details[name] = details[name].replace(PENDING.format(code), f"#{number}")
            set_details(revision, Kind.DOCUMENT, details)
            db.session.flush()
            search.index_publication(publication_id=publication.id)
        told = document_relations.settle(revision=revision, details=details)
        sentences |= dict.fromkeys(told)
    return list(sentences)


def _texts(publication: Publication) -> list[Revision]:
    """The text that readers have, and the newest one."""
    both = (publication.live_revision, publication.latest_revision)
    return list(dict.fromkeys(one for one in both if one is not None))
