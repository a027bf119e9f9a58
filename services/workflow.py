"""Moving a text through the editorial workflow: the rules are in ``services/transitions``.

Each function here is one action. All of them check the policy, bind to the revision that the
person saw, record a Transition, and flush. ``seen`` is ``publications.seen_token`` of what was
on the person's screen.
"""

from datetime import date, datetime

from extensions import db
from models import Correction, Publication, Revision, State, Transition, User
from services import notifications, policy, publications, search, settings
from services.dates import format_datetime, local_date
from services.errors import Conflict, InvalidInput, NotAllowed
from services.publications import StaleText, seen_token
from services.transitions import RULES, Rule, Target

MAX_REASON_CHARACTERS = 2000
# Readers see this one, in the place of the text.
MAX_PUBLIC_REASON_CHARACTERS = 1000


def actions_for(user: User, publication: Publication) -> list[Rule]:
    """What this user may do to this publication now, in the order of the table."""
    return [
        rule
        for rule in RULES.values()
        if policy.can(user, f"publication:{rule.action}", publication)
    ]


def submit(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Gửi duyệt / Gửi lại: hand the text to the board. Raises InvalidInput if it lacks something.

    A board set to one step gets it straight in the approval queue.
    """
    latest = publication.latest_revision
    action = "resubmit" if latest and latest.state is State.NEEDS_CHANGES else "submit"
    revision = _check(action, publication=publication, actor=actor, seen=seen)
    _require_complete(revision)
    to = State.AWAITING_APPROVAL if settings.get("review_steps") == 1 else State.AWAITING_EDIT
    revision.submitted_at = now
    revision.frozen_at = now
    revision.held_by_id = None
    revision.held_at = None
    return _move(action, revision, publication=publication, actor=actor, now=now, to=to)


def take_back(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Rút lại: the author wants it back before anybody has taken it."""
    revision = _check("take_back", publication=publication, actor=actor, seen=seen)
    revision.submitted_at = None
    return _move("take_back", revision, publication=publication, actor=actor, now=now)


def take(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Nhận biên tập: this editor has it in hand from now on."""
    return _hold("take", publication=publication, actor=actor, seen=seen, now=now)


def take_over(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Nhận thay: another editor takes it from whoever holds it."""
    return _hold("take_over", publication=publication, actor=actor, seen=seen, now=now)


def release(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Thôi nhận: back into the queue for another editor."""
    revision = _check("release", publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    revision.held_at = None
    return _move("release", revision, publication=publication, actor=actor, now=now)


def forward(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Trình duyệt: edited, and ready for approval."""
    revision = _check("forward", publication=publication, actor=actor, seen=seen)
    _require_complete(revision)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    return _move("forward", revision, publication=publication, actor=actor, now=now)


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
    revision = _check("approve", publication=publication, actor=actor, seen=seen)
    _require_complete(revision)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    return _move("approve", revision, publication=publication, actor=actor, now=now)


def publish(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Đăng: citizens see it from this moment."""
    revision = _check("publish", publication=publication, actor=actor, seen=seen)
    _make_live(publication, revision, at=now, now=now)
    return _move("publish", revision, publication=publication, actor=actor, now=now)


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
    revision = _check("schedule", publication=publication, actor=actor, seen=seen)
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
    return _move("schedule", revision, publication=publication, actor=actor, now=now)


def approve_and_schedule(
    *, publication: Publication, actor: User, seen: str, at: datetime, now: datetime
) -> Revision:
    """Duyệt và hẹn giờ: both, in one go and with both lines in the audit trail."""
    revision = approve(publication=publication, actor=actor, seen=seen, now=now)
    return schedule(publication=publication, actor=actor, seen=seen_token(revision), at=at, now=now)


def unschedule(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Huỷ hẹn giờ: approved, but not to appear by itself any more."""
    revision = _check("unschedule", publication=publication, actor=actor, seen=seen)
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
    search.remove_publication(publication_id=publication.id)
    return _move("unschedule", revision, publication=publication, actor=actor, now=now, to=to)


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
    revision = _check("reschedule", publication=publication, actor=actor, seen=seen.split("@")[0])
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
    return _move("reschedule", revision, publication=publication, actor=actor, now=now, reason=said)


def plan_review(
    *, publication: Publication, actor: User, seen: str, on: date | None, now: datetime
) -> Revision:
    """Đặt ngày rà soát: when somebody should look whether the page is still right; None leaves
    it to the number of months in the settings."""
    revision = _check("plan_review", publication=publication, actor=actor, seen=seen)
    if on is not None and on <= local_date(now):
        sentence = "Ngày rà soát phải sau hôm nay."
        raise InvalidInput(sentence, {"day": sentence})
    publication.review_on = on
    said = on.isoformat() if on else ""
    return _move(
        "plan_review", revision, publication=publication, actor=actor, now=now, reason=said
    )


def withdraw(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Gỡ bài: readers get a page that says so and why."""
    reason = _reason(RULES["withdraw"], reason, max_characters=MAX_PUBLIC_REASON_CHARACTERS)
    revision = _check("withdraw", publication=publication, actor=actor, seen=seen)
    publication.withdrawn_at = now
    publication.withdrawn_reason = reason
    db.session.flush()
    search.remove_publication(publication_id=publication.id)
    return _move("withdraw", revision, publication=publication, actor=actor, now=now, reason=reason)


def republish(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Đăng lại: what was withdrawn is back, with the date on which it first appeared."""
    revision = _check("republish", publication=publication, actor=actor, seen=seen)
    publication.withdrawn_at = None
    publication.withdrawn_reason = ""
    _forget_past_expiry(publication, now)
    db.session.flush()
    search.index_publication(publication_id=publication.id)
    return _move("republish", revision, publication=publication, actor=actor, now=now)


def correct(
    *, publication: Publication, actor: User, seen: str, note: str, now: datetime
) -> Revision:
    """Đính chính: a dated note under the text says what was wrong and what is right."""
    note = _reason(RULES["correct"], note)
    revision = _check("correct", publication=publication, actor=actor, seen=seen)
    db.session.add(
        Correction(publication_id=publication.id, noted_at=now, text=note, by_id=actor.id)
    )
    return _move("correct", revision, publication=publication, actor=actor, now=now, reason=note)


def expire(
    *, publication: Publication, actor: User, seen: str, at: datetime | None, now: datetime
) -> Revision:
    """Đặt ngày hết hạn: gone from the site from ``at`` on; None takes the date away."""
    revision = _check("expire", publication=publication, actor=actor, seen=seen)
    if at is not None and publication.published_at is not None and at <= publication.published_at:
        sentence = "Ngày hết hạn phải sau ngày đăng."
        raise InvalidInput(sentence, {"at": sentence})
    publication.expires_at = at
    reason = at.isoformat() if at else ""
    return _move("expire", revision, publication=publication, actor=actor, now=now, reason=reason)


def publish_unreviewed(
    *, publication: Publication, actor: User, seen: str, reason: str, now: datetime
) -> Revision:
    """Đăng không qua duyệt: a separate right; the reason shows in the board's report."""
    reason = _reason(RULES["publish_unreviewed"], reason)
    revision = _check("publish_unreviewed", publication=publication, actor=actor, seen=seen)
    _require_complete(revision)
    revision.submitted_at = now
    revision.frozen_at = now
    _make_live(publication, revision, at=now, now=now)
    return _move(
        "publish_unreviewed",
        revision,
        publication=publication,
        actor=actor,
        now=now,
        reason=reason,
    )


def revise(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Soạn bản mới: a draft upon what was published; the live page stays until it is approved.

    Who starts it is its author, so that somebody else has to approve it.
    """
    previous = _check("revise", publication=publication, actor=actor, seen=seen)
    source = previous.state
    revision = publications.next_revision(
        publication, previous, actor=actor, now=now, state=State.DRAFT, author_id=actor.id
    )
    publication.latest_revision = revision
    db.session.flush()
    publications.record_media(revision)
    _record("revise", revision, publication, actor, source, State.DRAFT, "", now)
    return revision


def discard(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Bỏ bản sửa: the draft upon a published text is put aside; it stays in the history."""
    revision = _check("discard", publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    _move("discard", revision, publication=publication, actor=actor, now=now)
    publication.latest_revision = publication.live_revision
    db.session.flush()
    assert publication.latest_revision is not None
    return publication.latest_revision


def archive(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Lưu trữ: out of every working list, nothing deleted."""
    revision = _check("archive", publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    return _move("archive", revision, publication=publication, actor=actor, now=now)


def _check(action: str, *, publication: Publication, actor: User, seen: str) -> Revision:
    """The revision that will move, if the actor may move it and has seen just that one."""
    rule = RULES[action]
    live = rule.target is Target.LIVE
    revision = publication.live_revision if live else publication.latest_revision
    # What somebody saw comes first: if it is gone, a refusal about the new state would puzzle.
    if revision is not None and seen_token(revision) != seen:
        raise StaleText(
            "Bài vừa có bản mới hơn bản bạn đang xem; hãy xem lại rồi quyết định.", revision
        )
    refusal = policy.refusal(actor, f"publication:{action}", publication)
    if refusal is not None:
        raise NotAllowed(refusal)
    assert revision is not None
    return revision


def _reason(rule: Rule, reason: str, *, max_characters: int = MAX_REASON_CHARACTERS) -> str:
    reason = publications.one_line(reason)
    if not reason:
        sentence = f"Hãy ghi lý do khi chọn “{rule.label}”."
        raise InvalidInput(sentence, {"reason": sentence})
    if len(reason) > max_characters:
        sentence = f"Lý do dài {len(reason)} ký tự; hãy rút còn nhiều nhất {max_characters} ký tự."
        raise InvalidInput(sentence, {"reason": sentence})
    return reason


def _require_complete(revision: Revision) -> None:
    missing = [
        check for check in publications.checklist(revision) if check.blocks and not check.is_met
    ]
    if missing:
        raise InvalidInput(
            "Bài chưa đủ để gửi. " + " ".join(check.mend for check in missing),
            {check.key: check.mend for check in missing},
        )


def _hold(
    action: str, *, publication: Publication, actor: User, seen: str, now: datetime
) -> Revision:
    revision = _check(action, publication=publication, actor=actor, seen=seen)
    revision.held_by_id = actor.id
    revision.held_at = now
    # Another pair of eyes: what the first editor typed is history from here on.
    revision.frozen_at = revision.frozen_at or now
    return _move(action, revision, publication=publication, actor=actor, now=now)


def _send_away(
    action: str,
    *,
    publication: Publication,
    actor: User,
    seen: str,
    reason: str,
    now: datetime,
) -> Revision:
    reason = _reason(RULES[action], reason)
    revision = _check(action, publication=publication, actor=actor, seen=seen)
    revision.frozen_at = revision.frozen_at or now
    revision.held_by_id = None
    revision.held_at = None
    return _move(action, revision, publication=publication, actor=actor, now=now, reason=reason)


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
    _forget_past_expiry(publication, at)
    publications.copy_text(publication, revision)
    db.session.flush()
    search.index_publication(publication_id=publication.id)


def _forget_past_expiry(publication: Publication, at: datetime) -> None:
    """What is put up at a moment is to be seen from then, and not to have expired before it."""
    if publication.expires_at is not None and publication.expires_at <= at:
        publication.expires_at = None


def _move(
    action: str,
    revision: Revision,
    *,
    publication: Publication,
    actor: User,
    now: datetime,
    reason: str = "",
    to: State | None = None,
) -> Revision:
    source, target = revision.state, to or RULES[action].to
    revision.state = target
    publications.touch(publication, now)
    _record(action, revision, publication, actor, source, target, reason, now)
    return revision


def _record(
    action: str,
    revision: Revision,
    publication: Publication,
    actor: User,
    source: State,
    target: State,
    reason: str,
    now: datetime,
) -> None:
    db.session.add(
        Transition(
            publication_id=publication.id,
            revision_id=revision.id,
            action=action,
            from_state=source,
            to_state=target,
            actor_id=actor.id,
            reason=reason,
            at=now,
        )
    )
    db.session.flush()
    notifications.on_transition(
        action=action,
        publication=publication,
        revision=revision,
        actor=actor,
        reason=reason,
        now=now,
    )
