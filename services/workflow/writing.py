"""What authors do: send a text, take it back, begin a new one, put one away."""

from datetime import datetime

from extensions import db
from models import Publication, Revision, State, User
from services import links, publications, settings
from services.workflow.moving import check, move, record, require_complete


def submit(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Gửi duyệt / Gửi lại: hand the text to the board. Raises InvalidInput if it lacks something.

    A board set to one step gets it straight in the approval queue.
    """
    latest = publication.latest_revision
    action = "resubmit" if latest and latest.state is State.NEEDS_CHANGES else "submit"
    revision = check(action, publication=publication, actor=actor, seen=seen)
    require_complete(revision)
    to = State.AWAITING_APPROVAL if settings.get("review_steps") == 1 else State.AWAITING_EDIT
    revision.submitted_at = now
    revision.frozen_at = now
    revision.held_by_id = None
    revision.held_at = None
    return move(action, revision, publication=publication, actor=actor, now=now, to=to)


def take_back(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Rút lại: the author wants it back before anybody has taken it."""
    revision = check("take_back", publication=publication, actor=actor, seen=seen)
    revision.submitted_at = None
    return move("take_back", revision, publication=publication, actor=actor, now=now)


def revise(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Soạn bản mới: a draft upon what was published; the live page stays until it is approved.

    Who starts it is its author, so that somebody else has to approve it.
    """
    previous = check("revise", publication=publication, actor=actor, seen=seen)
    source = previous.state
    revision = publications.next_revision(
        publication, previous, actor=actor, now=now, state=State.DRAFT, author_id=actor.id
    )
    publication.latest_revision = revision
    db.session.flush()
    publications.record_media(revision)
    record("revise", revision, publication, actor, source, State.DRAFT, "", now)
    return revision


def discard(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Bỏ bản sửa: the draft upon a published text is put aside; it stays in the history."""
    revision = check("discard", publication=publication, actor=actor, seen=seen)
    return _put_aside(revision, publication=publication, actor=actor, now=now)


def archive(*, publication: Publication, actor: User, seen: str, now: datetime) -> Revision:
    """Lưu trữ: out of every working list, nothing deleted.

    A new text begun upon a withdrawn one is put aside first, with a line of its own in the audit
    trail; where the old one was in the archive already, that is all.
    """
    revision = check("archive", publication=publication, actor=actor, seen=seen)
    if publication.live_revision is not None and revision is not publication.live_revision:
        revision = _put_aside(revision, publication=publication, actor=actor, now=now)
        if revision.state is State.ARCHIVED:
            return revision
    revision.frozen_at = revision.frozen_at or now
    return move("archive", revision, publication=publication, actor=actor, now=now)


def _put_aside(
    revision: Revision, *, publication: Publication, actor: User, now: datetime
) -> Revision:
    """The draft is history; what readers have, or had, is the latest text again."""
    revision.frozen_at = revision.frozen_at or now
    move("discard", revision, publication=publication, actor=actor, now=now)
    publication.latest_revision = publication.live_revision
    db.session.flush()
    links.record_uses(publication=publication, now=now)
    assert publication.latest_revision is not None
    return publication.latest_revision
