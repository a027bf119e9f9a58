"""The outgoing queue to the city portal: what is marked goes there whenever readers get it, and so
do its corrections and its withdrawal.

Written in the transaction of what it tells of, sent in the background: at least once, in order
for one text, under a key by which the portal knows a copy.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import or_, select

from extensions import db
from models import PortalDelivery, PortalEvent, PortalMark, PortalState, Publication, Revision, User
from services import audit
from services.errors import Conflict, InvalidInput, NotAllowed, NotFound
from services.policy import BOARD, covers
from services.publications import one_line

MAX_ADDRESS_CHARACTERS = 1000
MAX_REASON_CHARACTERS = 500
# What the portal has, or may have.
_ARRIVED = or_(
    PortalDelivery.state.in_((PortalState.SENT, PortalState.ACCEPTED, PortalState.REFUSED)),
    PortalDelivery.attempts > 0,
)
_TELLS_TEXT = (PortalEvent.PUBLISH, PortalEvent.UPDATE)
EVENT_LABELS: dict[PortalEvent, str] = {
    PortalEvent.PUBLISH: "Bài mới",
    PortalEvent.UPDATE: "Bản sửa",
    PortalEvent.CORRECT: "Đính chính",
    PortalEvent.WITHDRAW: "Gỡ bài",
}
STATE_LABELS: dict[PortalState, str] = {
    PortalState.QUEUED: "Chờ gửi",
    PortalState.SENT: "Đã gửi",
    PortalState.ACCEPTED: "Được nhận đăng",
    PortalState.REFUSED: "Bị từ chối",
    PortalState.FAILED: "Không gửi được",
    PortalState.CANCELLED: "Thôi gửi",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a publication stands with the portal; ``refusal`` is why this person may not change
    the mark, or None."""

    mark: PortalMark | None
    deliveries: Sequence[PortalDelivery]
    refusal: str | None


def standing_of(*, publication: Publication, user: User) -> Standing:
    """The mark and what was sent, in order."""
    return Standing(
        db.session.get(PortalMark, publication.id),
        _deliveries_of(publication),
        mark_refusal(user, publication),
    )


def mark_refusal(user: User, publication: Publication) -> str | None:
    """Why this person may not say whether the text goes to the portal, or None."""
    revision = publication.latest_revision
    if user.role not in BOARD:
        return "Chỉ Ban biên tập chọn được bài gửi Cổng thành phố."
    if not covers(user, revision.section if revision else publication.section):
        return "Chuyên mục của bài này nằm ngoài phạm vi bạn phụ trách."
    return None


def may_mark(user: User, publication: Publication) -> bool:
    """Whether there is something to choose: it is not marked, and this person may say so."""
    if mark_refusal(user, publication) is not None:
        return False
    return db.session.get(PortalMark, publication.id) is None


def mark(*, actor: User, publication: Publication, now: datetime) -> PortalMark:
    """Gửi Cổng thành phố: at once if readers have it, else when they get it. Flushes. Marking
    what is marked changes nothing. Raises NotAllowed."""
    refusal = mark_refusal(actor, publication)
    if refusal is not None:
        raise NotAllowed(refusal)
    found = db.session.get(PortalMark, publication.id)
    if found is not None:
        return found
    found = PortalMark(publication_id=publication.id, marked_by_id=actor.id, marked_at=now)
    db.session.add(found)
    db.session.flush()
    if publication.live_revision is not None and publication.withdrawn_at is None:
        _tell_text(publication, publication.live_revision, now)
    _record(actor, "portal.mark", publication, now)
    return found


def unmark(*, actor: User, publication: Publication, now: datetime) -> None:
    """Thôi gửi: what waits is cancelled. Raises NotAllowed once the portal may have it."""
    refusal = mark_refusal(actor, publication)
    if refusal is not None:
        raise NotAllowed(refusal)
    found = db.session.get(PortalMark, publication.id)
    if found is None:
        return
    if _has_arrived(publication):
        raise NotAllowed(
            "Bài đã gửi sang Cổng nên không bỏ chọn được; muốn Cổng gỡ thì gỡ bài ở đây."
        )
    _cancel_waiting(publication)
    db.session.delete(found)
    db.session.flush()
    _record(actor, "portal.unmark", publication, now)


def follow(
    *, action: str, publication: Publication, revision: Revision, reason: str, now: datetime
) -> None:
    """After an action of the workflow: queue what the portal should hear of it; flushes."""
    is_heard = action in _HEARD
    if not is_heard or db.session.get(PortalMark, publication.id) is None:
        return
    if action in {"publish", "publish_unreviewed", "republish", "schedule"}:
        _tell_text(publication, revision, now)
    elif action in {"reschedule", "unschedule"}:
        for waiting in _waiting(publication):
            if publication.live_revision_id is None:
                waiting.state, waiting.next_try_at = PortalState.CANCELLED, None
            else:
                waiting.next_try_at = publication.published_at
    elif action == "correct":
        _queue(publication, revision, PortalEvent.CORRECT, now, now, note=reason)
    elif action == "withdraw":
        _cancel_waiting(publication)
        if _has_arrived(publication):
            _queue(publication, revision, PortalEvent.WITHDRAW, now, now, note=reason)
    db.session.flush()


_HEARD = frozenset(
    {
        *("publish", "publish_unreviewed", "republish", "schedule", "reschedule", "unschedule"),
        *("correct", "withdraw"),
    }
)


def retry(*, actor: User, delivery_id: int, now: datetime) -> PortalDelivery:
    """Gửi lại what failed or was refused, under its own key. Raises NotFound, NotAllowed or
    Conflict."""
    delivery = _get(delivery_id, actor)
    if delivery.state not in {PortalState.FAILED, PortalState.REFUSED}:
        raise Conflict("Lần gửi này không còn ở mục cần gửi lại; hãy tải lại trang để xem.")
    if delivery.state is PortalState.REFUSED:
        # What it refused it would know by its key and refuse unread.
        delivery.key = _new_key()
    delivery.state, delivery.next_try_at = PortalState.QUEUED, now
    delivery.attempts, delivery.created_at = 0, now
    db.session.flush()
    _record(actor, "portal.retry", delivery.publication, now)
    return delivery


def record_outcome(
    *,
    actor: User,
    delivery_id: int,
    is_accepted: bool,
    address: str,
    reason: str,
    now: datetime,
) -> PortalDelivery:
    """What the portal said by another way (a call, its own page), noted by hand; a delivery that
    was sent by hand counts as sent. Raises NotFound, NotAllowed, Conflict or InvalidInput."""
    delivery = _get(delivery_id, actor)
    if delivery.state is PortalState.CANCELLED:
        raise Conflict("Lần gửi này đã thôi, không ghi kết quả được.")
    if is_accepted:
        delivery.portal_address = checked_address(address)
        delivery.state, delivery.accepted_at = PortalState.ACCEPTED, delivery.accepted_at or now
        delivery.last_error = ""
    else:
        reason = one_line(reason[: MAX_REASON_CHARACTERS * 4])
        if not reason or len(reason) > MAX_REASON_CHARACTERS:
            sentence = f"Hãy ghi vì sao Cổng không nhận, nhiều nhất {MAX_REASON_CHARACTERS} ký tự."
            raise InvalidInput(sentence, {"reason": sentence})
        delivery.state, delivery.accepted_at = PortalState.REFUSED, None
        delivery.last_error = reason
    delivery.sent_at, delivery.next_try_at = delivery.sent_at or now, None
    db.session.flush()
    _record(actor, "portal.record", delivery.publication, now)
    return delivery


def checked_address(text: str) -> str:
    """Where the portal shows it; "" where that is not known. Raises InvalidInput."""
    text = text.strip()
    if not text:
        return ""
    if not is_web_address(text):
        sentence = "Địa chỉ trên Cổng phải bắt đầu bằng https:// hoặc http:// và không có dấu cách."
        raise InvalidInput(sentence, {"address": sentence})
    return text


def is_web_address(text: str) -> bool:
    """Whether this may be linked to."""
    if len(text) > MAX_ADDRESS_CHARACTERS or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _get(delivery_id: int, actor: User) -> PortalDelivery:
    delivery = db.session.get(PortalDelivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound("Không có lần gửi này.")
    refusal = mark_refusal(actor, delivery.publication)
    if refusal is not None:
        raise NotAllowed(refusal)
    return delivery


def _deliveries_of(publication: Publication) -> Sequence[PortalDelivery]:
    query = (
        select(PortalDelivery)
        .where(PortalDelivery.publication_id == publication.id)
        .order_by(PortalDelivery.id)
    )
    return db.session.scalars(query).all()


def _has_arrived(publication: Publication) -> bool:
    query = select(PortalDelivery.id).where(
        PortalDelivery.publication_id == publication.id, _ARRIVED
    )
    return db.session.scalar(query.limit(1)) is not None


def _waiting(publication: Publication) -> Sequence[PortalDelivery]:
    """What nobody has tried to send yet."""
    query = select(PortalDelivery).where(
        PortalDelivery.publication_id == publication.id,
        PortalDelivery.state == PortalState.QUEUED,
        PortalDelivery.attempts == 0,
    )
    return db.session.scalars(query).all()


def _cancel_waiting(publication: Publication) -> None:
    for waiting in _waiting(publication):
        waiting.state, waiting.next_try_at = PortalState.CANCELLED, None
    db.session.flush()


def _tell_text(publication: Publication, revision: Revision, now: datetime) -> None:
    """The text as it is now; what waits of an older one is told no more."""
    for waiting in _waiting(publication):
        if waiting.event in _TELLS_TEXT:
            waiting.state, waiting.next_try_at = PortalState.CANCELLED, None
    event = PortalEvent.UPDATE if _has_arrived(publication) else PortalEvent.PUBLISH
    _queue(publication, revision, event, now, max(now, publication.published_at or now))


def _queue(
    publication: Publication,
    revision: Revision,
    event: PortalEvent,
    now: datetime,
    at: datetime,
    *,
    note: str = "",
) -> None:
    db.session.add(
        PortalDelivery(
            publication_id=publication.id,
            revision_id=revision.id,
            event=event,
            state=PortalState.QUEUED,
            key=_new_key(),
            note=note[:2000],
            created_at=now,
            next_try_at=at,
        )
    )
    db.session.flush()


def _new_key() -> str:
    return secrets.token_hex(16)


def _record(actor: User, action: str, publication: Publication, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject="portal",
        subject_key=str(publication.id),
        subject_name=publication.title,
        changes={},
        now=now,
    )
