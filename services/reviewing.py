"""What somebody needs to decide about one text: what changed, why it came back, who did what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Publication, Revision, State, Transition
from services import comparison
from services.comparison import Comparison
from services.transitions import STATE_LABELS


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody who decides should see: the changes, or the whole text of a first version.

    ``base`` is the revision that the text is compared with; ``fields`` are pairs of a label and
    the marked change, as escaped HTML.
    """

    base: Revision | None
    comparison: Comparison | None
    fields: Sequence[tuple[str, str]]


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
        return Review(None, None, ())
    pairs = (
        ("Tiêu đề", base.title, latest.title),
        ("Tóm tắt", base.summary, latest.summary),
        ("Tác giả", base.byline, latest.byline),
        ("Nguồn", base.source_name, latest.source_name),
        (
            "Chuyên mục",
            base.section.name if base.section else "",
            latest.section.name if latest.section else "",
        ),
    )
    return Review(
        base,
        comparison.compare(base.body, latest.body),
        [(label, comparison.compare_lines(old, new)) for label, old, new in pairs if old != new],
    )


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
