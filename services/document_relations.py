"""What documents say of each other: replaced, amended, supplemented, related.

A person types numbers, one a line; each is found when the text is saved, and what was found is
kept with the revision. Readers see only what live documents say of live documents.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import aliased

from extensions import db
from models import DocumentDetail, DocumentRelation, Kind, Language, Publication, Revision
from services.content_version import mark_changed
from services.dates import format_date
from services.vietnamese import fold_document_number
from services.visibility import in_language, visible

REPLACES = "replaces"
# By the field's name: what the document says of the other, and what is said of it there.
RELATIONS: dict[str, tuple[str, str]] = {
    REPLACES: ("Thay thế", "Bị thay thế bởi"),
    "amends": ("Sửa đổi", "Được sửa đổi bởi"),
    "supplements": ("Bổ sung", "Được bổ sung bởi"),
    "relates": ("Liên quan", "Liên quan"),
}
MAX_LINES = 40
MAX_CANDIDATES = 5
_ID = re.compile(r"#\s*(\d{1,9})|(?:https?://[^/\s]+)?/van-ban/[^\s]*-(\d{1,9})/?")
# How many replacements one after another are followed.
MAX_STEPS = 1000


@dataclass(frozen=True, slots=True)
class RelatedDocument:
    """One document beside another; ``label`` is how it stands to it."""

    label: str
    relation: str
    is_incoming: bool
    id: int
    kind: Kind
    slug: str
    title: str
    number: str
    issued_on: date | None


def refusals(*, details: Mapping[str, str], publication_id: int | None) -> dict[str, str]:
    """A sentence for each field that names what is not there, itself, or makes a circle."""
    wrong: dict[str, str] = {}
    found: dict[str, list[int]] = {}
    for name in RELATIONS:
        for target, sentence in _judged(name, details.get(name, ""), publication_id):
            if target is None:
                wrong[name] = sentence
                break
            found.setdefault(name, []).append(target)
    if publication_id is not None and REPLACES not in wrong:
        circle = circle_of(publication_id=publication_id, targets=found.get(REPLACES, ()))
        if circle:
            wrong[REPLACES] = circle
    return wrong


def _judged(
    name: str, text: str, publication_id: int | None, kept: Collection[int] = ()
) -> Iterator[tuple[int | None, str]]:
    """Each line's document, or None and why it names none. Of several documents with one number
    the one that is ``kept`` already is meant."""
    label, _ = RELATIONS[name]
    lines = _lines(text)
    if len(lines) > MAX_LINES:
        yield None, f"{label}: hãy ghi nhiều nhất {MAX_LINES} văn bản."
        return
    targets = named_by(lines)
    for number, line in enumerate(lines, start=1):
        ids = targets[line]
        if len(ids) > 1:
            ids = [each for each in ids if each in kept] or ids
        if not ids:
            sentence = "không có văn bản nào như vậy trên trang; hãy xem lại số, ký hiệu."
        elif len(ids) > 1:
            choices = "; ".join(_candidates(ids))
            sentence = f"có {len(ids)} văn bản mang số này; hãy ghi mã của một văn bản: {choices}."
        elif ids == [publication_id]:
            sentence = f"văn bản không thể {label.lower()} chính nó; hãy bỏ dòng này."
        else:
            yield ids[0], ""
            continue
        yield None, f"{label}, dòng {number} “{line[:80]}”: {sentence}"


def _candidates(ids: Sequence[int]) -> list[str]:
    """Documents with one number, each by its code and by what tells it from the others."""
    rows = db.session.execute(
        select(
            Publication.id,
            Publication.title,
            DocumentDetail.issuing_body,
            DocumentDetail.issued_on,
        )
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .where(Publication.id.in_(ids))
        .order_by(Publication.id)
        .limit(MAX_CANDIDATES)
    )
    return [
        f"#{each} ({body or title[:60]}{f', ngày {format_date(day)}' if day else ''})"
        for each, title, body, day in rows
    ]


def settle(*, revision: Revision, details: Mapping[str, str]) -> list[str]:
    """Keep with a revision that came from elsewhere what its lines name, as far as it may be
    kept; a sentence for each line that may not. Done again it gives the same."""
    own = revision.publication_id
    before = _kept_of(revision)
    after: dict[str, dict[int, None]] = {}
    wrong: list[str] = []
    for name in RELATIONS:
        targets = after.setdefault(name, {})
        for target, sentence in _judged(name, details.get(name, ""), own, before.get(name, ())):
            if target is not None and name == REPLACES:
                sentence = circle_of(publication_id=own, targets=[target])
            if target is None or sentence:
                wrong.append(sentence)
            else:
                targets[target] = None
    if {name: set(targets) for name, targets in after.items() if targets} != before:
        _keep(revision, after)
        # It may be what readers have, which is frozen but for this.
        mark_changed(db.session())
    return wrong


def exact(*, revision: Revision, details: Mapping[str, str]) -> dict[str, str]:
    """The fields with every line that would name something else today, or nothing, in the place
    of which stands the code of what it named when it was saved."""
    before = _kept_of(revision)
    told: dict[str, str] = {}
    for name, kept in before.items():
        lines = _lines(details.get(name, ""))
        targets = named_by(lines)
        left = kept - {ids[0] for ids in targets.values() if len(ids) == 1}
        for at, line in enumerate(lines):
            meant = left.intersection(targets[line])
            if len(targets[line]) > 1 and len(meant) == 1:
                lines[at] = f"#{meant.pop()}"
                left.discard(int(lines[at][1:]))
        unknown = [at for at, line in enumerate(lines) if not targets.get(line, True)]
        if len(left) == len(unknown) == 1:
            lines[unknown[0]] = f"#{left.pop()}"
        told[name] = "\n".join([*lines, *(f"#{each}" for each in sorted(left))])
    return {**details, **told}


def _kept_of(revision: Revision) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for name, target in db.session.execute(
        select(DocumentRelation.relation, DocumentRelation.target_id).where(
            DocumentRelation.revision_id == revision.id
        )
    ):
        found.setdefault(name, set()).add(target)
    return found


def circle_of(*, publication_id: int, targets: Iterable[int]) -> str:
    """The sentence that refuses a circle of replacements; empty where there is none."""
    before: dict[int, int] = dict.fromkeys(targets, publication_id)
    frontier = list(before)
    for _step in range(MAX_STEPS):
        if not frontier:
            return ""
        if publication_id in before:
            break
        rows = db.session.execute(
            select(Publication.id, DocumentRelation.target_id)
            .join(DocumentRelation, DocumentRelation.revision_id == Publication.live_revision_id)
            .where(
                Publication.id.in_(frontier),
                Publication.withdrawn_at.is_(None),
                DocumentRelation.relation == REPLACES,
            )
        ).all()
        frontier = []
        for source, target in rows:
            if target not in before:
                before[target] = source
                frontier.append(target)
    if publication_id not in before:
        return ""
    way = [publication_id]
    while way[-1] != publication_id or len(way) == 1:
        way.append(before[way[-1]])
    names = names_of(way)
    said = " ← ".join(names[each] for each in way)
    return (
        f"Thay thế: các văn bản thay thế nhau thành vòng ({said}). "
        "Hãy bỏ văn bản không đúng ở ô này, hoặc sửa văn bản kia trước."
    )


def names_of(ids: Collection[int]) -> dict[int, str]:
    """What these documents are called: by their number, or by title."""
    rows = db.session.execute(
        select(Publication.id, DocumentDetail.document_number, Publication.title)
        .outerjoin(DocumentDetail, DocumentDetail.revision_id == Publication.latest_revision_id)
        .where(Publication.id.in_(ids))
    )
    return {each: number or title for each, number, title in rows}


def write(revision: Revision, details: Mapping[str, str]) -> None:
    """Keep with the revision which documents its lines name."""
    # A new one has its number from here on.
    db.session.add(revision)
    db.session.flush()
    targets = {name: _only(named_by(_lines(details.get(name, "")))) for name in RELATIONS}
    _keep(revision, targets)


def _keep(revision: Revision, targets: Mapping[str, Iterable[int]]) -> None:
    db.session.execute(delete(DocumentRelation).where(DocumentRelation.revision_id == revision.id))
    rows = [
        {"revision_id": revision.id, "relation": name, "target_id": target}
        for name, ids in targets.items()
        for target in dict.fromkeys(ids)
        if target != revision.publication_id
    ]
    if rows:
        db.session.execute(insert(DocumentRelation), rows)


def _only(targets: Mapping[str, list[int]]) -> Iterator[int]:
    return (ids[0] for ids in targets.values() if len(ids) == 1)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def code_of(line: str) -> int | None:
    """The code of a document in a line that names it so: ``#12`` or its address."""
    told = _ID.fullmatch(line)
    return int(told[1] or told[2]) if told else None


def named_by(lines: Sequence[str]) -> dict[str, list[int]]:
    """The documents that each line may mean, of those that are or were before readers."""
    keys: dict[str, str] = {}
    ids: dict[str, int] = {}
    for line in lines:
        code = code_of(line)
        if code is not None:
            ids[line] = min(code, 2**31 - 1)
        else:
            keys[line] = fold_document_number(line)
    if not lines:
        return {}
    rows = db.session.execute(
        select(Publication.id, DocumentDetail.number_key)
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .where(
            Publication.kind == Kind.DOCUMENT,
            in_language(Language.VI),
            DocumentDetail.number_key.in_(keys.values()) | Publication.id.in_(ids.values()),
        )
        .order_by(Publication.id)
    ).all()
    there = {each for each, _ in rows}
    return {
        line: [ids[line]] * (ids[line] in there)
        if line in ids
        else [each for each, key in rows if key and key == keys[line]]
        for line in lines
    }


def relations_of(*, publication_id: int, now: datetime) -> list[RelatedDocument]:
    """Documents that it names and that name it, as readers may see them."""
    source, other = aliased(Publication), aliased(Publication)
    columns = (
        DocumentRelation.relation,
        Publication.id,
        Publication.kind,
        Publication.slug,
        Publication.title,
        DocumentDetail.document_number,
        DocumentDetail.issued_on,
    )
    outgoing = (
        select(*columns)
        .join(Publication, Publication.id == DocumentRelation.target_id)
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .join(source, source.live_revision_id == DocumentRelation.revision_id)
        .where(source.id == publication_id, visible(now))
    )
    incoming = (
        select(*columns)
        .join(Publication, Publication.live_revision_id == DocumentRelation.revision_id)
        .join(DocumentDetail, DocumentDetail.revision_id == Publication.live_revision_id)
        .join(other, other.id == DocumentRelation.target_id)
        .where(other.id == publication_id, visible(now))
    )
    found: dict[tuple[str, int], RelatedDocument] = {}
    for is_incoming, query in ((False, outgoing), (True, incoming)):
        for row in db.session.execute(query):
            label = RELATIONS[row[0]][is_incoming]
            found.setdefault((label, row[1]), RelatedDocument(label, row[0], is_incoming, *row[1:]))
    order = [label for pair in RELATIONS.values() for label in reversed(pair)]
    return sorted(
        found.values(),
        key=lambda one: (order.index(one.label), -(one.issued_on or date.min).toordinal(), one.id),
    )


_new = aliased(Publication)
_new_detail = aliased(DocumentDetail)
_FROM = func.coalesce(_new_detail.effective_on, _new_detail.issued_on)


def _seen(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _new.withdrawn_at.is_(None),
        _new.published_at <= now,
        (_new.expires_at.is_(None)) | (_new.expires_at > now),
        DocumentRelation.relation == REPLACES,
    )


def replaced_days(*, ids: Sequence[int], now: datetime) -> dict[int, date]:
    """From which day each of these is replaced by a document that readers see."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(DocumentRelation.target_id, func.min(_FROM))
        .join(_new, _new.live_revision_id == DocumentRelation.revision_id)
        .join(_new_detail, _new_detail.revision_id == _new.live_revision_id)
        .where(DocumentRelation.target_id.in_(ids), *_seen(now))
        .group_by(DocumentRelation.target_id)
    )
    return {target: day for target, day in rows if day is not None}


def is_replaced(*, on: date, now: datetime) -> ColumnElement[bool]:
    """The same as a condition on Publication."""
    return exists(
        select(DocumentRelation.target_id)
        .join(_new, _new.live_revision_id == DocumentRelation.revision_id)
        .join(_new_detail, _new_detail.revision_id == _new.live_revision_id)
        .where(DocumentRelation.target_id == Publication.id, on >= _FROM, *_seen(now))
        .correlate(Publication.__table__)
    )
