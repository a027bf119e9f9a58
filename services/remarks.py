"""What reviewers say of single paragraphs, until it is dealt with.

A remark belongs to the revision that its reviewer read, and names a block of it by number and
by its first words. In a later revision it is shown at the block that still begins so, or, if the
beginning was rewritten, at the one nearby that resembles it most.
"""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Publication, Remark, Revision, User
from services import comparison, notifications, policy
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.publications import seen_token
from services.sanitising import plain_text
from services.vietnamese import nfc

MAX_CHARACTERS = 2000
MAX_OPEN = 100
MAX_QUOTE_CHARACTERS = 200
# A longer text is remarked upon in its first blocks: a list of more cannot be chosen from.
MAX_BLOCKS = 500
# How far a paragraph is looked for that was rewritten, and which share of its words must be left.
_NEARBY = 40
_ALIKE = 0.4
# Resolved ones that are still shown, newest first.
MAX_RESOLVED = 50


@dataclass(frozen=True, slots=True)
class Opening:
    """How a block begins, for choosing it. ``number`` counts from 0."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A remark and the block of the latest revision that it stands at; None: that is gone."""

    remark: Remark
    block: int | None


@dataclass(frozen=True, slots=True)
class Remarks:
    """The remarks on one text: what is open, each in its place, and what was dealt with."""

    placed: Sequence[Placed]
    resolved: Sequence[Remark]

    @property
    def homeless(self) -> list[Remark]:
        """Open remarks on what is no longer in the text."""
        return [one.remark for one in self.placed if one.block is None]

    def at(self, block: int | None) -> list[Remark]:
        if block is None:
            return []
        return [one.remark for one in self.placed if one.block == block]


def openings(body: str) -> list[Opening]:
    """How each block of a text begins; a picture is told by its caption or description."""
    blocks = comparison.split(body)[:MAX_BLOCKS]
    return [Opening(number, _opening(block)) for number, block in enumerate(blocks)]


def _opening(block: str) -> str:
    words = " ".join(plain_text(block).split())
    if not words:
        described = re.search(r'\balt="([^"]+)"', block)
        words = html.unescape(described[1]) if described else ""
    return words[:MAX_QUOTE_CHARACTERS].strip()


def add(
    *, publication: Publication, actor: User, seen: str, block: int, text: str, now: datetime
) -> Remark:
    """Remark on block ``block`` of the latest revision, which ``seen`` names; flushes.

    The author is told. Raises NotAllowed, InvalidInput, and Conflict if the text is another by
    now, since the block may be as well.
    """
    refusal = policy.refusal(actor, "publication:remark", publication)
    latest = publication.latest_revision
    if latest is None or refusal is not None:
        raise NotAllowed(refusal or "Bài này chưa có nội dung.")
    text = clean(text)
    if seen_token(latest) != seen:
        raise Conflict(
            "Bài vừa có bản mới hơn bản bạn đang xem. Góp ý bạn gõ còn nguyên; "
            "hãy xem lại đoạn rồi gửi lại."
        )
    blocks = openings(latest.body)
    if not 0 <= block < len(blocks):
        sentence = "Hãy chọn đoạn mà bạn góp ý."
        raise InvalidInput(sentence, {"block": sentence})
    if _count_open(publication) >= MAX_OPEN:
        raise InvalidInput(
            f"Bài đã có {MAX_OPEN} góp ý chưa sửa; hãy đánh dấu “Đã sửa” bớt, "
            "hoặc trả lại bài với một lý do chung."
        )
    remark = Remark(
        publication_id=publication.id,
        revision_id=latest.id,
        block=block,
        quote=blocks[block].words,
        text=text,
        by_id=actor.id,
        at=now,
    )
    db.session.add(remark)
    db.session.flush()
    notifications.on_remark(publication=publication, actor=actor, text=text, now=now)
    return remark


def clean(text: str) -> str:
    """Plain text in NFC, with its lines. Raises InvalidInput if there is none, or too much."""
    lines = (
        " ".join("".join(c if c.isprintable() else " " for c in line).split())
        for line in nfc(text).splitlines()
    )
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if not text:
        sentence = "Hãy ghi góp ý trước khi gửi."
        raise InvalidInput(sentence, {"text": sentence})
    if len(text) > MAX_CHARACTERS:
        sentence = f"Góp ý dài {len(text)} ký tự; hãy rút còn nhiều nhất {MAX_CHARACTERS} ký tự."
        raise InvalidInput(sentence, {"text": sentence})
    return text


def get(*, publication: Publication, remark_id: int) -> Remark:
    """The remark, if it is on this text. Raises NotFound."""
    remark = db.session.get(Remark, remark_id)
    if remark is None or remark.publication_id != publication.id:
        raise NotFound("Không có góp ý này; có thể bạn đang mở một trang cũ.")
    return remark


def resolve(*, remark: Remark, actor: User, now: datetime) -> None:
    """Đã sửa: it needs nothing more. Whoever may see the text may say so; saying it twice
    changes nothing."""
    if remark.resolved_at is None:
        remark.resolved_at, remark.resolved_by_id = now, actor.id
        db.session.flush()


def reopen(*, remark: Remark) -> None:
    """Mở lại: it was not dealt with after all."""
    remark.resolved_at, remark.resolved_by_id = None, None
    db.session.flush()


def of_text(*, publication: Publication) -> Remarks:
    """All remarks on the text as it is now."""
    query = (
        select(Remark)
        .where(Remark.publication_id == publication.id)
        .options(joinedload(Remark.by), joinedload(Remark.resolved_by))
    )
    waiting = query.where(Remark.resolved_at.is_(None)).order_by(Remark.id).limit(2 * MAX_OPEN)
    done = query.where(Remark.resolved_at.is_not(None)).order_by(Remark.resolved_at.desc())
    found = list(db.session.scalars(waiting))
    latest = publication.latest_revision
    placed = _place(found, latest) if latest is not None and found else []
    return Remarks(placed, list(db.session.scalars(done.limit(MAX_RESOLVED))))


def count_open(*, publication_ids: Iterable[int]) -> dict[int, int]:
    """How many open remarks each of these texts has, where it has any; one query."""
    wanted = list(publication_ids)
    if not wanted:
        return {}
    query = (
        select(Remark.publication_id, func.count(Remark.id))
        .where(Remark.publication_id.in_(wanted), Remark.resolved_at.is_(None))
        .group_by(Remark.publication_id)
    )
    rows = db.session.execute(query)
    return {row[0]: row[1] for row in rows}


def _count_open(publication: Publication) -> int:
    return count_open(publication_ids=[publication.id]).get(publication.id, 0)


def _place(remarks: Sequence[Remark], latest: Revision) -> list[Placed]:
    """Where each stands in the text as it is now, in the order of the text."""
    blocks = openings(latest.body)
    bags = [set(_words(block.words)) for block in blocks]
    placed = [Placed(remark, _block_of(remark, blocks, bags)) for remark in remarks]
    return sorted(placed, key=lambda one: (one.block is None, one.block or 0, one.remark.id))


def _block_of(remark: Remark, blocks: Sequence[Opening], bags: Sequence[set[str]]) -> int | None:
    near = sorted(range(len(blocks)), key=lambda number: (abs(number - remark.block), number))
    for number in near:
        if blocks[number].words == remark.quote:
            return number
    wanted = set(_words(remark.quote))
    best, found = _ALIKE, None
    for number in near[: 2 * _NEARBY + 1]:
        union = len(wanted | bags[number])
        likeness = len(wanted & bags[number]) / union if union else 0.0
        if likeness > best:
            best, found = likeness, number
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
