"""What the board does with a text that was sent to it, until it may be published."""

from datetime import datetime

from models import Publication, Revision, User
from services.transitions import RULES
from services.workflow.moving import check, move, reason_given, require_complete


def take(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Nhận biên tập: this editor has it in hand from now on."""
    return _hold("take", publication=publication, actor=actor, seen=seen, now=now)


def take_over(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Nhận thay: another editor takes it from whoever holds it."""
    return _hold("take_over", publication=publication, actor=actor, seen=seen, now=now)


def release(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Thôi nhận: back into the queue for another editor."""
    revision = check("release", publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    revision.held_at = None
    return move("release", revision, publication=publication, actor=actor, now=now)


def forward(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Trình duyệt: edited, and ready for approval."""
    revision = check("forward", publication=publication, actor=actor, seen=seen)
    require_complete(revision)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    return move("forward", revision, publication=publication, actor=actor, now=now)


def return_for_changes(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Yêu cầu chỉnh sửa: back to the author, with the reason that they will read."""
    return _send_away(
        "return", publication=publication, actor=actor, seen=seen, reason=reason, now=now
    )


def reject(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Từ chối: will not be published, with the reason."""
    return _send_away(
        "reject", publication=publication, actor=actor, seen=seen, reason=reason, now=now
    )


def approve(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Duyệt: exactly the revision that was seen may be published. Raises StaleText otherwise."""
    revision = check("approve", publication=publication, actor=actor, seen=seen)
    require_complete(revision)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    return move("approve", revision, publication=publication, actor=actor, now=now)


def _hold(
    action: str, *, publication: Publication, actor: User, seen: str, now: datetime
) -> Revision:
    revision = check(action, publication=publication, actor=actor, seen=seen)
    revision.held_by_id = actor.id
    revision.held_at = now
    # Another pair of eyes: what the first editor typed is history from here on.
    revision.frozen_at = revision.frozen_at or now
    return move(action, revision, publication=publication, actor=actor, now=now)


def _send_away(
    action: str,
    *,
    publication: Publication,
    actor: User,
    seen: str,
    reason: str,
    now: datetime,
) -> Revision:
    reason = reason_given(RULES[action], reason)
    revision = check(action, publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    revision.held_at = None
    return move(action, revision, publication=publication, actor=actor, now=now, reason=reason)
