"""Putting a text before readers: at once, at an hour, or without review."""

from datetime import datetime

from extensions import db
from models import Publication, Revision, State, User
from services import document_register, links, publications, search
from services.dates import format_datetime
from services.errors import Conflict, InvalidInput, NotAllowed
from services.publications import seen_token
from services.transitions import RULES
from services.workflow.deciding import approve
from services.workflow.moving import check, move, reason_given, require_complete


def publish(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Đăng: citizens see it from this moment."""
    revision = check("publish", publication=publication, actor=actor, seen=seen)
    _make_live(publication, revision, at=now, now=now)
    return move("publish", revision, publication=publication, actor=actor, now=now)


def approve_and_publish(
    *, publication: Publication, actor: User, seen: str, now: datetime
) -> Revision:
    """Duyệt và đăng: both, in one go and with both lines in the audit trail."""
    revision = approve(publication=publication, actor=actor, seen=seen, now=now)
    return publish(publication=publication, actor=actor, seen=seen_token(revision), now=now)


def schedule(
    *, publication: Publication, actor: User, seen: str, at: datetime, now: datetime
) -> Revision:
    """Hẹn giờ đăng: citizens see it from ``at``; nothing has to fire then."""
    revision = check("schedule", publication=publication, actor=actor, seen=seen)
    if at <= now:
        raise InvalidInput(
            "Giờ hẹn phải ở tương lai; muốn lên trang ngay thì đăng mà không hẹn giờ.",
            {"at": "Giờ hẹn phải ở tương lai."},
        )
    if publication.live_revision_id is not None:
        # The page, or what tells readers that it was withdrawn, must stay as it is until then,
        # and one publication has one live text.
        raise NotAllowed(
            "Bài đã có bản trên trang nên không hẹn giờ cho bản sửa được; "
            "hãy đăng bản sửa khi đến giờ."
        )
    _make_live(publication, revision, at=at, now=now)
    return move("schedule", revision, publication=publication, actor=actor, now=now)


def approve_and_schedule(
    *, publication: Publication, actor: User, seen: str, at: datetime, now: datetime
) -> Revision:
    """Duyệt và hẹn giờ: both, in one go and with both lines in the audit trail."""
    revision = approve(publication=publication, actor=actor, seen=seen, now=now)
    return schedule(publication=publication, actor=actor, seen=seen_token(revision), at=at, now=now)


def unschedule(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Huỷ hẹn giờ: approved, but not to appear by itself any more."""
    revision = check("unschedule", publication=publication, actor=actor, seen=seen)
    if publication.published_at is None or publication.published_at <= now:
        raise NotAllowed("Bài đã lên trang rồi; hãy dùng “Gỡ bài”.")
    publication.live_revision = None
    publication.published_at = None
    publication.posted_by_id = None
    latest = publication.latest_revision
    assert latest is not None
    # A newer text goes its own way through the board, and the scheduled one is history.
    to = None if latest is revision else State.SUPERSEDED
    publications.copy_text(publication, latest)
    db.session.flush()
    document_register.leave(publication)
    search.remove_publication(publication_id=publication.id)
    links.record_uses(publication=publication, now=now)
    return move("unschedule", revision, publication=publication, actor=actor, now=now, to=to)


def schedule_token(publication: Publication) -> str:
    """What somebody saw who moves a scheduled text: the revision, and the hour set for it.

    Moving leaves the revision as it is, so its own token would not tell of another's move.
    """
    assert publication.live_revision is not None
    at = publication.published_at
    return f"{seen_token(publication.live_revision)}@{at.isoformat() if at else ''}"


def reschedule(
    *, publication: Publication, actor: User, seen: str, at: datetime, now: datetime
) -> Revision:
    """Dời lịch: the scheduled text appears at another hour. ``seen`` is ``schedule_token``.

    Raises Conflict if somebody has moved it meanwhile.
    """
    revision = check("reschedule", publication=publication, actor=actor, seen=seen.split("@")[0])
    before = publication.published_at
    if before is None or before <= now:
        raise NotAllowed("Bài đã lên trang rồi nên không dời lịch được nữa.")
    if seen != schedule_token(publication):
        raise Conflict(
            f"Một người khác vừa dời bài này sang {format_datetime(before)}; "
            "hãy xem lại rồi quyết định."
        )
    if at <= now:
        raise InvalidInput(
            "Giờ hẹn phải ở tương lai; muốn lên trang ngay thì huỷ hẹn giờ rồi đăng.",
            {"at": "Giờ hẹn phải ở tương lai."},
        )
    if publication.expires_at is not None and at >= publication.expires_at:
        raise InvalidInput(
            f"Bài hết hạn lúc {format_datetime(publication.expires_at)}, trước giờ lên trang mới; "
            "hãy chọn giờ sớm hơn hoặc đặt lại ngày hết hạn.",
            {"at": "Giờ lên trang phải trước lúc bài hết hạn."},
        )
    publication.published_at = at
    db.session.flush()
    search.index_publication(publication_id=publication.id)
    said = f"{before.isoformat()} → {at.isoformat()}"
    return move("reschedule", revision, publication=publication, actor=actor, now=now, reason=said)


def publish_unreviewed(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Đăng không qua duyệt: a separate right; the reason shows in the board's report."""
    reason = reason_given(RULES["publish_unreviewed"], reason)
    revision = check("publish_unreviewed", publication=publication, actor=actor, seen=seen)
    require_complete(revision)
    revision.submitted_at = now
    revision.frozen_at = now
    _make_live(publication, revision, at=now, now=now)
    return move(
        "publish_unreviewed",
        revision,
        publication=publication,
        actor=actor,
        now=now,
        reason=reason,
    )


def _make_live(
    publication: Publication, revision: Revision, *, at: datetime, now: datetime
) -> None:
    previous = publication.live_revision
    if previous is not None and previous is not revision:
        previous.state = State.SUPERSEDED
    publication.live_revision = revision
    publication.withdrawn_at = None
    publication.withdrawn_reason = ""
    if publication.published_at is None:
        publication.posted_by_id = publication.author_id
    # The day on which it first appeared stays; an hour that was set and has not come does not.
    publication.published_at = min(publication.published_at or at, at)
    forget_past_expiry(publication, at)
    publications.copy_text(publication, revision)
    db.session.flush()
    document_register.enter(publication)
    search.index_publication(publication_id=publication.id)
    links.record_uses(publication=publication, now=now)


def forget_past_expiry(publication: Publication, at: datetime) -> None:
    """What is put up at a moment is to be seen from then, and not to have expired before it."""
    if publication.expires_at is not None and publication.expires_at <= at:
        publication.expires_at = None
