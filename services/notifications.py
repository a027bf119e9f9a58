"""What people are told: behind the bell on the desk, and by mail as they chose.

What the board did with a text is told to its author and to the contacts of its unit, and to
nobody else; never to whoever did it. That a text was submitted is told to nobody: the board sees
its queue, and mail to everyone is mail that nobody reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from extensions import db
from models import Notification, Publication, Revision, User
from services import dates, policy
from services.errors import NotFound
from services.kinds import KINDS

KEPT = timedelta(days=180)
MAX_TITLE_CHARACTERS = 200
MAX_SENTENCE_CHARACTERS = 500
MAX_DETAIL_CHARACTERS = 2000
# Nothing that the author has to act upon: behind the bell, and not by mail.
SITE_ONLY_EVENTS = frozenset({"taken", "put_away"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is told of one action of the workflow."""

    event: str
    sentence: str
    has_reason: bool = False


# {title}, {name} of who did it, {at} the hour of publication. What is not here is not told.
OUTCOMES: dict[str, Outcome] = {
    "take": Outcome("taken", "{name} đã nhận biên tập bài “{title}”."),
    "take_over": Outcome("taken", "{name} đã nhận biên tập bài “{title}”."),
    "return": Outcome("returned", "Bài “{title}” cần chỉnh sửa.", has_reason=True),
    "reject": Outcome("rejected", "Bài “{title}” không được chọn đăng.", has_reason=True),
    "approve": Outcome("approved", "Bài “{title}” đã được duyệt."),
    "publish": Outcome("published", "Bài “{title}” đã được đăng."),
    "schedule": Outcome("scheduled", "Bài “{title}” sẽ được đăng lúc {at}."),
    "reschedule": Outcome("scheduled", "Bài “{title}” được đổi giờ, sẽ đăng lúc {at}."),
    "unschedule": Outcome("unscheduled", "Bài “{title}” đã được huỷ hẹn giờ, chưa đăng."),
    "withdraw": Outcome("withdrawn", "Bài “{title}” đã được gỡ khỏi trang.", has_reason=True),
    "republish": Outcome("published", "Bài “{title}” đã được đăng lại."),
    "correct": Outcome("corrected", "Bài “{title}” có đính chính.", has_reason=True),
    "publish_unreviewed": Outcome(
        "published", "{name} đã đăng bài “{title}” không qua duyệt.", has_reason=True
    ),
    "discard": Outcome("put_away", "{name} đã bỏ bản sửa của bài “{title}”."),
    "archive": Outcome("put_away", "{name} đã đưa bài “{title}” vào lưu trữ."),
}
# After these the text is where a citizen reads it.
ON_SITE = frozenset({"publish", "republish", "correct", "publish_unreviewed"})


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """One page of what somebody was told; ``number`` and ``pages`` count from 1."""

    items: Sequence[Notification]
    number: int
    pages: int
    total: int


def tell(
    *,
    user: User,
    event: str,
    sentence: str,
    now: datetime,
    detail: str = "",
    address: str = "",
    publication: Publication | None = None,
    once_key: str | None = None,
) -> Notification | None:
    """Tell one person one thing; flushes. With ``once_key`` only the first time: then None.

    ``sentence`` is what they read first, ``detail`` what they should know (a reason, say),
    ``address`` a path of this site where they go on.
    """
    if once_key is not None:
        query = select(Notification.id).where(
            Notification.user_id == user.id, Notification.once_key == once_key
        )
        if db.session.scalar(query) is not None:
            return None
    notification = Notification(
        user_id=user.id,
        event=event,
        sentence=_shorten(sentence, MAX_SENTENCE_CHARACTERS),
        detail=_shorten(detail, MAX_DETAIL_CHARACTERS),
        address=address,
        publication_id=publication.id if publication else None,
        once_key=once_key,
        created_at=now,
    )
    db.session.add(notification)
    db.session.flush()
    return notification


def on_transition(
    *,
    action: str,
    publication: Publication,
    revision: Revision,
    actor: User,
    reason: str,
    now: datetime,
) -> None:
    """Tell of one action of the workflow whoever is to know of it; flushes."""
    outcome = OUTCOMES.get(action)
    if outcome is None:
        return
    if action == "publish":
        # Approved and published in one go is one thing to know.
        db.session.execute(
            delete(Notification).where(
                Notification.publication_id == publication.id,
                Notification.event == "approved",
                Notification.created_at == now,
            )
        )
    at = publication.published_at
    sentence = outcome.sentence.format(
        title=_shorten(revision.title, MAX_TITLE_CHARACTERS),
        name=actor.full_name,
        at=dates.format_datetime(at) if at else "",
    )
    for user in _recipients(publication, revision, actor):
        tell(
            user=user,
            event=outcome.event,
            sentence=sentence,
            detail=reason if outcome.has_reason else "",
            address=_address(user, publication, is_on_site=action in ON_SITE),
            publication=publication,
            now=now,
        )


def on_remark(*, publication: Publication, actor: User, text: str, now: datetime) -> None:
    """Tell that a reviewer remarked on a paragraph; once, until it was read. Flushes."""
    revision = publication.latest_revision
    if revision is None:
        return
    unread = set(
        db.session.scalars(
            select(Notification.user_id).where(
                Notification.publication_id == publication.id,
                Notification.event == "remark",
                Notification.read_at.is_(None),
            )
        )
    )
    title = _shorten(revision.title, MAX_TITLE_CHARACTERS)
    for user in _recipients(publication, revision, actor):
        if user.id in unread:
            continue
        tell(
            user=user,
            event="remark",
            sentence=f"{actor.full_name} đã góp ý trong bài “{title}”.",
            detail=text,
            address=_address(user, publication, is_on_site=False),
            publication=publication,
            now=now,
        )


def count_unread(*, user: User) -> int:
    """How many things this person was told and has not read."""
    query = select(func.count(Notification.id)).where(
        Notification.user_id == user.id, Notification.read_at.is_(None)
    )
    return db.session.scalar(query) or 0


def page_of(*, user: User, number: int, per_page: int) -> NotificationPage:
    """What this person was told: unread first, then the newest first."""
    mine = Notification.user_id == user.id
    total = db.session.scalar(select(func.count(Notification.id)).where(mine)) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    query = (
        select(Notification)
        .where(mine)
        .order_by(
            Notification.read_at.is_not(None),
            Notification.created_at.desc(),
            Notification.id.desc(),
        )
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return NotificationPage(db.session.scalars(query).all(), number, pages, total)


def read(*, user: User, notification_id: int, now: datetime) -> Notification:
    """Mark one as read; flushes. Raises NotFound if this person was told no such thing."""
    notification = db.session.get(Notification, notification_id)
    if notification is None or notification.user_id != user.id:
        raise NotFound("Không có thông báo này; thông báo cũ được dọn sau 180 ngày.")
    notification.read_at = notification.read_at or now
    db.session.flush()
    return notification


def open_text(*, user: User, notification_id: int, now: datetime) -> Notification:
    """Mark one as read, with whatever else was told of the same text; flushes."""
    notification = read(user=user, notification_id=notification_id, now=now)
    if notification.publication_id is not None:
        _mark(user, now, Notification.publication_id == notification.publication_id)
    return notification


def read_all(*, user: User, up_to: int, now: datetime) -> int:
    """Mark as read what was on the screen: nothing that came after ``up_to``. Answers how many."""
    return _mark(user, now, Notification.id <= up_to)


def prune(*, now: datetime) -> int:
    """Delete what was told long ago; answers how many."""
    old = delete(Notification).where(Notification.created_at < now - KEPT)
    return len(db.session.scalars(old.returning(Notification.id)).all())


def _mark(user: User, now: datetime, *conditions: ColumnElement[bool]) -> int:
    query = (
        update(Notification)
        .where(Notification.user_id == user.id, Notification.read_at.is_(None), *conditions)
        .values(read_at=now)
    )
    return len(db.session.scalars(query.returning(Notification.id)).all())


def _recipients(publication: Publication, revision: Revision, actor: User) -> list[User]:
    """The author (of the text, and of the revision at hand) and the unit's contacts."""
    people = {user.id: user for user in (publication.author, revision.author)}
    people |= {user.id: user for user in publication.unit.contacts}
    people.pop(actor.id, None)
    return [user for _, user in sorted(people.items()) if user.is_active]


def _address(user: User, publication: Publication, *, is_on_site: bool) -> str:
    """Where this person sees the text: a contact sees on the desk only what is their own."""
    if policy.can(user, "publication:view", publication):
        return f"/ban-lam-viec/bai-viet/{publication.id}"
    if is_on_site:
        return f"/{KINDS[publication.kind].path}/{publication.slug}-{publication.id}"
    return ""


def _shorten(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
