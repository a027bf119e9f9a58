"""The revisions of one publication: which there are, how much each changed, and going back.

None of them is ever changed or deleted here: going back to an old text makes a new revision
that holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Publication, Revision, State, Transition, User
from services import comparison, policy, publications, workflow
from services.comparison import Amount
from services.errors import InvalidInput, NotAllowed, NotFound
from services.publications import Content, StaleText, content_of, seen_token

PER_PAGE = 20
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RevisionLine:
    """One revision in the list. ``amount``: how much it changed against the one before; None for
    the first."""

    revision: Revision
    amount: Amount | None
    is_live: bool
    is_latest: bool


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """One page of the list, newest first; ``number`` and ``pages`` count from 1."""

    items: Sequence[RevisionLine]
    number: int
    pages: int
    total: int


def list_revisions(*, publication: Publication, number: int = 1) -> RevisionPage:
    """The publication's revisions, newest first. A page past the end gives the last one."""
    query = select(Revision).where(Revision.publication_id == publication.id)
    total = db.session.scalar(query.with_only_columns(func.count(Revision.id))) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), pages)
    # One more than is shown, for the last line to be compared with.
    found = list(
        db.session.scalars(
            query.options(joinedload(Revision.written_by))
            .order_by(Revision.number.desc())
            .limit(PER_PAGE + 1)
            .offset((number - 1) * PER_PAGE)
        )
    )
    lines = [
        RevisionLine(
            revision,
            comparison.measure(before.body, revision.body) if before else None,
            is_live=revision.id == publication.live_revision_id,
            is_latest=revision.id == publication.latest_revision_id,
        )
        for revision, before in zip(found, [*found[1:], None], strict=True)
    ]
    return RevisionPage(lines[:PER_PAGE], number, pages, total)


def count_revisions(*, publication: Publication) -> int:
    """How many revisions there are."""
    query = select(func.count(Revision.id)).where(Revision.publication_id == publication.id)
    return db.session.scalar(query) or 0


def get(*, publication: Publication, number: int) -> Revision:
    """The revision of this number. Raises NotFound."""
    revision = (
        db.session.scalar(
            select(Revision)
            .where(Revision.publication_id == publication.id, Revision.number == number)
            .options(joinedload(Revision.written_by), joinedload(Revision.section))
        )
        if 0 < number <= MAX_NUMBER
        else None
    )
    if revision is None:
        raise NotFound(f"Bài này không có bản thứ {number}; hãy chọn một bản trong danh sách.")
    return revision


def restore_refusal(*, publication: Publication, actor: User) -> str | None:
    """Why this person cannot go back to an old text now, or None if they can."""
    if policy.can(actor, "publication:revise", publication):
        return None
    return policy.refusal(actor, "publication:edit", publication)


def restore(
    *, publication: Publication, revision: Revision, actor: User, seen: str, now: datetime
) -> Revision:
    """Go back to an old text: a new revision holds it, and waits where the latest one waited.

    If the latest text is published, withdrawn or archived, this begins a draft upon it, as
    ``workflow.revise`` does, and what readers see stays. Whatever was the latest text until now
    stays in the history. The author must declare anew that the text holds no state secret.
    Raises NotAllowed, StaleText if somebody saved in between, InvalidInput if nothing differs.
    """
    latest = publication.latest_revision
    refusal = restore_refusal(publication=publication, actor=actor)
    if latest is None or refusal is not None:
        raise NotAllowed(refusal or "Bài này chưa có nội dung.")
    if seen_token(latest) != seen:
        raise StaleText(
            "Bài vừa có bản mới hơn bản bạn đang xem; hãy xem lại rồi quyết định.", latest
        )
    content = replace(content_of(revision), secrecy_declared=False)
    if content == replace(content_of(latest), secrecy_declared=False):
        raise InvalidInput(
            f"Bản thứ {revision.number} giống hệt bản mới nhất nên không có gì để khôi phục."
        )
    if revision.section is not None and not revision.section.is_active:
        # The checklist asks for another one.
        content = replace(content, section_id=None)
    if policy.can(actor, "publication:revise", publication):
        made = workflow.revise(publication=publication, actor=actor, seen=seen, now=now)
    else:
        # Not ``save`` at once: what only its writer has seen would be written over.
        made = publications.next_revision(publication, latest, actor=actor, now=now)
        publication.latest_revision = made
        db.session.flush()
    publications.save(
        publication=publication, actor=actor, content=content, seen=seen_token(made), now=now
    )
    _record("restore", made, revision, actor=actor, now=now)
    return made


def keep(*, revision: Revision, now: datetime) -> None:
    """Let nothing be written over this text any more: the next save makes another revision."""
    revision.frozen_at = revision.frozen_at or now
    db.session.flush()


def set_aside(
    *, publication: Publication, actor: User, content: Content, now: datetime
) -> Revision:
    """Put a text into the history without making it the latest: of two people who wrote at once
    it is the text that was not chosen. Raises NotAllowed, InvalidInput."""
    refusal = policy.refusal(actor, "publication:edit", publication)
    latest = publication.latest_revision
    if latest is None or refusal is not None:
        raise NotAllowed(refusal or "Bài này chưa có nội dung.")
    made = publications.write_aside(
        publication=publication, previous=latest, actor=actor, content=content, now=now
    )
    _record("set_aside", made, latest, actor=actor, now=now)
    return made


def _record(action: str, made: Revision, of: Revision, *, actor: User, now: datetime) -> None:
    """Into the audit trail; the workflow's own table has no rule for it, since nothing moves."""
    db.session.add(
        Transition(
            publication_id=made.publication_id,
            revision_id=made.id,
            action=action,
            from_state=of.state if action == "restore" else State.SUPERSEDED,
            to_state=made.state,
            actor_id=actor.id,
            reason=f"Từ bản thứ {of.number}." if action == "restore" else "",
            at=now,
        )
    )
    db.session.flush()
