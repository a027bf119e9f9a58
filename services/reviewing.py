"""What somebody needs to decide about one text: what changed, why it came back, who did what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Publication, Revision, State, Transition
from services import attachments, comparison, media
from services.comparison import Block, Comparison
from services.kind_fields import said
from services.kinds import GENRE_LABELS, KINDS, ORIGIN_LABELS, details_of
from services.sanitising import sanitise
from services.transitions import STATE_LABELS


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field beside the body that is another now; ``marked`` is escaped HTML."""

    label: str
    marked: str

    @property
    def old(self) -> str:
        return comparison.old_of_line(self.marked)

    @property
    def new(self) -> str:
        return comparison.new_of_line(self.marked)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not the same in two revisions: the body, and the fields beside it."""

    comparison: Comparison
    fields: Sequence[FieldChange]

    @property
    def is_same(self) -> bool:
        return self.comparison.is_same and not self.fields


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody who decides should see: the changes, or the whole text of a first version.

    ``base`` is the revision that the text is compared with.
    """

    base: Revision | None
    difference: Difference | None


def history(*, publication: Publication) -> list[Transition]:
    """Everything that was done to a publication, newest first."""
    query = (
        select(Transition)
        .where(Transition.publication_id == publication.id)
        .options(joinedload(Transition.actor), joinedload(Transition.revision))
        .order_by(Transition.id.desc())
    )
    return list(db.session.scalars(query))


def last_reasons(publications: Sequence[Publication]) -> dict[int, Transition]:
    """Why each of these was returned or rejected, for those that stand there now."""
    waiting = [
        publication.id
        for publication in publications
        if publication.latest_revision is not None
        and publication.latest_revision.state in {State.NEEDS_CHANGES, State.REJECTED}
    ]
    if not waiting:
        return {}
    query = (
        select(Transition)
        .where(Transition.publication_id.in_(waiting), Transition.action.in_(("return", "reject")))
        .options(joinedload(Transition.actor))
        .order_by(Transition.id)
    )
    return {row.publication_id: row for row in db.session.scalars(query)}


def review(*, publication: Publication) -> Review:
    """What changed in the latest revision against the text on the site; if there is none,
    against the text that was last returned; None of both for a first version."""
    latest = publication.latest_revision
    base = publication.live_revision or _last_returned(publication)
    if latest is None or base is None or base.id == latest.id:
        return Review(None, None)
    return Review(base, compare(old=base, new=latest))


def compare(*, old: Revision, new: Revision) -> Difference:
    """What is not the same in two revisions of one publication."""
    before, after = _said(old), _said(new)
    fields = [
        FieldChange(label, comparison.compare_lines(before[label], after[label]))
        for label in before
        if before[label] != after[label]
    ]
    files = attachments.compare_files(
        attachments.shown_files(old.id), attachments.shown_files(new.id)
    )
    if files:
        fields.append(FieldChange("Tệp đính kèm", files))
    return Difference(comparison.compare(old.body, new.body), fields)


def compare_typed(*, old: Revision, title: str, summary: str, body: str) -> Difference:
    """What is not the same in a revision and in what somebody has typed and not saved. Raises
    InvalidInput if that is more than can be saved."""
    pairs = (("Tiêu đề", old.title, title), ("Tóm tắt", old.summary, summary))
    return Difference(
        comparison.compare(old.body, media.decorate_pictures(sanitise(body))),
        [
            FieldChange(label, comparison.compare_lines(before, after))
            for label, before, after in pairs
            if before != after
        ],
    )


def text_blocks(*, review: Review, body: str) -> Sequence[Block]:
    """The text as a reviewer reads it: with the changes marked, or as it stands if there is
    nothing to compare it with."""
    if review.difference is not None:
        return review.difference.comparison.blocks
    return [Block(block, number) for number, block in enumerate(comparison.split(body))]


def _said(revision: Revision) -> dict[str, str]:
    """The lines beside the body, as people read them. Whether the author has declared that the
    text holds no secret belongs to the checklist: it is said anew of each text."""
    lead, kind = revision.lead_media, revision.publication.kind
    details = details_of(revision, kind)
    return {
        "Tiêu đề": revision.title,
        "Tóm tắt": revision.summary,
        "Tác giả": revision.byline,
        "Chuyên mục": revision.section.name if revision.section else "",
        "Thể loại": GENRE_LABELS[revision.genre],
        "Nguồn gốc": ORIGIN_LABELS[revision.origin],
        "Nguồn": revision.source_name,
        "Địa chỉ nguồn": revision.source_url,
        "Ảnh đại diện": (lead.caption or lead.alt or lead.original_name) if lead else "",
        **{field.label: said(field, details[field.name]) for field in KINDS[kind].fields},
    }


def _last_returned(publication: Publication) -> Revision | None:
    query = (
        select(Revision)
        .join(Transition, Transition.revision_id == Revision.id)
        .where(Transition.publication_id == publication.id, Transition.action == "return")
        .order_by(Transition.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def age_label(since: datetime | None, now: datetime) -> str:
    """How long something has waited, as said aloud: “vừa xong”, “3 giờ”, “1 ngày”."""
    if since is None:
        return ""
    waited = max(timedelta(), now - since)
    minutes = int(waited.total_seconds() // 60)
    if minutes < 1:
        return "vừa xong"
    if minutes < 60:
        return f"{minutes} phút"
    if minutes < 24 * 60:
        return f"{minutes // 60} giờ"
    return f"{minutes // (24 * 60)} ngày"


def state_label(publication: Publication, now: datetime) -> str:
    """Where the text stands, in words; scheduled and expired follow from dates."""
    latest = publication.latest_revision
    if latest is None:
        return ""
    if latest.id == publication.live_revision_id and latest.state is State.PUBLISHED:
        if publication.published_at is not None and publication.published_at > now:
            return "Hẹn giờ"
        if publication.expires_at is not None and publication.expires_at <= now:
            return "Hết hạn"
    return STATE_LABELS[latest.state]
