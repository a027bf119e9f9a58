"""What every step of the workflow does: it asks whether it may, moves the text, and leaves its
line in the audit trail. Each transition passes through ``record``."""

from datetime import datetime

from extensions import db
from models import Publication, Revision, State, Transition, User
from services import duties, notifications, policy, portal, publications
from services.checklist import checklist
from services.errors import InvalidInput, NotAllowed
from services.publications import StaleText, seen_token
from services.transitions import RULES, Rule, Target

MAX_REASON_CHARACTERS = 2000


def check(action: str, *, publication: Publication, actor: User, seen: str) -> Revision:
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


def reason_given(rule: Rule, reason: str, *, max_characters: int = MAX_REASON_CHARACTERS) -> str:
    reason = publications.one_line(reason)
    if not reason:
        sentence = f"Hãy ghi lý do khi chọn “{rule.label}”."
        raise InvalidInput(sentence, {"reason": sentence})
    if len(reason) > max_characters:
        sentence = f"Lý do dài {len(reason)} ký tự; hãy rút còn nhiều nhất {max_characters} ký tự."
        raise InvalidInput(sentence, {"reason": sentence})
    return reason


def require_complete(revision: Revision) -> None:
    missing = [check for check in checklist(revision) if check.blocks and not check.is_met]
    if missing:
        raise InvalidInput(
            "Bài chưa đủ để gửi. " + " ".join(check.mend for check in missing),
            {check.key: check.mend for check in missing},
        )


def move(
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
    if target is State.PUBLISHED or RULES[action].target is Target.LIVE:
        publication.public_changed_at = max(now, publication.published_at or now)
    record(action, revision, publication, actor, source, target, reason, now)
    return revision


def record(
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
    duties.follow_publication(publication=publication)
    portal.follow(action=action, publication=publication, revision=revision, reason=reason, now=now)
    notifications.on_transition(
        action=action,
        publication=publication,
        revision=revision,
        actor=actor,
        reason=reason,
        now=now,
    )
