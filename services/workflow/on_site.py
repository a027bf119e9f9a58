"""What is done to a text that readers have: taking it off, putting it back, saying what was
wrong, and until when it stays."""

from datetime import date, datetime

from extensions import db
from models import Correction, Publication, Revision, User
from services import document_register, search, unreviewed
from services.dates import local_date
from services.errors import InvalidInput, NotAllowed
from services.transitions import RULES
from services.workflow.going_live import forget_past_expiry
from services.workflow.moving import check, move, reason_given

# Readers see this one, in the place of the text.
MAX_PUBLIC_REASON_CHARACTERS = 1000


def withdraw(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Gỡ bài: readers get a page that says so and why."""
    reason = reason_given(RULES["withdraw"], reason, max_characters=MAX_PUBLIC_REASON_CHARACTERS)
    revision = check("withdraw", publication=publication, actor=actor, seen=seen)
    if not _has_appeared(publication, now):
        raise NotAllowed("Bài chưa lên trang nên chưa có gì để gỡ; hãy dùng “Huỷ hẹn giờ”.")
    publication.withdrawn_at = now
    publication.withdrawn_reason = reason
    db.session.flush()
    document_register.leave(publication)
    search.remove_publication(publication_id=publication.id)
    return move("withdraw", revision, publication=publication, actor=actor, now=now, reason=reason)


def republish(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Đăng lại: what was withdrawn is back, with the date on which it first appeared."""
    revision = check("republish", publication=publication, actor=actor, seen=seen)
    publication.withdrawn_at = None
    publication.withdrawn_reason = ""
    forget_past_expiry(publication, now)
    db.session.flush()
    document_register.enter(publication)
    search.index_publication(publication_id=publication.id)
    return move("republish", revision, publication=publication, actor=actor, now=now)


def correct(
    *, publication: Publication, actor: User, seen: str, note: str, now: datetime
) -> Revision:
    """Đính chính: a dated note under the text says what was wrong and what is right."""
    note = reason_given(RULES["correct"], note)
    revision = check("correct", publication=publication, actor=actor, seen=seen)
    if not _has_appeared(publication, now):
        raise NotAllowed("Bài chưa lên trang nên chưa cần đính chính; hãy huỷ hẹn giờ rồi sửa bài.")
    db.session.add(
        Correction(publication_id=publication.id, noted_at=now, text=note, by_id=actor.id)
    )
    return move("correct", revision, publication=publication, actor=actor, now=now, reason=note)


def expire(
    *, publication: Publication, actor: User, seen: str, at: datetime | None, now: datetime
) -> Revision:
    """Đặt ngày hết hạn: gone from the site from ``at`` on; None takes the date away."""
    revision = check("expire", publication=publication, actor=actor, seen=seen)
    if at is not None and publication.published_at is not None and at <= publication.published_at:
        sentence = "Ngày hết hạn phải sau ngày đăng."
        raise InvalidInput(sentence, {"at": sentence})
    publication.expires_at = at
    reason = at.isoformat() if at else ""
    return move("expire", revision, publication=publication, actor=actor, now=now, reason=reason)


def look_over(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Xác nhận đã xem lại: a chief editor has read what somebody published without review."""
    revision = check("look_over", publication=publication, actor=actor, seen=seen)
    refusal = unreviewed.look_refusal(publication=publication, actor=actor)
    if refusal is not None:
        raise NotAllowed(refusal)
    return move("look_over", revision, publication=publication, actor=actor, now=now)


def plan_review(
    *, publication: Publication, actor: User, seen: str, on: date | None, now: datetime
) -> Revision:
    """Đặt ngày rà soát: when somebody should look whether the page is still right; None leaves
    it to the number of months in the settings."""
    revision = check("plan_review", publication=publication, actor=actor, seen=seen)
    if on is not None and on <= local_date(now):
        sentence = "Ngày rà soát phải sau hôm nay."
        raise InvalidInput(sentence, {"day": sentence})
    publication.review_on = on
    said = on.isoformat() if on else ""
    return move("plan_review", revision, publication=publication, actor=actor, now=now, reason=said)


def _has_appeared(publication: Publication, now: datetime) -> bool:
    """Whether readers have ever had it: what waits for its hour they have not."""
    return publication.published_at is not None and publication.published_at <= now
