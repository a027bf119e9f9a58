"""Comments on drafts, as readers see them: let out by the board, answered by the agency.

For whoever shows a consultation: ``page_of`` is the list under it, ``is_open`` whether the form at
``address(...)`` still takes any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from extensions import db
from models import Channel, Kind, Publication, VoiceItem, VoiceStatus
from services.dates import format_date, local_date, parse_date
from services.errors import NotAllowed
from services.kinds import details_of

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. An empty ``name``: its sender chose not to be named."""

    id: int
    name: str
    text: str
    at: datetime
    response: str


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of a draft's comments, oldest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[Comment]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Window:
    """When comments are taken; both days are included."""

    opens_on: date | None
    closes_on: date | None

    def is_open(self, now: datetime) -> bool:
        today = local_date(now)
        return (
            self.opens_on is not None
            and self.opens_on <= today
            and (self.closes_on is None or today <= self.closes_on)
        )


def address(*, publication_id: int) -> str:
    """Where the form stands."""
    return f"/du-thao/{publication_id}/gop-y"


def window_of(publication: Publication) -> Window:
    """The days that the text which readers see names; none of anything but a consultation."""
    live = publication.live_revision
    if publication.kind is not Kind.CONSULTATION or live is None:
        return Window(None, None)
    details = details_of(live, publication.kind)
    return Window(_day(details.get("opens_on", "")), _day(details.get("closes_on", "")))


def _day(written: str) -> date | None:
    return parse_date(written) if written else None


def is_open(*, publication: Publication, now: datetime) -> bool:
    """Whether comments on it are taken now."""
    return window_of(publication).is_open(now)


def require_open(*, publication: Publication, now: datetime) -> None:
    """Raises NotAllowed, saying when it opens or when it closed."""
    window = window_of(publication)
    if window.is_open(now):
        return
    if window.opens_on is not None and window.opens_on > local_date(now):
        raise NotAllowed(f"Dự thảo nhận góp ý từ ngày {format_date(window.opens_on)}.")
    if window.closes_on is not None:
        raise NotAllowed(
            f"Dự thảo đã hết hạn góp ý từ ngày {format_date(window.closes_on)}; góp ý đã nhận vẫn "
            "được đăng và giải trình."
        )
    raise NotAllowed("Bài này không lấy góp ý.")


def page_of(*, publication_id: int, number: int = 1, per_page: int = PER_PAGE) -> CommentPage:
    """What the board let out, page by page; two queries."""
    shown = (
        VoiceItem.publication_id == publication_id,
        VoiceItem.channel == Channel.COMMENT,
        VoiceItem.public_at.is_not(None),
    )
    total = db.session.scalar(select(func.count(VoiceItem.id)).where(*shown)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    rows = db.session.execute(
        select(
            VoiceItem.id,
            VoiceItem.public_name,
            VoiceItem.public_text,
            VoiceItem.received_at,
            VoiceItem.answer,
            VoiceItem.status,
        )
        .where(*shown)
        .order_by(VoiceItem.public_at, VoiceItem.id)
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    items = [
        Comment(
            row.id,
            row.public_name,
            row.public_text,
            row.received_at,
            # What is still being written or reviewed is nobody's yet.
            row.answer if row.status is VoiceStatus.ANSWERED else "",
        )
        for row in rows
    ]
    return CommentPage(items, number, pages, total)
