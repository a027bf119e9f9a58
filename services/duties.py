"""The deadline ledger's lines: opened when a duty begins, closed when it is done.

A publication's line follows its way through the board (``follow_publication``, after every
transition); whoever has other things with a limit opens and closes lines by hand:

    duties.open_item(duty="question", subject="question", subject_id=question.id,
                     title="Câu hỏi H-2026-0012", address="/ban-lam-viec/hoi-dap/12",
                     unit_id=unit.id, started_on=dates.local_date(now))
    duties.close_item(subject="question", subject_id=question.id, at=now)

What a line shows is read by the whole desk: a title holds no stranger's words or name.
"""

import time
from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import DutyItem, Kind, Publication, Revision, State
from services import agency, settings, working_days
from services.dates import local_date, parse_date
from services.duty_rules import DUTIES, PLANS, Counted
from services.errors import InvalidInput
from services.kinds import details_of
from services.vietnamese import fold

PUBLICATION = "publication"
# Nothing that the board rejected or put away before readers had it is owed to anybody.
_DROPPED = frozenset({State.REJECTED, State.ARCHIVED})
CATCH_UP_S = 20
# Each is one transaction, for which whoever writes waits on SQLite.
BATCH = 50


def limit_of(duty: str) -> int:
    """The number of days in force. Raises KeyError for a duty that there is not."""
    return int(settings.get(DUTIES[duty].setting))


def due_on(*, duty: str, started_on: date) -> date:
    """The last day on which the duty is done in time."""
    rule, calendar = DUTIES[duty], working_days.calendar()
    days = limit_of(duty)
    if rule.is_ahead:
        return calendar.add_working_days(start=started_on, days=-days)
    if rule.counted is Counted.CALENDAR:
        return calendar.add_days(start=started_on, days=days)
    return calendar.add_working_days(start=started_on, days=days)


def open_item(
    *,
    duty: str,
    subject: str,
    subject_id: int,
    title: str,
    started_on: date,
    address: str = "",
    unit_id: int | None = None,
) -> DutyItem:
    """Begin a line, or bring the one of this subject up to date; flushes.

    Its due day stays as it was promised unless the duty or the day it began is another now.
    Raises KeyError for a duty that there is not.
    """
    item = item_of(subject=subject, subject_id=subject_id)
    if item is None:
        item = DutyItem(subject=subject, subject_id=subject_id)
    if (item.duty, item.started_on) != (duty, started_on):
        # Asked before the line is part of the session, which would write it half filled.
        item.due_on = due_on(duty=duty, started_on=started_on)
        item.duty, item.started_on, item.reminded = duty, started_on, ""
    item.title, item.address, item.unit_id = title[:300], address[:300], unit_id
    db.session.add(item)
    db.session.flush()
    return item


def close_item(*, subject: str, subject_id: int, at: datetime) -> None:
    """The duty was done at a moment; the first one counts. Nothing happens without a line."""
    item = item_of(subject=subject, subject_id=subject_id)
    if item is not None and item.done_at is None:
        _close(item, at)
        db.session.flush()


def reopen_item(*, subject: str, subject_id: int) -> None:
    """What was closed is not done after all."""
    item = item_of(subject=subject, subject_id=subject_id)
    if item is not None:
        _close(item, None)
        db.session.flush()


def drop_item(*, subject: str, subject_id: int) -> None:
    """There is no such duty any more, and there was none (spam, say)."""
    item = item_of(subject=subject, subject_id=subject_id)
    if item is not None:
        db.session.delete(item)
        db.session.flush()


def item_of(*, subject: str, subject_id: int) -> DutyItem | None:
    """The line of one subject."""
    return db.session.scalar(
        select(DutyItem).where(DutyItem.subject == subject, DutyItem.subject_id == subject_id)
    )


def items_of(*, subject: str, subject_ids: Collection[int]) -> dict[int, DutyItem]:
    """The lines of several subjects, by their id, in one query."""
    query = select(DutyItem).where(
        DutyItem.subject == subject, DutyItem.subject_id.in_(subject_ids)
    )
    return {item.subject_id: item for item in db.session.scalars(query)}


# ---------------------------------------------------------------- publications
def duty_of(publication: Publication, revision: Revision) -> tuple[str, date]:
    """Which duty a publication is under, and the day from which it counts."""
    details = details_of(revision, publication.kind)
    created_on = local_date(publication.created_at)
    try:
        issued_on = parse_date(details.get("issued_on", ""))
    except InvalidInput:
        return "publication", created_on
    if _is_plan(publication.kind, revision.title, details.get("document_type", "")):
        return "plan", issued_on
    is_own = agency.is_own(body=details.get("issuing_body", ""))
    return ("own_document" if is_own else "other_document"), issued_on


def _is_plan(kind: Kind, title: str, document_type: str) -> bool:
    words = (fold(document_type).replace("-", " "), fold(title))
    return any(text.startswith(PLANS) for text in words)


def follow_publication(*, publication: Publication) -> None:
    """Bring a publication's line to where the publication stands; flushes.

    There is none until it was sent to the board: before that it is its author's own paper.
    """
    item = item_of(subject=PUBLICATION, subject_id=publication.id)
    revision = publication.live_revision or publication.latest_revision
    if revision is None or not _is_owed(publication, revision):
        if item is not None:
            db.session.delete(item)
            db.session.flush()
        return
    duty, started_on = duty_of(publication, revision)
    item = open_item(
        duty=duty,
        subject=PUBLICATION,
        subject_id=publication.id,
        title=revision.title,
        address=f"/ban-lam-viec/bai-viet/{publication.id}",
        unit_id=publication.unit_id,
        started_on=started_on,
    )
    _close(item, publication.published_at)
    db.session.flush()


def _is_owed(publication: Publication, revision: Revision) -> bool:
    if publication.published_at is not None:
        return True
    return revision.submitted_at is not None and revision.state not in _DROPPED


def _close(item: DutyItem, at: datetime | None) -> None:
    item.done_at = at
    item.done_on = local_date(at) if at else None


# ---------------------------------------------------------------- the background's part
def catch_up(*, checkpoint: Callable[[], None]) -> int:
    """Give a line to publications that came by another way than the board's (imported, or from
    before there was a ledger), for some seconds; answers how many. ``checkpoint`` commits."""
    ends_at = time.monotonic() + CATCH_UP_S
    made = 0
    has_line = exists().where(
        DutyItem.subject == PUBLICATION, DutyItem.subject_id == Publication.id
    )
    query = (
        select(Publication)
        .join(Revision, Revision.id == Publication.latest_revision_id)
        .where(
            ~has_line,
            or_(
                Publication.published_at.is_not(None),
                Revision.submitted_at.is_not(None) & Revision.state.not_in(_DROPPED),
            ),
        )
        .options(joinedload(Publication.live_revision), joinedload(Publication.latest_revision))
        .order_by(Publication.id)
        .limit(BATCH)
    )
    while time.monotonic() < ends_at:
        found = db.session.scalars(query).all()
        for publication in found:
            follow_publication(publication=publication)
        made += len(found)
        checkpoint()
        if len(found) < BATCH:
            break
    return made


def recount() -> int:
    """Count the open lines anew, after the table of days or a limit was changed; answers how many
    have another due day. What a stranger was promised never comes sooner. Flushes."""
    changed = 0
    query = select(DutyItem).where(DutyItem.done_at.is_(None))
    for item in db.session.scalars(query):
        due = due_on(duty=item.duty, started_on=item.started_on)
        if item.subject != PUBLICATION:
            due = max(due, item.due_on)
        if due != item.due_on:
            item.due_on, item.reminded = due, ""
            changed += 1
    db.session.flush()
    return changed
